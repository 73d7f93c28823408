/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Extent trees (ifork.rst, "Extent Tree"): the root lies in the inode, every other node fills a
 * block and ends with a checksum. The way down is bounded: each step has to find a node one level
 * lower.
 */
#include "fs/ext4/ext4.h"
#include <errno.h>
#include <string.h>

/* A node on the way down. block.page is NULL for the root, which lies in the inode. */
struct step {
	const struct ext4_extent_header *header;
	struct ext4_block block;
};

static int bad(struct ext4_node *n, const char *what, uint64_t block)
{
	return ext4_corrupt(ext4_of(&n->inode), "inode %llu: extent tree, block %llu: %s",
			    (unsigned long long)n->inode.ino, (unsigned long long)block, what);
}

static const char *header_problem(const struct ext4_extent_header *h, size_t bytes)
{
	size_t room = (bytes - sizeof(*h)) / sizeof(struct ext4_extent);

	if (get16(h->eh_magic) != EXT4_EXTENT_MAGIC)
		return "no extent header";
	if (get16(h->eh_max) > room || get16(h->eh_entries) > get16(h->eh_max))
		return "more entries than fit";
	return get16(h->eh_depth) > EXT4_EXTENT_DEPTH_MAX ? "too deep" : NULL;
}

static void leave(struct step *s)
{
	if (s->block.page)
		ext4_block_put(&s->block);
	s->block.page = NULL;
}

/* A node that is not the root: its checksum follows the last entry there is room for. */
static const char *node_problem(struct ext4_node *n, const struct ext4_block *b, unsigned depth)
{
	const struct ext4_extent_header *h = (const void *)b->data;
	const char *problem = header_problem(h, n->inode.sb->block_size - sizeof(le32));

	if (problem)
		return problem;
	if (get16(h->eh_depth) != depth)
		return "wrong depth";
	if (ext4_block_verified(b, n, EXT4_KIND_EXTENTS))
		return NULL;
	if (!ext4_csum_extents_ok(n, b->data,
				  sizeof(*h) + get16(h->eh_max) * sizeof(struct ext4_extent)))
		return "wrong checksum";
	ext4_block_set_verified(b, n, EXT4_KIND_EXTENTS);
	return NULL;
}

static int enter(struct ext4_node *n, struct step *s, uint64_t block, unsigned depth)
{
	const char *problem;
	int error;

	leave(s);
	error = ext4_block_get(ext4_of(&n->inode), block, 0, &s->block);
	if (error)
		return s->block.page = NULL, error;
	problem = node_problem(n, &s->block, depth);
	if (problem)
		return bad(n, problem, block);
	s->header = (const void *)s->block.data;
	return 0;
}

/*
 * The last of n entries that starts at or before block, or -1. Entries of both kinds start with the
 * file's block number.
 */
static int last_at_or_before(const struct ext4_extent_header *h, uint32_t block)
{
	const struct ext4_extent_idx *entries = (const void *)(h + 1);
	int low = 0, high = get16(h->eh_entries);

	while (low < high) {
		int mid = (low + high) / 2;

		if (get32(entries[mid].ei_block) <= block)
			low = mid + 1;
		else
			high = mid;
	}
	return low - 1;
}

/* Where the entry after the i-th starts, or limit when there is none. */
static uint64_t start_of_next(const struct ext4_extent_header *h, int i, uint64_t limit)
{
	const struct ext4_extent_idx *entries = (const void *)(h + 1);

	return i + 1 < get16(h->eh_entries) ? get32(entries[i + 1].ei_block) : limit;
}

static int hole(struct ext4_node *n, uint32_t block, uint64_t end, struct ext4_run *run)
{
	uint64_t count = end > block ? end - block : 0;

	if (!count)
		return bad(n, "entries out of order", block);
	run->block = 0;
	run->count = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
	return 0;
}

/* block lies skip blocks into the extent, or behind its end. */
static int use_extent(struct ext4_node *n, const struct ext4_extent *e, uint32_t block,
		      uint64_t next, struct ext4_run *run)
{
	uint32_t len = get16(e->ee_len), skip = block - get32(e->ee_block);
	bool unwritten = len > EXT4_EXTENT_LEN_MAX;
	uint64_t start = get_lo_hi(e->ee_start_lo, get16(e->ee_start_hi));

	if (unwritten)
		len -= EXT4_EXTENT_LEN_MAX;
	if (!ext4_blocks_valid(ext4_of(&n->inode), start, len) || len == 0)
		return bad(n, "an extent is not on the disk", start);
	if (skip >= len)
		return hole(n, block, next, run);
	run->block = unwritten ? 0 : start + skip;
	run->count = len - skip;
	return 0;
}

static int search_leaf(struct ext4_node *n, const struct ext4_extent_header *h, uint32_t block,
		       uint64_t limit, struct ext4_run *run)
{
	int i = last_at_or_before(h, block);
	uint64_t next = start_of_next(h, i, limit);

	if (i < 0)
		return hole(n, block, next, run);
	return use_extent(n, (const struct ext4_extent *)(h + 1) + i, block, next, run);
}

/* limit: the first block that the subtree s stands on is not responsible for. */
static int descend(struct ext4_node *n, struct step *s, uint32_t block, struct ext4_run *run)
{
	uint64_t limit = (uint64_t)UINT32_MAX + 1;

	for (unsigned depth = get16(s->header->eh_depth); depth > 0; depth--) {
		const struct ext4_extent_idx *entries = (const void *)(s->header + 1);
		int error, i = last_at_or_before(s->header, block);

		limit = start_of_next(s->header, i, limit);
		if (i < 0)
			return hole(n, block, limit, run);
		error = enter(n, s, get_lo_hi(entries[i].ei_leaf_lo, get16(entries[i].ei_leaf_hi)),
			      depth - 1);
		if (error)
			return error;
	}
	return search_leaf(n, s->header, block, limit, run);
}

int ext4_extent_map(struct ext4_node *n, uint32_t block, struct ext4_run *run)
{
	struct step s = { .header = (const void *)n->block };
	const char *problem = header_problem(s.header, sizeof(n->block));
	int error;

	if (problem)
		return bad(n, problem, 0);
	error = descend(n, &s, block, run);
	leave(&s);
	return error;
}
