/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lookup through a directory's index (directory.rst, "Hash Tree Directories"): a tree of (hash,
 * block) pairs over the leaf blocks. Names whose hash is equal may spill into the next leaf; its
 * pair has the lowest bit of the hash set then. Whatever looks odd here makes the caller search the
 * whole directory instead, so this file reports no damage of its own.
 */
#include "fs/ext4/ext4.h"
#include <errno.h>

#define LEVELS_MAX 3u /* index blocks on the way to a leaf, with the largedir feature */

/* One index block on the way down, and which of its pairs was taken. */
struct level {
	struct ext4_block block;
	const struct ext4_dx_entry *entries;
	uint32_t count, at;
};

struct search {
	struct ext4_node *dir;
	uint32_t hash;
	unsigned nlevels;
	struct level levels[LEVELS_MAX];
};

static void finish(struct search *s)
{
	while (s->nlevels > 0)
		ext4_block_put(&s->levels[--s->nlevels].block);
}

/*
 * The last pair whose hash is not above the one looked for. The first has no hash: it stands for
 * everything below the second's.
 */
static uint32_t last_at_or_below(const struct level *l, uint32_t hash)
{
	uint32_t low = 1, high = l->count;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (get32(l->entries[mid].hash) <= hash)
			low = mid + 1;
		else
			high = mid;
	}
	return low - 1;
}

/* Takes an index block onto the stack, if what it says about itself can be. */
static int push(struct search *s, uint32_t block, size_t entries_offset)
{
	uint32_t block_size = s->dir->inode.sb->block_size;
	struct level *l = &s->levels[s->nlevels];
	const struct ext4_dx_countlimit *c;

	if (block >= s->dir->inode.size / block_size ||
	    ext4_dir_block(s->dir, block, &l->block) != 0)
		return -EAGAIN;
	s->nlevels++;
	c = (const void *)(l->block.data + entries_offset);
	l->entries = (const void *)c;
	l->count = get16(c->count);
	l->at = 0;
	if (l->count == 0 || l->count > get16(c->limit) ||
	    get16(c->limit) > (block_size - entries_offset) / sizeof(struct ext4_dx_entry))
		return -EAGAIN;
	return 0;
}

static int push_child(struct search *s)
{
	const struct level *l = &s->levels[s->nlevels - 1];

	return push(s, get32(l->entries[l->at].block), EXT4_DX_NODE_ENTRIES);
}

/* Goes down to the index block above the leaves, taking the pairs that lead to the hash. */
static int descend(struct search *s, unsigned indirect_levels)
{
	int error = 0;

	for (unsigned i = 0; !error; i++) {
		struct level *l = &s->levels[i];

		l->at = last_at_or_below(l, s->hash);
		if (i == indirect_levels)
			return 0;
		error = push_child(s);
	}
	return error;
}

static int start(struct search *s, const char *name, size_t len)
{
	struct ext4 *fs = ext4_of(&s->dir->inode);
	unsigned levels_max = fs->incompat & EXT4_INCOMPAT_LARGEDIR ? LEVELS_MAX : LEVELS_MAX - 1;
	const struct ext4_dx_root_info *info;
	int error = push(s, 0, EXT4_DX_ROOT_ENTRIES);

	if (error)
		return error;
	info = (const void *)(s->levels[0].block.data + EXT4_DX_ROOT_INFO_OFFSET);
	if (info->reserved_zero || info->info_length != sizeof(*info) ||
	    info->indirect_levels >= levels_max)
		return -EAGAIN;
	if (!ext4_hash(fs, info->hash_version, name, len, &s->hash))
		return -EAGAIN;
	return descend(s, info->indirect_levels);
}

/* Moves to the next leaf, if names with the same hash go on there: 1, 0, -EAGAIN. */
static int next_leaf(struct search *s)
{
	unsigned depth = s->nlevels, up = depth;
	const struct level *l;

	while (up > 0 && s->levels[up - 1].at + 1 == s->levels[up - 1].count)
		up--;
	if (up == 0)
		return 0;
	l = &s->levels[up - 1];
	if (get32(l->entries[l->at + 1].hash) != (s->hash | 1))
		return 0;
	while (s->nlevels > up)
		ext4_block_put(&s->levels[--s->nlevels].block);
	s->levels[up - 1].at++;
	while (s->nlevels < depth)
		if (push_child(s) != 0)
			return -EAGAIN;
	return 1;
}

static int search_leaf(struct search *s, const char *name, size_t len, uint32_t *ino)
{
	const struct level *l = &s->levels[s->nlevels - 1];
	uint32_t block = get32(l->entries[l->at].block);
	struct ext4_block b;
	int found;

	if (block >= s->dir->inode.size / s->dir->inode.sb->block_size ||
	    ext4_dir_block(s->dir, block, &b) != 0)
		return -EAGAIN;
	found = ext4_dir_search(s->dir, &b, name, len, ino);
	ext4_block_put(&b);
	return found < 0 ? -EAGAIN : found;
}

int ext4_htree_search(struct ext4_node *dir, const char *name, size_t len, uint32_t *ino)
{
	struct search s = { .dir = dir };
	int found = start(&s, name, len);

	if (!found) {
		int more;

		do {
			found = search_leaf(&s, name, len, ino);
			more = found ? 0 : next_leaf(&s);
		} while (more > 0);
		if (more < 0)
			found = more;
	}
	finish(&s);
	return found;
}
