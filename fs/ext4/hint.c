/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * In which block of its directory a name was seen. mke2fs makes directories without an index, and
 * looking through thousands of names for every file of a web site costs more than all else does. A
 * search through a directory leaves a hint for each name it passes, so that the next one for any
 * of them starts in the right block. Hints need no lock: each is one word, and one that was
 * overwritten or belongs to another name only makes a search start in the wrong place.
 */
#include "fs/ext4/ext4.h"
#include "kernel/heap.h"
#include "kernel/page.h"

#define PAGES_PER_HINT 4u /* of memory: 8192 hints, 64 KiB, on a machine of 128 MiB */
#define HINTS_MAX      (1u << 17)

/* FNV-1a. */
static uint32_t hash_of(const struct ext4_node *dir, const char *name, size_t len)
{
	uint32_t hash = 2166136261u ^ (uint32_t)dir->inode.ino * 2654435761u;

	while (len--)
		hash = (hash ^ (uint8_t)*name++) * 16777619u;
	return hash ^ hash >> 16;
}

void ext4_hints_init(struct ext4 *fs)
{
	uint32_t n = 64;

	while (n < page_count_total() / PAGES_PER_HINT && n < HINTS_MAX)
		n *= 2;
	fs->hints = kzalloc(n * sizeof(*fs->hints));
	fs->nhints = fs->hints ? n : 0;
}

void ext4_hint_set(struct ext4_node *dir, const char *name, size_t len, uint32_t block)
{
	struct ext4 *fs = ext4_of(&dir->inode);
	uint32_t hash = hash_of(dir, name, len);

	if (fs->nhints)
		atomic_store(&fs->hints[hash & (fs->nhints - 1)], (uint64_t)hash << 32 | block);
}

bool ext4_hint_get(const struct ext4_node *dir, const char *name, size_t len, uint32_t *block)
{
	struct ext4 *fs = ext4_of(&dir->inode);
	uint32_t hash = hash_of(dir, name, len);
	uint64_t hint = fs->nhints ? atomic_load(&fs->hints[hash & (fs->nhints - 1)]) : 0;

	*block = (uint32_t)hint;
	return hint && hint >> 32 == hash;
}
