/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SCSI disks, as an initiator sees them. A transport (virtio_scsi) carries commands to the logical
 * units behind its host adapter and brings their answers back; everything that is SCSI rather than
 * transport happens here: which commands, what their sense data means, what is tried again, which
 * logical units there are and which of them are disks (kernel/blkdev.h: sda, sdb, ...).
 *
 * scsi.c       requests become commands, commands get their verdict
 * scsi_sense.c the verdict
 * scsi_scan.c  looks for logical units and asks them what they are, in a thread of each host
 *
 * The transport calls in from interrupts. One lock per host covers its logical units, commands and
 * their queues; the transport's queue function is called with it held.
 */
#pragma once

#include "kernel/blkdev.h"
#include "kernel/spinlock.h"
#include "kernel/timer.h"
#include <stdbool.h>
#include <stdint.h>

#define SCSI_CDB_BYTES   16u
#define SCSI_SENSE_BYTES 96u
#define SCSI_TARGETS     256u

struct scsi_host;
struct thread;

/* A logical unit, known while the host's list has it. Those that became disks are never freed. */
struct scsi_lun {
	struct list node;
	struct scsi_host *host;
	uint8_t target;
	uint16_t lun;
	bool gone;                /* what it still has ends with -ENODEV */
	bool stalled;             /* until the host's timer: it was busy, or not ready yet */
	unsigned in_flight;
	struct list waiting;      /* struct blk_req */
	struct blkdev disk;       /* its name is empty until it is found to be a disk */
};

/* How the transport fared; what the device itself had to say is in status and sense. */
enum scsi_delivery {
	SCSI_DELIVERED,
	SCSI_NOT_NOW,             /* the host adapter is busy: later */
	SCSI_DISTURBED,           /* by a reset, an abort, a transport error: again */
	SCSI_NO_DEVICE,           /* there is no such logical unit */
	SCSI_FAILED,              /* another try will not help */
};

/* One command on its way. The transport embeds it in what else it needs for one. */
struct scsi_cmd {
	struct scsi_cmd *next_free;
	struct scsi_lun *lun;
	struct blk_req *req;      /* NULL: free */
	/* For the transport to carry: */
	uint8_t cdb[SCSI_CDB_BYTES]; /* zeros after the command's own length */
	const struct sg *sg;
	unsigned nsg;
	bool to_device;           /* the direction of the data, if there is any */
	/* For the transport to fill in before scsi_complete(): */
	enum scsi_delivery delivery;
	uint8_t status;
	uint32_t residual;        /* bytes of the data that were not transferred */
	uint32_t sense_len;       /* SCSI_SENSE_BYTES at most */
	const uint8_t *sense;
};

struct scsi_host {
	/* The transport's, before scsi_host_start(): */
	const char *name;
	unsigned targets;         /* SCSI_TARGETS at most */
	unsigned cmd_per_lun;     /* commands at a time, 1 at least */
	uint32_t max_sg, max_sectors; /* of a command */
	/* 0, or it has no room: comes again after some completion, or after scsi_host_start() */
	int (*queue)(struct scsi_host *, struct scsi_cmd *);
	void (*kick)(struct scsi_host *); /* commands were queued; without the lock */
	/* scsi.c's: */
	struct spinlock lock;
	struct list luns;
	struct scsi_cmd *free;
	struct timer stall;       /* ends all stalls */
	bool stalling, lost;
	/* scsi_scan.c's: */
	struct thread *scanner;
	bool first_scan;          /* is under way */
	uint64_t wanted[SCSI_TARGETS / 64]; /* targets to be scanned, a bit each */
	atomic_uint wishes;       /* futex: counts what was put there */
};

/* --- transports --- */

/* Once: a zeroed host, with the fields above filled in. Its commands follow by scsi_add_cmd(). */
void scsi_host_init(struct scsi_host *);
void scsi_add_cmd(struct scsi_host *, struct scsi_cmd *);

/* The host adapter works, for the first time or again after a failure: looks at all targets. */
void scsi_host_start(struct scsi_host *);

/* The device is done with a command. Interrupt context. */
void scsi_complete(struct scsi_cmd *);

/*
 * The host adapter has been reset and will not answer this command. Ends its request with -EIO:
 * whether it was carried out is not known.
 */
void scsi_abandon(struct scsi_cmd *);

/* The host adapter will not come back: its disks are gone. */
void scsi_host_lost(struct scsi_host *);

/* Something may have changed about the logical units of n targets from this one on; any context. */
void scsi_rescan(struct scsi_host *, unsigned target, unsigned n);

/* This logical unit was taken away, though another may be in its place already; any context. */
void scsi_lun_removed(struct scsi_host *, unsigned target, unsigned lun);

/* --- scsi_sense.c --- */

struct scsi_sense {
	uint8_t key;
	uint16_t asc;             /* additional sense code << 8 | its qualifier */
	bool deferred;            /* about a command that was answered before */
};

/* False: these bytes are no sense data. */
bool scsi_sense_decode(const uint8_t *sense, uint32_t len, struct scsi_sense *);

/* What becomes of a command: 0, -errno, or one of these. */
#define SCSI_AGAIN 1 /* at once */
#define SCSI_LATER 2 /* when some time has passed */

/* changed: set when the answer tells that the logical units are not what they were. */
int scsi_verdict(const struct scsi_cmd *, bool *changed);

/* --- scsi.c, for scsi_scan.c --- */

/*
 * Has a logical unit carry out a command of its own, with len bytes of data from it, and waits.
 * Returns how many of them came, or -errno.
 */
long scsi_execute(struct scsi_lun *, const uint8_t cdb[static SCSI_CDB_BYTES], void *data,
		  uint32_t len);

struct scsi_lun *scsi_lun_find(struct scsi_host *, unsigned target, unsigned lun); /* locked */
struct scsi_lun *scsi_lun_new(struct scsi_host *, unsigned target, unsigned lun);  /* or NULL */
bool scsi_lun_register(struct scsi_lun *); /* as a disk; false: it is gone */
void scsi_lun_drop(struct scsi_lun *);     /* ends what waits for it, makes it unknown */

/* --- scsi_scan.c, for scsi.c --- */

int scsi_scan_start(struct scsi_host *); /* 0 or -ENOMEM */
void scsi_scan_wanted(struct scsi_host *, unsigned target, unsigned n); /* with the lock held */
/* Scans what is wanted until nothing is. The host's thread calls it. */
void scsi_scan(struct scsi_host *);
