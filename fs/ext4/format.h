/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext4 as it lies on disk, little-endian. Source: Linux, Documentation/filesystems/ext4/
 * (super.rst, group_descr.rst, inodes.rst, ifork.rst, directory.rst, checksums.rst), whose field
 * names these are.
 */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* Fields are read through these, so that what is disk order and what is not shows. */
typedef uint16_t le16;
typedef uint32_t le32;
typedef uint64_t le64;
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "another processor swaps here");
static inline uint16_t get16(le16 v) { return v; }
static inline uint32_t get32(le32 v) { return v; }
static inline uint64_t get_lo_hi(le32 lo, uint32_t hi) { return (uint64_t)hi << 32 | lo; }

#define EXT4_SUPER_OFFSET 1024u
#define EXT4_MAGIC        0xef53
#define EXT4_ROOT_INO     2u

struct ext4_super {
	le32 s_inodes_count, s_blocks_count_lo, s_r_blocks_count_lo, s_free_blocks_count_lo;
	le32 s_free_inodes_count, s_first_data_block, s_log_block_size, s_log_cluster_size;
	le32 s_blocks_per_group, s_clusters_per_group, s_inodes_per_group, s_mtime;
	le32 s_wtime;
	le16 s_mnt_count, s_max_mnt_count, s_magic, s_state, s_errors, s_minor_rev_level;
	le32 s_lastcheck, s_checkinterval, s_creator_os, s_rev_level;
	le16 s_def_resuid, s_def_resgid;
	le32 s_first_ino;
	le16 s_inode_size, s_block_group_nr;
	le32 s_feature_compat, s_feature_incompat, s_feature_ro_compat;
	uint8_t s_uuid[16];
	char s_volume_name[16], s_last_mounted[64];
	le32 s_algorithm_usage_bitmap;
	uint8_t s_prealloc_blocks, s_prealloc_dir_blocks;
	le16 s_reserved_gdt_blocks;
	uint8_t s_journal_uuid[16];
	le32 s_journal_inum, s_journal_dev, s_last_orphan, s_hash_seed[4];
	uint8_t s_def_hash_version, s_jnl_backup_type;
	le16 s_desc_size;
	le32 s_default_mount_opts, s_first_meta_bg, s_mkfs_time, s_jnl_blocks[17];
	le32 s_blocks_count_hi, s_r_blocks_count_hi, s_free_blocks_count_hi;
	le16 s_min_extra_isize, s_want_extra_isize;
	le32 s_flags;
	le16 s_raid_stride, s_mmp_interval;
	le32 s_mmp_block[2];
	le32 s_raid_stripe_width;
	uint8_t s_log_groups_per_flex, s_checksum_type, s_encryption_level, s_reserved_pad;
	uint8_t s_unused_here[0x24c - 0x178]; /* statistics, snapshots, the error record, quotas */
	le32 s_backup_bgs[2];
	uint8_t s_encryption[0x270 - 0x254];
	le32 s_checksum_seed;
	uint8_t s_reserved[0x3fc - 0x274];
	le32 s_checksum;
};
static_assert(offsetof(struct ext4_super, s_magic) == 0x38, "super.rst");
static_assert(offsetof(struct ext4_super, s_feature_compat) == 0x5c, "super.rst");
static_assert(offsetof(struct ext4_super, s_hash_seed) == 0xec, "super.rst");
static_assert(offsetof(struct ext4_super, s_desc_size) == 0xfe, "super.rst");
static_assert(offsetof(struct ext4_super, s_blocks_count_hi) == 0x150, "super.rst");
static_assert(offsetof(struct ext4_super, s_checksum_type) == 0x175, "super.rst");
static_assert(offsetof(struct ext4_super, s_backup_bgs) == 0x24c, "super.rst");
static_assert(offsetof(struct ext4_super, s_checksum_seed) == 0x270, "super.rst");
static_assert(sizeof(struct ext4_super) == 1024, "super.rst");

enum {
	EXT4_STATE_ERROR = 2, /* s_state */
	EXT4_FLAGS_UNSIGNED_HASH = 2, /* s_flags */
	EXT4_CHECKSUM_CRC32C = 1, /* s_checksum_type */

	EXT4_COMPAT_SPARSE_SUPER2 = 0x200,

	EXT4_RO_COMPAT_SPARSE_SUPER = 0x1,
	EXT4_RO_COMPAT_GDT_CSUM = 0x10,
	EXT4_RO_COMPAT_METADATA_CSUM = 0x400,

	EXT4_INCOMPAT_FILETYPE = 0x2,
	EXT4_INCOMPAT_RECOVER = 0x4,
	EXT4_INCOMPAT_META_BG = 0x10,
	EXT4_INCOMPAT_EXTENTS = 0x40,
	EXT4_INCOMPAT_64BIT = 0x80,
	EXT4_INCOMPAT_MMP = 0x100,
	EXT4_INCOMPAT_FLEX_BG = 0x200,
	EXT4_INCOMPAT_EA_INODE = 0x400,
	EXT4_INCOMPAT_CSUM_SEED = 0x2000,
	EXT4_INCOMPAT_LARGEDIR = 0x4000,
};

