/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checksums of the metadata_csum feature (checksums.rst): CRC32C, started with the file
 * system's seed and, for what belongs to an inode, its number and generation. File systems with the
 * older uninit_bg feature have a CRC-16 over their group descriptors only.
 */
#include "fs/ext4/ext4.h"
#include <string.h>

/*
 * --- CRC32C (polynomial 0x1edc6f41, here bit-reversed), 8 bytes a step: table[k] advances a byte
 * by k more zero bytes ---
 */

#define CRC32C_POLY 0x82f63b78u

static uint32_t table[8][256];
static atomic_bool table_ready;

static void make_table(void)
{
	for (unsigned i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CRC32C_POLY : 0);
		table[0][i] = crc;
	}
	for (unsigned k = 1; k < 8; k++)
		for (unsigned i = 0; i < 256; i++)
			table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 0xff];
	/* Two threads may both come here; they write the same. */
	atomic_store(&table_ready, true);
}

static uint32_t step8(uint32_t crc, const uint8_t *p)
{
	uint32_t lo, hi;

	memcpy(&lo, p, 4);
	memcpy(&hi, p + 4, 4);
	lo ^= crc;
	return table[7][lo & 0xff] ^ table[6][lo >> 8 & 0xff] ^
	       table[5][lo >> 16 & 0xff] ^ table[4][lo >> 24] ^
	       table[3][hi & 0xff] ^ table[2][hi >> 8 & 0xff] ^
	       table[1][hi >> 16 & 0xff] ^ table[0][hi >> 24];
}

/*
 * Neither starts from nor ends with the usual inversion: callers chain pieces, and ext4 stores the
 * bare remainder.
 */
uint32_t ext4_crc32c(uint32_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;

	if (!atomic_load(&table_ready))
		make_table();
	for (; len >= 8; len -= 8, p += 8)
		crc = step8(crc, p);
	while (len--)
		crc = crc >> 8 ^ table[0][(crc ^ *p++) & 0xff];
	return crc;
}

static uint32_t crc_le32(uint32_t crc, uint32_t value)
{
	return ext4_crc32c(crc, &value, sizeof(value));
}

/* --- superblock and group descriptors --- */

bool ext4_csum_super_ok(const struct ext4_super *s)
{
	if (!(get32(s->s_feature_ro_compat) & EXT4_RO_COMPAT_METADATA_CSUM))
		return true;
	return ext4_crc32c(~0u, s, offsetof(struct ext4_super, s_checksum)) == get32(s->s_checksum);
}

static uint16_t crc16(uint16_t crc, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len--) {
		crc ^= *p++;
		for (unsigned bit = 0; bit < 8; bit++)
			crc = (uint16_t)(crc >> 1 ^ (crc & 1 ? 0xa001 : 0));
	}
	return crc;
}

/* Of a group descriptor, what precedes the checksum and what follows it is covered. */
#define BEFORE_CSUM offsetof(struct ext4_group_desc, bg_checksum)
#define AFTER_CSUM  (BEFORE_CSUM + sizeof(le16))

static uint16_t group_crc16(const struct ext4 *fs, uint32_t group, const struct ext4_group_desc *d)
{
	const uint8_t *after = (const uint8_t *)d + AFTER_CSUM;
	uint16_t crc = crc16(0xffff, fs->uuid, sizeof(fs->uuid));

	crc = crc16(crc, &group, sizeof(group));
	crc = crc16(crc, d, BEFORE_CSUM);
	return crc16(crc, after, fs->desc_size - AFTER_CSUM);
}

static uint16_t group_crc32c(const struct ext4 *fs, uint32_t group, const struct ext4_group_desc *d)
{
	const uint8_t *after = (const uint8_t *)d + AFTER_CSUM;
	uint32_t crc = crc_le32(fs->csum_seed, group);

	crc = ext4_crc32c(crc, d, BEFORE_CSUM);
	crc = ext4_crc32c(crc, "\0", sizeof(d->bg_checksum));
	return (uint16_t)ext4_crc32c(crc, after, fs->desc_size - AFTER_CSUM);
}

