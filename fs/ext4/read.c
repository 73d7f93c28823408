/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * File data. A long piece of a file goes straight from the disk into the caller's buffer; a short
 * one comes through the block cache, and who reads on from where the last read ended has more
 * fetched than was asked for, twice as much each time.
 */
#include "fs/ext4/ext4.h"
#include "kernel/blkdev.h"
#include <errno.h>
#include <string.h>

#define DIRECT_MIN   (64u * 1024) /* bytes: below, a copy costs less than another request */
#define WINDOW_FIRST (32u * 1024)

int ext4_map(struct ext4_node *n, uint32_t block, struct ext4_run *run)
{
	return n->flags & EXT4_EXTENTS_FL ? ext4_extent_map(n, block, run)
					  : ext4_indirect_map(n, block, run);
}

/* How far a miss may read, for a read of len bytes at `at`. */
static uint32_t next_window(struct ext4_node *n, off_t at, size_t len)
{
	uint32_t window = atomic_load(&n->window);

	if (at != 0 && at != atomic_load(&n->next_at))
		window = 0;
	else
		window = window && at ? window * 2 : WINDOW_FIRST;
	if (window > CACHE_WINDOW_MAX)
		window = CACHE_WINDOW_MAX;
	atomic_store(&n->window, window);
	atomic_store(&n->next_at, at + (off_t)len);
	return window;
}

/* A stretch that is contiguous in the file and on the disk. */
struct stretch {
	uint64_t at;     /* byte on the device; 0: zeros */
	uint64_t len;    /* bytes to its end, or the file's */
};

static int find_stretch(struct ext4_node *n, off_t at, struct stretch *s)
{
	struct ext4 *fs = ext4_of(&n->inode);
	uint64_t skip = (uint64_t)at % fs->sb.block_size, left = (uint64_t)(n->inode.size - at);
	struct ext4_run run;
	int error;

	if ((uint64_t)at >> fs->block_bits > UINT32_MAX) /* no extent or block map reaches there */
		return ext4_corrupt(fs, "inode %llu: it is larger than a file can be",
				    (unsigned long long)n->inode.ino);
	error = ext4_map(n, (uint32_t)((uint64_t)at >> fs->block_bits), &run);
	if (error)
		return error;
	s->at = run.block ? (run.block << fs->block_bits) + skip : 0;
	s->len = ((uint64_t)run.count << fs->block_bits) - skip;
	if (s->len > left)
		s->len = left;
	return 0;
}

/*
 * How much of a stretch's first len bytes to take straight into the caller's buffer: whole blocks
 * of the disk, or 0 for the cache.
 */
static size_t direct_len(const struct blkdev *dev, uint64_t at, size_t len)
{
	return len >= DIRECT_MIN && at % dev->block_size == 0 ? len - len % dev->block_size : 0;
}

/*
 * Reads the start of the range, as far as it is one stretch and goes one way. Returns how many
 * bytes that was, or -errno.
 */
static ssize_t read_some(struct ext4_node *n, void *buf, size_t len, off_t at, uint32_t window)
{
	struct blkdev *dev = n->inode.sb->dev;
	struct stretch s = { 0, 0 };
	size_t direct;
	int error = find_stretch(n, at, &s);

	if (error)
		return error;
	if (len > s.len)
		len = (size_t)s.len;
	if (!s.at) {
		memset(buf, 0, len);
		return (ssize_t)len;
	}
	direct = direct_len(dev, s.at, len);
	if (direct) {
		len = direct;
		error = blk_read(dev, s.at / BLK_SECTOR_SIZE, buf, len);
	} else {
		error = cache_read(dev, s.at, buf, len, window < s.len ? window : (size_t)s.len);
	}
	return error ? error : (ssize_t)len;
}

ssize_t ext4_read(struct inode *inode, void *buf, size_t len, off_t at)
{
	struct ext4_node *n = ext4_node_of(inode);
	size_t done = 0;
	uint32_t window;

	if (at >= inode->size)
		return 0;
	if (len > (uint64_t)(inode->size - at))
		len = (size_t)(inode->size - at);
	window = next_window(n, at, len);
	while (done < len) {
		ssize_t got = read_some(n, (uint8_t *)buf + done, len - done, at + (off_t)done,
					window);

		if (got < 0)
			return done ? (ssize_t)done : got;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

/* Short targets lie in the inode, in place of its block map. */
static bool is_fast_link(const struct ext4_node *n)
{
	return n->inode.size < (off_t)sizeof(n->block) && !(n->flags & EXT4_EXTENTS_FL);
}

ssize_t ext4_readlink(struct inode *inode, char *buf, size_t size)
{
	const struct ext4_node *n = ext4_node_of(inode);
	size_t len = (size_t)inode->size;

	if (!is_fast_link(n))
		return ext4_read(inode, buf, size, 0);
	if (len > size)
		len = size;
	memcpy(buf, n->block, len);
	return (ssize_t)len;
}
