/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Metadata blocks, out of the block cache. A block that was found to have the right checksum is not
 * checked again while it stays in memory; the note says for which inode, because the inode is part
 * of the checksum.
 */
#include "fs/ext4/ext4.h"
#include <errno.h>

bool ext4_blocks_valid(const struct ext4 *fs, uint64_t block, uint64_t count)
{
	return block > fs->first_data_block && block < fs->blocks && count <= fs->blocks - block;
}

int ext4_block_get(struct ext4 *fs, uint64_t block, size_t window, struct ext4_block *b)
{
	uint64_t at = block << fs->block_bits;
	uint32_t skip = at % CACHE_PAGE_SIZE;
	int error;

	if (!ext4_blocks_valid(fs, block, 1))
		return ext4_corrupt(fs, "block %llu is not on the disk", (unsigned long long)block);
	error = cache_get(fs->sb.dev, at / CACHE_PAGE_SIZE, window, &b->page);
	if (error)
		return error;
	b->data = b->page->data + skip;
	b->verified = &b->page->verified[skip / 1024];
	return 0;
}

void ext4_block_put(struct ext4_block *b)
{
	cache_put(b->page);
}

static uint64_t note_for(const struct ext4_node *n, enum ext4_block_kind kind)
{
	return n->inode.ino << 8 | (uint64_t)kind;
}

bool ext4_block_verified(const struct ext4_block *b, const struct ext4_node *n,
			 enum ext4_block_kind kind)
{
	return atomic_load(b->verified) == note_for(n, kind);
}

void ext4_block_set_verified(const struct ext4_block *b, const struct ext4_node *n,
			     enum ext4_block_kind kind)
{
	atomic_store(b->verified, note_for(n, kind));
}
