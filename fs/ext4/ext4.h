/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext4, read-only: what its files share. Nothing on the disk is believed: a number is checked
 * before it is used to find anything, a checksum before a block is looked into, and whatever is
 * wrong is -EIO for the caller and one line in the log.
 *
 * Locks: superblock.lock guards the table of inodes in memory. All else never changes after
 * mounting, or is the block cache's.
 */
#pragma once

#include "fs/cache.h"
#include "fs/ext4/format.h"
#include "fs/vfs.h"

#define EXT4_NODE_BUCKETS 64u

struct ext4_node;

struct ext4 {
	struct superblock sb;         /* block_size is the file system's */
	uint64_t blocks;
	uint32_t block_bits;          /* log2(block_size) */
	uint32_t first_data_block, blocks_per_group;
	uint32_t inodes, inodes_per_group, first_ino;
	uint32_t compat, incompat, ro_compat;
	uint32_t inode_size, desc_size;
	uint32_t first_meta_bg, backup_bgs[2];
	uint32_t csum_seed;
	bool metadata_csum, gdt_csum;
	bool hash_unsigned;
	uint32_t hash_seed[4];
	uint8_t uuid[16];
	uint64_t blocks_free;         /* as the superblock tells */
	uint32_t inodes_free;
	atomic_uint complaints;       /* lines logged about damage */
	_Atomic uint64_t *hints;      /* hint.c's */
	uint32_t nhints;              /* a power of two, or 0 */
	/* Guarded by sb.lock: */
	struct ext4_node *nodes[EXT4_NODE_BUCKETS];
	struct list idle;             /* nodes nobody uses, the longest unused first */
	unsigned nidle;
};

struct ext4_node {
	struct inode inode;
	struct ext4_node *next;       /* in the same bucket */
	struct list idle;
	uint32_t flags;               /* EXT4_*_FL */
	uint32_t csum_seed;           /* for what belongs to this inode */
	le32 block[15];               /* i_block: extent tree, block map or symbolic link */
	/*
	 * Read-ahead: where a sequential reader goes on, and how far a miss reads then. Hints: a
	 * lost update costs a request.
	 */
	_Atomic off_t next_at;
	_Atomic uint32_t window;      /* bytes */
};

static inline struct ext4 *ext4_of(const struct inode *inode)
{
	return container_of(inode->sb, struct ext4, sb);
}

static inline struct ext4_node *ext4_node_of(struct inode *inode)
{
	return container_of(inode, struct ext4_node, inode);
}

/* --- super.c --- */

/* Logs a line about damage, unless there were many, and returns -EIO. */
int ext4_corrupt(struct ext4 *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- block.c --- */

/* A metadata block in the cache, held until ext4_block_put(). */
struct ext4_block {
	struct cache_page *page;
	const uint8_t *data;          /* block_size bytes */
	_Atomic uint64_t *verified;   /* see ext4_block_verified() */
};

bool ext4_blocks_valid(const struct ext4 *, uint64_t block, uint64_t count);
/* -EIO also when there is no such block. */
int ext4_block_get(struct ext4 *, uint64_t block, size_t window, struct ext4_block *);
void ext4_block_put(struct ext4_block *);

/* Whether the block's checksum was found right before, as a block of this kind of this inode. */
enum ext4_block_kind { EXT4_KIND_EXTENTS = 1, EXT4_KIND_DIR };
bool ext4_block_verified(const struct ext4_block *, const struct ext4_node *,
			 enum ext4_block_kind);
void ext4_block_set_verified(const struct ext4_block *, const struct ext4_node *,
			     enum ext4_block_kind);

/* --- csum.c: each is true where the file system has no checksums --- */

uint32_t ext4_crc32c(uint32_t crc, const void *, size_t len);
bool ext4_csum_super_ok(const struct ext4_super *);
bool ext4_csum_group_ok(const struct ext4 *, uint32_t group, const struct ext4_group_desc *);
uint32_t ext4_csum_inode_seed(const struct ext4 *, uint32_t ino, const struct ext4_inode *);
bool ext4_csum_inode_ok(const struct ext4 *, uint32_t seed, const struct ext4_inode *);
bool ext4_csum_extents_ok(const struct ext4_node *, const uint8_t *block, size_t tail_offset);
bool ext4_csum_leaf_ok(const struct ext4_node *, const uint8_t *block);
bool ext4_csum_index_ok(const struct ext4_node *, const uint8_t *block, size_t entries_offset);

/* --- group.c, inode.c --- */

int ext4_group_inode_table(struct ext4 *, uint32_t group, uint64_t *block);
int ext4_iget(struct ext4 *, uint32_t ino, struct inode **out);
void ext4_forget_nodes(struct ext4 *);
bool ext4_ino_valid(const struct ext4 *, uint32_t ino);

/* --- extent.c, indirect.c: from a file's blocks to the disk's --- */

struct ext4_run {
	uint64_t block;               /* on disk; 0: a hole, or never written, so zeros */
	uint32_t count;               /* blocks, at least 1 */
};

int ext4_map(struct ext4_node *, uint32_t block, struct ext4_run *);
int ext4_extent_map(struct ext4_node *, uint32_t block, struct ext4_run *);
int ext4_indirect_map(struct ext4_node *, uint32_t block, struct ext4_run *);

/* --- dir.c, hint.c, htree.c, hash.c --- */

int ext4_dir_block(struct ext4_node *dir, uint32_t block, struct ext4_block *); /* verified */
/* The entry at an offset, checked; NULL: damaged, which is logged. */
const struct ext4_dir_entry *ext4_dir_entry_at(struct ext4_node *dir, const struct ext4_block *,
					       size_t offset);
/* 1: found, 0: not in this block, -EIO. */
int ext4_dir_search(struct ext4_node *dir, const struct ext4_block *, const char *name,
		    size_t len, uint32_t *ino);
int ext4_lookup(struct inode *dir, const char *name, size_t len, struct inode **out);
int ext4_readdir(struct inode *dir, off_t *cookie, struct vfs_dirent *out);

void ext4_hints_init(struct ext4 *); /* without memory there are none */
void ext4_hint_set(struct ext4_node *dir, const char *name, size_t len, uint32_t block);
bool ext4_hint_get(const struct ext4_node *dir, const char *name, size_t len, uint32_t *block);

/* 1: found, 0: not there, -EAGAIN: the index cannot be used, look through the whole directory. */
int ext4_htree_search(struct ext4_node *dir, const char *name, size_t len, uint32_t *ino);
/* false: a hash function that is not known. version as in dx_root_info. */
bool ext4_hash(const struct ext4 *, uint8_t version, const char *name, size_t len, uint32_t *hash);

/* --- read.c --- */

ssize_t ext4_read(struct inode *, void *buf, size_t len, off_t at);
ssize_t ext4_readlink(struct inode *, char *buf, size_t size);
