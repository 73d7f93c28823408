/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of the balloon driver, and what they share:
 *
 * virtio_balloon.c         the device, its life, and the work that all parts have to do
 * virtio_balloon_pages.c   pages that the host has, on the way there or back
 * virtio_balloon_stats.c   what the host is told of our memory
 * virtio_balloon_hint.c    what need not be copied when the machine migrates
 * virtio_balloon_report.c  free memory that the host may take without asking
 *
 * All of it runs in the background work thread, with dev->life held, so none of it runs while the
 * device is being reset; but for what devices answer, which comes in interrupts, and for what the
 * balloon gives when memory lacks, which may be in any thread. b->lock is for those.
 */
#pragma once

#include "kernel/futex.h"
#include "kernel/memgiver.h"
#include "kernel/page.h"
#include "kernel/timer.h"
#include "kernel/work.h"
#include "virtio/virtio.h"

/* So many page numbers fill a page. */
#define BALLOON_CHUNK (PAGE_SIZE / sizeof(uint32_t))

/* Pages that go to the host, or come back, together: as the device is told of them (5.5.6). */
struct balloon_chunk {
	struct list node;
	atomic_uint users;       /* the last one frees it */
	bool released;           /* its pages are the allocator's again */
	unsigned n;
	uint32_t *pfn;
};

#define BALLOON_REPORT_UNITS 16u

struct balloon_stats {            /* in pages, since boot */
	uint64_t inflated, deflated;
	_Atomic uint64_t given;   /* of the latter, because memory lacked */
	uint64_t reported, hinted;
};

struct balloon {
	struct virtio_device *dev;
	char name[16];                    /* "vtballoon0" */
	struct spinlock lock;
	bool live;                        /* the device is, and knows what is said here */
	struct work work;
	atomic_uint answers;              /* futex: so often memory came back, or will not */
	struct balloon_stats stats;
	/* virtio_balloon_pages.c */
	struct virtqueue *inflateq, *deflateq;
	struct list held;                 /* the host has these; last first */
	struct list deflating;            /* and will hear that it has these no more */
	struct balloon_chunk *inflating;  /* it will have these */
	uint32_t pages;                   /* in held */
	uint32_t target, told;            /* num_pages and actual, as last read and written */
	bool hold;                        /* does not inflate before the next retry */
	uint32_t retry_s;
	struct timer retry;
	struct memory_giver giver;
	const struct thread *asker;       /* of the givers, for more to inflate with */
	/* virtio_balloon_stats.c */
	struct virtqueue *statsq;
	struct virtio_balloon_stat *stat;
	/* virtio_balloon_hint.c */
	struct virtqueue *hintq;
	uint32_t command;                 /* the last that was seen */
	uint32_t hint_start, hint_stop;   /* what the device reads */
	bool hinting;                     /* hint_stop is still to come */
	unsigned hints_out;               /* buffers that the device has */
	struct list hinted;               /* chunks of units, the last one in front */
	/* virtio_balloon_report.c */
	struct virtqueue *reportq;
	void *unit[BALLOON_REPORT_UNITS];
	_Atomic unsigned units_out;       /* that the device has */
	bool reporting;                   /* there may be more to report */
	struct timer report;
};

static inline void balloon_wake(struct balloon *b)
{
	work_submit(&b->work);
}

/* What the device had can be used: whoever lacks memory may go on, and so may the work. */
void balloon_answered(struct balloon *);

struct balloon_chunk *balloon_chunk_new(void); /* NULL: out of memory */
void balloon_chunk_drop(struct balloon_chunk *);

int balloon_poison(void);            /* the byte that free pages are filled with; -1: none */
uint64_t balloon_spare(void);        /* free pages that the app does not need */

/* Each part's share of probe (0 or -errno), start, work and remove. */
int balloon_pages_probe(struct balloon *);
void balloon_pages_start(struct balloon *);
void balloon_pages_work(struct balloon *);
void balloon_pages_remove(struct balloon *);

int balloon_stats_probe(struct balloon *);
void balloon_stats_start(struct balloon *);

int balloon_hint_probe(struct balloon *);
void balloon_hint_work(struct balloon *);
void balloon_hint_remove(struct balloon *);
size_t balloon_hint_give(struct balloon *); /* for a want of memory: pages */

int balloon_report_probe(struct balloon *);
void balloon_report_start(struct balloon *);
void balloon_report_work(struct balloon *);
void balloon_report_remove(struct balloon *);
