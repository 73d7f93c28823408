/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block cache: 4 KiB pages of block devices, metadata and file data alike, shared by every
 * mounted disk. Bounded by an eighth of memory; the page that nobody used for the longest time goes
 * first.
 */
#pragma once

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include "kernel/list.h"

#define CACHE_PAGE_SIZE 4096u
#define CACHE_WINDOW_MAX (32 * CACHE_PAGE_SIZE) /* bytes, the most that one miss reads */

struct blkdev;

struct cache_page {
	struct list lru;              /* in the list of unused pages */
	struct cache_page *next;      /* in the same hash bucket */
	struct blkdev *dev;
	uint64_t index;               /* it starts at byte index * CACHE_PAGE_SIZE of the device */
	unsigned users;
	atomic_uint state;            /* cache.c's; also a futex */
	uint8_t *data;                /* bytes past the device's end are zero */
	_Atomic uint64_t verified[4]; /* per KiB, the file system's own; 0 when freshly read */
};

/*
 * The page with one user more. When it has to be read, window bytes from its start are read at the
 * same time, in one request. 0, -EIO, -ENOMEM.
 */
int cache_get(struct blkdev *, uint64_t index, size_t window, struct cache_page **out);
void cache_put(struct cache_page *);

/*
 * Copies len bytes at byte `at` of the device; window (>= len, or 0: just these bytes) is how far
 * from there a miss may read.
 */
int cache_read(struct blkdev *, uint64_t at, void *buf, size_t len, size_t window);

/* How many pages it holds. */
size_t cache_pages(void);

/* Forgets a device's pages; nobody uses any of them. */
void cache_drop(struct blkdev *);

/* For a frozen system: how many pages there are, and may be, and the list of unused ones. */
void cache_count(size_t *pages, size_t *most, const struct list **idle);
