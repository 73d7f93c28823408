/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model balloon (VIRTIO 1.4, section 5.5): takes pages away as a host does - what was in them is gone - and knows of
 * each whose it is. It can keep what it is given for a while, and looks then whether somebody used it meanwhile.
 */
#pragma once

#include "tests/host/model/virtio_model.h"

#define MODEL_POOL_PAGES 8192u /* all the memory that the driver's machine has */
#define MODEL_TAKEN      0xdd   /* what is found in a page that the host took */

enum model_page { PAGE_GUESTS, PAGE_COMING, PAGE_TAKEN, PAGE_GOING };

struct model_balloon {
	struct model_virtio v;
	char *pool;
	uint8_t state[MODEL_POOL_PAGES];   /* enum model_page */
	uint64_t first[MODEL_POOL_PAGES];  /* word of a page that is coming */
	unsigned taken;                    /* pages, acknowledged */
	unsigned peak_actual, actual_writes;
	bool hold[MODEL_QUEUES];           /* keeps what comes there instead of answering */
	struct { unsigned queue; struct model_chain chain; } held[64];
	unsigned nheld;
	uint32_t lengths;                  /* what used lengths say; 0: the truth */
	unsigned inflates, deflates;
	/* statistics */
	bool has_stats;
	struct model_chain stats;
	struct virtio_balloon_stat stat[16];
	unsigned nstats, answers;
	/* hints */
	uint32_t announced;                /* the command that the driver answered */
	bool stopped;                      /* it said STOP since */
	unsigned hinted;                   /* units, since boot */
	/* reports */
	unsigned reported, reports;        /* units, buffers */
};

/* With 32 MiB of memory, which the page allocator gets. */
struct model_balloon *model_balloon_new(uint64_t features);
struct virtio_balloon_config *model_balloon_config(struct model_balloon *);
void model_balloon_want(struct model_balloon *, uint32_t pages);
void model_balloon_command(struct model_balloon *, uint32_t id); /* of free page hinting */
void model_balloon_release(struct model_balloon *);              /* answers what was held, in order */
bool model_balloon_ask_stats(struct model_balloon *);            /* false: there is no buffer to give back */
