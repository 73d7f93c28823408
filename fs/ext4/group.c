/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block groups: where a group's descriptor lies (group_descr.rst, "Meta Block Groups"), and what it
 * says about the inode table.
 */
#include "fs/ext4/ext4.h"
#include <errno.h>
#include <string.h>

static uint64_t group_first_block(const struct ext4 *fs, uint32_t group)
{
	return fs->first_data_block + (uint64_t)group * fs->blocks_per_group;
}

static bool is_power_of(uint32_t n, uint32_t base)
{
	while (n > 1 && n % base == 0)
		n /= base;
	return n == 1;
}

/* Whether the group starts with a copy of the superblock (super.rst, "sparse_super"). */
static bool has_super(const struct ext4 *fs, uint32_t group)
{
	if (group == 0)
		return true;
	if (fs->compat & EXT4_COMPAT_SPARSE_SUPER2)
		return group == fs->backup_bgs[0] || group == fs->backup_bgs[1];
	if (!(fs->ro_compat & EXT4_RO_COMPAT_SPARSE_SUPER))
		return true;
	return is_power_of(group, 3) || is_power_of(group, 5) || is_power_of(group, 7);
}

static uint64_t descriptor_block(const struct ext4 *fs, uint32_t index, uint32_t per_block)
{
	uint32_t super_block = EXT4_SUPER_OFFSET / fs->sb.block_size;

	if (!(fs->incompat & EXT4_INCOMPAT_META_BG) || index < fs->first_meta_bg)
		return (uint64_t)super_block + 1 + index;
	if (index == 0)
		return super_block + 1;
	return group_first_block(fs, index * per_block) + has_super(fs, index * per_block);
}

static uint64_t inode_table(const struct ext4 *fs, const struct ext4_group_desc *d)
{
	uint32_t hi = fs->desc_size > EXT4_DESC_SIZE_MIN ? get32(d->bg_inode_table_hi) : 0;

	return get_lo_hi(d->bg_inode_table_lo, hi);
}

int ext4_group_inode_table(struct ext4 *fs, uint32_t group, uint64_t *block)
{
	uint32_t per_block = fs->sb.block_size / fs->desc_size;
	uint64_t table_bytes = (uint64_t)fs->inodes_per_group * fs->inode_size;
	uint64_t table_blocks = (table_bytes + fs->sb.block_size - 1) >> fs->block_bits;
	const struct ext4_group_desc *d;
	struct ext4_block b;
	int error = ext4_block_get(fs, descriptor_block(fs, group / per_block, per_block), 0, &b);

	if (error)
		return error;
	d = (const struct ext4_group_desc *)(b.data + (size_t)(group % per_block) * fs->desc_size);
	if (!ext4_csum_group_ok(fs, group, d))
		error = ext4_corrupt(fs, "group %u: the descriptor's checksum is wrong", group);
	else if (!ext4_blocks_valid(fs, *block = inode_table(fs, d), table_blocks))
		error = ext4_corrupt(fs, "group %u: inode table at block %llu: not on the disk",
				     group, (unsigned long long)*block);
	ext4_block_put(&b);
	return error;
}
