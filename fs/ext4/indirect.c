/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block map of ext2 and ext3 (ifork.rst, "Direct/Indirect Block Addressing"), which files on an
 * upgraded file system still have: 12 blocks in the inode, then trees of one, two and three levels
 * of blocks full of block numbers. They have no checksums.
 */
#include "fs/ext4/ext4.h"
#include <errno.h>

#define DIRECT 12u

static int bad(struct ext4_node *n, uint32_t block)
{
	return ext4_corrupt(ext4_of(&n->inode),
			    "inode %llu: block map: block %u is not on the disk",
			    (unsigned long long)n->inode.ino, block);
}

/*
 * How many of the numbers from at on follow each other on the disk, or are holes as the first is.
 */
static uint32_t run_length(const le32 *at, uint32_t max)
{
	uint32_t first = get32(*at), n = 1;

	while (n < max && get32(at[n]) == (first ? first + n : 0))
		n++;
	return n;
}

static int take_run(struct ext4_node *n, const le32 *at, uint32_t max, struct ext4_run *run)
{
	run->block = get32(*at);
	run->count = run_length(at, max);
	if (run->block && !ext4_blocks_valid(ext4_of(&n->inode), run->block, run->count))
		return bad(n, get32(*at));
	return 0;
}

/* Goes down from the tree's top block; index counts the file's blocks from the tree's first. */
static int walk(struct ext4_node *n, uint32_t top, unsigned levels, uint64_t index,
		struct ext4_run *run)
{
	struct ext4 *fs = ext4_of(&n->inode);
	unsigned bits = fs->block_bits - 2; /* log2 of the numbers in a block */
	uint32_t per_block = 1u << bits;

	for (;;) {
		uint32_t i = (uint32_t)(index >> (bits * --levels)) & (per_block - 1);
		const le32 *numbers;
		struct ext4_block b;
		int error;

		if (!top) {
			*run = (struct ext4_run){ 0, 1 };
			return 0;
		}
		error = ext4_block_get(fs, top, 0, &b);
		if (error)
			return error;
		numbers = (const le32 *)b.data;
		top = get32(numbers[i]);
		if (levels == 0)
			error = take_run(n, &numbers[i], per_block - i, run);
		ext4_block_put(&b);
		if (error || levels == 0)
			return error;
	}
}

int ext4_indirect_map(struct ext4_node *n, uint32_t block, struct ext4_run *run)
{
	unsigned bits = ext4_of(&n->inode)->block_bits - 2;
	uint64_t index = block;

	if (index < DIRECT)
		return take_run(n, &n->block[index], DIRECT - (uint32_t)index, run);
	index -= DIRECT;
	for (unsigned levels = 1; levels <= 3; levels++) {
		if (index < 1ull << (bits * levels))
			return walk(n, get32(n->block[DIRECT + levels - 1]), levels, index, run);
		index -= 1ull << (bits * levels);
	}
	return bad(n, block);
}
