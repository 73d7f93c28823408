/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A block device, as file systems see it. Asynchronous: blk_submit() queues, the driver completes
 * from its interrupt.
 * Sectors are 512 bytes whatever the device's block size; requests must be multiples of block_size
 * and aligned to it.
 */
#pragma once

#include "kernel/list.h"
#include "kernel/sg.h"
#include "kernel/wait.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define BLK_SECTOR_SIZE 512u

enum blk_op {
	BLK_READ, BLK_WRITE, BLK_FLUSH, BLK_DISCARD, BLK_WRITE_ZEROES,
	BLK_COMMAND,                     /* a driver's own, between its own requests */
};

struct blk_req {
	enum blk_op op;
	uint64_t sector;
	uint64_t nsectors;               /* of a range; of a transfer blk_submit() sets it */
	const struct sg *sg;             /* data, valid until completion */
	unsigned nsg;
	/* interrupt context, after status is set; NULL: blk_wait() */
	void (*done)(struct blk_req *);
	void *token;                     /* the submitter's own */
	/* 0 or -errno: -EIO, -EROFS, -ENOSPC, -EOPNOTSUPP, -ENODEV (device gone) */
	int status;
	atomic_uint complete;            /* futex for blk_wait() */
	struct list node;                /* the driver's own while queued */
	void *driver;                    /* the driver's own */
};

struct blkdev {
	struct list node;
	char name[16];                   /* "vda", "sda" */
	/* what the host calls the disk; empty: nothing, or not answered yet */
	char serial[21];
	uint64_t sectors;                /* capacity in 512-byte sectors */
	uint32_t block_size;             /* bytes, smallest request; a power of two */
	uint32_t max_sg;                 /* pieces per request at most */
	uint32_t max_sectors;            /* per request, UINT32_MAX: no limit */
	bool read_only, can_flush, can_discard, can_write_zeroes;
	/*
	 * Queues or fails at once: 0, or -errno (never -EAGAIN: a full ring is the driver's
	 * business).
	 */
	int (*submit)(struct blkdev *, struct blk_req *);
	/*
	 * With the system frozen (core dumps): writes and polls, taking no lock that anybody holds.
	 * 0; -EBUSY: the disk has other requests, or a CPU was stopped in the middle of its work;
	 * else -errno. NULL: it cannot, or there is no debugger in the image.
	 */
	int (*frozen_write)(struct blkdev *, uint64_t sector, const void *buf, size_t len);
	void *driver;
	/* What the device was given so far, by operation; a flush has no sectors. */
	uint64_t requests[BLK_COMMAND], sectors_moved[BLK_COMMAND];
};

/*
 * Drivers: names the device after prefix ("vd" -> vda, vdb, ...) and makes it findable; and takes
 * it away.
 */
void blkdev_register(struct blkdev *, const char *prefix);
void blkdev_unregister(struct blkdev *);

/* The list of them by their node, for a frozen system. */
const struct list *blkdev_list(void);

/*
 * Drivers that look for disks in a thread of their own, while the system boots: +1 when that
 * begins, -1 when all are registered that are there.
 */
void blkdev_expect(int more);

/* "vda" or "/dev/vda"; NULL: none. Waits while it may still be found. */
struct blkdev *blkdev_find(const char *name);
/* visit must not sleep; waits while devices are still being found */
void blkdev_for_each(void (*visit)(struct blkdev *, void *arg), void *arg);

/* The same of those that are there now, locked or in a frozen system. */
void blkdev_look(void (*visit)(struct blkdev *, void *arg), void *arg, bool locked);

/* checks range and alignment: -EINVAL, -EROFS, -EOPNOTSUPP; then the driver's submit */
int blk_submit(struct blkdev *, struct blk_req *);
int blk_wait(struct blk_req *);                     /* sleeps until complete, returns status */
void blk_complete(struct blk_req *, int status);    /* drivers, from the interrupt */

/* Drivers, when a request goes to the device, with the device's lock held. */
static inline void blk_count(struct blkdev *d, const struct blk_req *r)
{
	d->requests[r->op]++;
	d->sectors_moved[r->op] += r->nsectors;
}

/*
 * Read or write len bytes (a multiple of the block size) at a sector, waiting; buf is any mapped
 * memory. 0 or -errno.
 */
int blk_read(struct blkdev *, uint64_t sector, void *buf, size_t len);
int blk_write(struct blkdev *, uint64_t sector, const void *buf, size_t len);