bool ext4_csum_group_ok(const struct ext4 *fs, uint32_t group, const struct ext4_group_desc *d)
{
	if (fs->metadata_csum)
		return group_crc32c(fs, group, d) == get16(d->bg_checksum);
	return !fs->gdt_csum || group_crc16(fs, group, d) == get16(d->bg_checksum);
}

/* --- inodes --- */

uint32_t ext4_csum_inode_seed(const struct ext4 *fs, uint32_t ino, const struct ext4_inode *i)
{
	return crc_le32(crc_le32(fs->csum_seed, ino), get32(i->i_generation));
}

/* The upper half of the checksum is there when the inode's extra part reaches behind it. */
static bool has_checksum_hi(const struct ext4 *fs, const struct ext4_inode *i)
{
	size_t end = offsetof(struct ext4_inode, i_checksum_hi) + sizeof(i->i_checksum_hi);

	return fs->inode_size > EXT4_INODE_SIZE_MIN &&
	       EXT4_INODE_SIZE_MIN + get16(i->i_extra_isize) >= end;
}

bool ext4_csum_inode_ok(const struct ext4 *fs, uint32_t seed, const struct ext4_inode *i)
{
	const size_t lo = offsetof(struct ext4_inode, i_checksum_lo);
	const size_t hi = offsetof(struct ext4_inode, i_checksum_hi);
	const uint8_t *bytes = (const uint8_t *)i;
	uint32_t crc;

	if (!fs->metadata_csum)
		return true;
	crc = ext4_crc32c(seed, bytes, lo);
	crc = ext4_crc32c(crc, "\0", 2);
	if (!has_checksum_hi(fs, i)) {
		crc = ext4_crc32c(crc, bytes + lo + 2, fs->inode_size - lo - 2);
		return (uint16_t)crc == get16(i->i_checksum_lo);
	}
	crc = ext4_crc32c(crc, bytes + lo + 2, hi - lo - 2);
	crc = ext4_crc32c(crc, "\0", 2);
	crc = ext4_crc32c(crc, bytes + hi + 2, fs->inode_size - hi - 2);
	return crc == ((uint32_t)get16(i->i_checksum_hi) << 16 | get16(i->i_checksum_lo));
}

/* --- blocks of inodes --- */

static bool checked(const struct ext4_node *n)
{
	return ext4_of(&n->inode)->metadata_csum;
}

bool ext4_csum_extents_ok(const struct ext4_node *n, const uint8_t *block, size_t tail_offset)
{
	le32 stored;

	if (!checked(n))
		return true;
	memcpy(&stored, block + tail_offset, sizeof(stored));
	return ext4_crc32c(n->csum_seed, block, tail_offset) == get32(stored);
}

bool ext4_csum_leaf_ok(const struct ext4_node *n, const uint8_t *block)
{
	size_t covered = n->inode.sb->block_size - sizeof(struct ext4_dir_tail);
	const struct ext4_dir_tail *t = (const struct ext4_dir_tail *)(block + covered);

	if (!checked(n))
		return true;
	if (get32(t->det_reserved_zero1) || get16(t->det_rec_len) != sizeof(*t) ||
	    t->det_reserved_zero2 || t->det_reserved_ft != EXT4_DIR_TAIL_FT)
		return false;
	return ext4_crc32c(n->csum_seed, block, covered) == get32(t->det_checksum);
}

/* Covers the entries in use, then the tail behind all that there is room for. */
bool ext4_csum_index_ok(const struct ext4_node *n, const uint8_t *block, size_t entries_offset)
{
	const struct ext4_dx_countlimit *c = (const void *)(block + entries_offset);
	size_t covered = entries_offset + get16(c->count) * sizeof(struct ext4_dx_entry);
	size_t tail_offset = entries_offset + get16(c->limit) * sizeof(struct ext4_dx_entry);
	const struct ext4_dx_tail *t = (const struct ext4_dx_tail *)(block + tail_offset);
	uint32_t crc;

	if (!checked(n))
		return true;
	if (get16(c->count) > get16(c->limit) || tail_offset > n->inode.sb->block_size - sizeof(*t))
		return false;
	crc = ext4_crc32c(n->csum_seed, block, covered);
	crc = crc_le32(crc, get32(t->dt_reserved));
	return crc_le32(crc, 0) == get32(t->dt_checksum);
}
