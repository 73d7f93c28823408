/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model SCSI host (VIRTIO 1.4, section 5.6) with logical units that are disks, or something else. Strict about requests and commands; what it answers can
 * be bent by a struct model_scsi_fault. The host's scan thread is one of the machine's actors: it runs whenever somebody waits.
 */
#pragma once

#include "kernel/scsi_spec.h"
#include "tests/host/model/virtio_model.h"

#define MODEL_UNITS 8
#define ANY_OPCODE  0xffu

struct model_unit {
	bool present;
	uint8_t target, type;
	uint16_t lun;
	uint32_t block_size;
	uint64_t blocks;
	uint8_t *data;
	bool read_only, write_cache, no_caching_page, no_mode_sense;
	const char *serial;           /* NULL: no such page */
	uint64_t claimed_last;        /* what READ CAPACITY says instead, with claimed_size; both 0: the truth */
	uint32_t claimed_size;
	bool attention;               /* answers the next command with UNIT ATTENTION, attention_asc */
	uint16_t attention_asc;
	unsigned linked;              /* commands it has */
	unsigned commands, reads, writes, long_cdbs, flushes;
};

/* Answers commands with this opcode in another way, so many times. */
struct model_scsi_fault {
	unsigned times;
	uint8_t opcode;
	uint8_t response, status;
	uint8_t sense[32];
	uint32_t sense_len;           /* as told; more than there are is a lie */
	uint32_t residual;
	bool executes;                /* all the same */
};

struct model_scsi {
	struct model_virtio v;
	struct model_unit unit[MODEL_UNITS];
	struct model_scsi_fault fault;
	const uint8_t *luns;          /* instead of a true list */
	uint32_t luns_len;
	bool hold;                    /* keeps reads and writes instead of answering */
	bool release_soon;            /* answers what is held when the next scan begins to wait */
	struct model_chain held[256];
	unsigned nheld;
	struct model_chain event[64]; /* buffers the driver offers, oldest first */
	unsigned nevents;
	uint32_t missed;              /* VIRTIO_SCSI_T_EVENTS_MISSED: to be told with the next event */
	uint32_t lengths;             /* what every used length says; 0: the truth */
	unsigned faulted, scans, report_luns;
};

struct model_scsi *model_scsi_new(uint64_t features);
struct model_unit *model_unit_add(struct model_scsi *, uint8_t target, uint16_t lun, uint64_t blocks, uint32_t block_size);
struct virtio_scsi_config *model_scsi_config(struct model_scsi *);
void model_scsi_release(struct model_scsi *); /* answers what was held, last first */
/* Tells the driver; false: it has offered no buffer, and the event is missed. */
bool model_scsi_event(struct model_scsi *, uint32_t event, uint8_t target, uint16_t lun, uint32_t reason);
/* A sense in fixed (descriptor: false) or descriptor format. */
void model_scsi_sense(struct model_scsi_fault *, bool descriptor, uint8_t key, uint16_t asc);