/* The first half exists always, the second with the 64bit feature (s_desc_size 64). */
struct ext4_group_desc {
	le32 bg_block_bitmap_lo, bg_inode_bitmap_lo, bg_inode_table_lo;
	le16 bg_free_blocks_count_lo, bg_free_inodes_count_lo, bg_used_dirs_count_lo, bg_flags;
	le32 bg_exclude_bitmap_lo;
	le16 bg_block_bitmap_csum_lo, bg_inode_bitmap_csum_lo, bg_itable_unused_lo, bg_checksum;
	le32 bg_block_bitmap_hi, bg_inode_bitmap_hi, bg_inode_table_hi;
	uint8_t bg_unused_here[0x40 - 0x2c];
};
static_assert(offsetof(struct ext4_group_desc, bg_checksum) == 0x1e, "group_descr.rst");
static_assert(offsetof(struct ext4_group_desc, bg_inode_table_hi) == 0x28, "group_descr.rst");
static_assert(sizeof(struct ext4_group_desc) == 64, "group_descr.rst");

#define EXT4_DESC_SIZE_MIN 32u

struct ext4_inode {
	le16 i_mode, i_uid;
	le32 i_size_lo, i_atime, i_ctime, i_mtime, i_dtime;
	le16 i_gid, i_links_count;
	le32 i_blocks_lo, i_flags, i_version;
	le32 i_block[15];
	le32 i_generation, i_file_acl_lo, i_size_high, i_obso_faddr;
	le16 i_blocks_high, i_file_acl_high, i_uid_high, i_gid_high, i_checksum_lo, i_reserved;
	/*
	 * From here on only in inodes larger than 128 bytes, and of that the first i_extra_isize
	 * bytes.
	 */
	le16 i_extra_isize, i_checksum_hi;
	le32 i_ctime_extra, i_mtime_extra, i_atime_extra;
	le32 i_crtime, i_crtime_extra, i_version_hi, i_projid;
};
static_assert(offsetof(struct ext4_inode, i_block) == 0x28, "inodes.rst");
static_assert(offsetof(struct ext4_inode, i_checksum_lo) == 0x7c, "inodes.rst");
static_assert(offsetof(struct ext4_inode, i_checksum_hi) == 0x82, "inodes.rst");
static_assert(sizeof(struct ext4_inode) == 160, "inodes.rst");

#define EXT4_INODE_SIZE_MIN 128u

enum {
	EXT4_INDEX_FL = 0x1000,
	EXT4_HUGE_FILE_FL = 0x40000,
	EXT4_EXTENTS_FL = 0x80000,
	EXT4_INLINE_DATA_FL = 0x10000000,
};

struct ext4_extent_header {
	le16 eh_magic, eh_entries, eh_max, eh_depth;
	le32 eh_generation;
};

struct ext4_extent {
	le32 ee_block;
	le16 ee_len;      /* above 32768: that many less, unwritten */
	le16 ee_start_hi;
	le32 ee_start_lo;
};

struct ext4_extent_idx {
	le32 ei_block, ei_leaf_lo;
	le16 ei_leaf_hi, ei_unused;
};
static_assert(sizeof(struct ext4_extent_header) == 12, "ifork.rst");
static_assert(sizeof(struct ext4_extent) == 12, "ifork.rst");
static_assert(sizeof(struct ext4_extent_idx) == 12, "ifork.rst");

#define EXT4_EXTENT_MAGIC     0xf30a
#define EXT4_EXTENT_DEPTH_MAX 5
#define EXT4_EXTENT_LEN_MAX   32768u

struct ext4_dir_entry {
	le32 inode;
	le16 rec_len;
	uint8_t name_len, file_type;
	char name[];
};
static_assert(offsetof(struct ext4_dir_entry, name) == 8, "directory.rst");

/* Looks like an unused entry at the end of a leaf block. */
struct ext4_dir_tail {
	le32 det_reserved_zero1;
	le16 det_rec_len;
	uint8_t det_reserved_zero2, det_reserved_ft;
	le32 det_checksum;
};
static_assert(sizeof(struct ext4_dir_tail) == 12, "directory.rst");

#define EXT4_DIR_TAIL_FT 0xde

/* In the first block of an indexed directory, behind the entries "." and "..". */
struct ext4_dx_root_info {
	le32 reserved_zero;
	uint8_t hash_version, info_length, indirect_levels, unused_flags;
};

/* In place of the first entry's hash: its block leads to all hashes below the second's. */
struct ext4_dx_countlimit {
	le16 limit, count;
};

struct ext4_dx_entry {
	le32 hash, block;
};

struct ext4_dx_tail {
	le32 dt_reserved, dt_checksum;
};

#define EXT4_DX_ROOT_INFO_OFFSET 24u
#define EXT4_DX_ROOT_ENTRIES     32u /* where the entries start in the root block */
#define EXT4_DX_NODE_ENTRIES     8u  /* and in any other index block */
