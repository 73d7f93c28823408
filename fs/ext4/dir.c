/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Directories (directory.rst): blocks full of variable-length entries. Blocks of an index look like
 * a leaf with one unused entry, so a walk over all blocks meets every name whether there is an
 * index or not.
 */
#include "fs/ext4/ext4.h"
#include <errno.h>
#include <string.h>

#define ENTRY_MIN 12u /* header and a name of up to 4 bytes */

/* --- blocks --- */

static const struct ext4_dir_entry *raw_entry(const struct ext4_block *b, size_t offset)
{
	return (const struct ext4_dir_entry *)(b->data + offset);
}

/*
 * The offset of the index entries in a block, 0: it is a leaf. An index's root hides behind "..",
 * other index blocks behind one empty entry.
 */
static size_t index_offset(const struct ext4_node *dir, uint32_t block, const struct ext4_block *b)
{
	uint32_t block_size = dir->inode.sb->block_size;
	const struct ext4_dir_entry *first = raw_entry(b, 0);

	if (!(dir->flags & EXT4_INDEX_FL))
		return 0;
	if (block == 0)
		return EXT4_DX_ROOT_ENTRIES;
	if (get32(first->inode) || first->name_len || get16(first->rec_len) != block_size)
		return 0;
	return EXT4_DX_NODE_ENTRIES;
}

static bool csum_ok(const struct ext4_node *dir, uint32_t block, const struct ext4_block *b)
{
	size_t entries = index_offset(dir, block, b);

	return entries ? ext4_csum_index_ok(dir, b->data, entries)
		       : ext4_csum_leaf_ok(dir, b->data);
}

int ext4_dir_block(struct ext4_node *dir, uint32_t block, struct ext4_block *b)
{
	struct ext4 *fs = ext4_of(&dir->inode);
	struct ext4_run run;
	int error = ext4_map(dir, block, &run);

	if (error)
		return error;
	if (!run.block)
		return ext4_corrupt(fs, "directory %llu: block %u is a hole",
				    (unsigned long long)dir->inode.ino, block);
	error = ext4_block_get(fs, run.block, (size_t)run.count << fs->block_bits, b);
	if (error || ext4_block_verified(b, dir, EXT4_KIND_DIR))
		return error;
	if (!csum_ok(dir, block, b)) {
		ext4_block_put(b);
		return ext4_corrupt(fs, "directory %llu: block %u, on disk %llu: wrong checksum",
				    (unsigned long long)dir->inode.ino, block,
				    (unsigned long long)run.block);
	}
	ext4_block_set_verified(b, dir, EXT4_KIND_DIR);
	return 0;
}

/* --- entries --- */

static bool good_name(const struct ext4_dir_entry *e)
{
	return e->name_len > 0 && !memchr(e->name, '/', e->name_len) &&
	       !memchr(e->name, '\0', e->name_len);
}

static const char *entry_problem(const struct ext4_node *dir, const struct ext4_dir_entry *e,
				 size_t left)
{
	uint16_t rec_len = get16(e->rec_len);

	if (rec_len < ENTRY_MIN || rec_len % 4 || rec_len > left)
		return "an impossible length";
	if (get32(e->inode) == 0)
		return NULL;
	if (offsetof(struct ext4_dir_entry, name) + e->name_len > rec_len)
		return "a name that is longer than itself";
	if (!ext4_ino_valid(ext4_of(&dir->inode), get32(e->inode)))
		return "an impossible inode number";
	return good_name(e) ? NULL : "an impossible name";
}

const struct ext4_dir_entry *ext4_dir_entry_at(struct ext4_node *dir, const struct ext4_block *b,
					       size_t offset)
{
	size_t left = dir->inode.sb->block_size - offset;
	const struct ext4_dir_entry *e = raw_entry(b, offset);
	const char *problem = left < ENTRY_MIN ? "no room" : entry_problem(dir, e, left);

	if (!problem)
		return e;
	ext4_corrupt(ext4_of(&dir->inode),
		     "directory %llu: the entry at byte %zu of a block has %s",
		     (unsigned long long)dir->inode.ino, offset, problem);
	return NULL;
}

/* --- lookup --- */

int ext4_dir_search(struct ext4_node *dir, const struct ext4_block *b, const char *name, size_t len,
		    uint32_t *ino)
{
	uint32_t block_size = dir->inode.sb->block_size;

	for (size_t at = 0; at < block_size;) {
		const struct ext4_dir_entry *e = ext4_dir_entry_at(dir, b, at);

		if (!e)
			return -EIO;
		if (get32(e->inode) && e->name_len == len && memcmp(e->name, name, len) == 0) {
			*ino = get32(e->inode);
			return 1;
		}
		at += get16(e->rec_len);
	}
	return 0;
}

static bool has_hint(struct ext4_node *dir, const struct ext4_dir_entry *e, uint32_t block)
{
	uint32_t hinted;

	return ext4_hint_get(dir, e->name, e->name_len, &hinted) && hinted == block;
}

/* For every name in the block, unless the first shows that this was done before. */
static void leave_hints(struct ext4_node *dir, const struct ext4_block *b, uint32_t block)
{
	const struct ext4_dir_entry *e;
	bool first = true;

	for (size_t at = 0; at < dir->inode.sb->block_size; at += get16(e->rec_len)) {
		e = ext4_dir_entry_at(dir, b, at);
		if (!e || (first && get32(e->inode) && has_hint(dir, e, block)))
			return;
		if (get32(e->inode))
			ext4_hint_set(dir, e->name, e->name_len, block);
		first = first && !get32(e->inode);
	}
}

static int search_block(struct ext4_node *dir, uint32_t block, const char *name, size_t len,
			uint32_t *ino)
{
	struct ext4_block b;
	int found = ext4_dir_block(dir, block, &b);

	if (found)
		return found;
	found = ext4_dir_search(dir, &b, name, len, ino);
	if (found >= 0)
		leave_hints(dir, &b, block);
	ext4_block_put(&b);
	return found;
}

static int linear_search(struct ext4_node *dir, const char *name, size_t len, uint32_t *ino)
{
	uint32_t nblocks = (uint32_t)(dir->inode.size >> ext4_of(&dir->inode)->block_bits);
	uint32_t hinted = 0;
	int found = 0;

	if (nblocks > 1 && ext4_hint_get(dir, name, len, &hinted) && hinted < nblocks)
		found = search_block(dir, hinted, name, len, ino);
	for (uint32_t block = 0; block < nblocks && !found; block++)
		found = search_block(dir, block, name, len, ino);
	return found;
}

static int search(struct ext4_node *dir, const char *name, size_t len, uint32_t *ino)
{
	int found = -EAGAIN;

	if (dir->flags & EXT4_INDEX_FL && !(len == 2 && memcmp(name, "..", 2) == 0))
		found = ext4_htree_search(dir, name, len, ino);
	return found == -EAGAIN ? linear_search(dir, name, len, ino) : found;
}

int ext4_lookup(struct inode *inode, const char *name, size_t len, struct inode **out)
{
	uint32_t ino;
	int found = search(ext4_node_of(inode), name, len, &ino);

	if (found <= 0)
		return found ? found : -ENOENT;
	return ext4_iget(ext4_of(inode), ino, out);
}

/* --- readdir: the cookie is the byte to go on at --- */

/* DT_* for each of the file types on disk. */
static unsigned char type_of(const struct ext4 *fs, const struct ext4_dir_entry *e)
{
	static const mode_t modes[] = {
		0, S_IFREG, S_IFDIR, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK, S_IFLNK,
	};

	if (!(fs->incompat & EXT4_INCOMPAT_FILETYPE) ||
	    e->file_type >= sizeof(modes) / sizeof(*modes))
		return 0;
	return (unsigned char)(modes[e->file_type] >> 12);
}

static void fill(const struct ext4 *fs, const struct ext4_dir_entry *e, struct vfs_dirent *out)
{
	out->ino = get32(e->inode);
	out->type = type_of(fs, e);
	memcpy(out->name, e->name, e->name_len);
	out->name[e->name_len] = '\0';
}

/*
 * The first entry in use at or after byte `from` of the block. *next: the byte behind it, or
 * block_size. 1, 0, -EIO.
 */
static int next_entry(struct ext4_node *dir, const struct ext4_block *b, size_t from,
		      struct vfs_dirent *out, size_t *next)
{
	uint32_t block_size = dir->inode.sb->block_size;

	/*
	 * From the block's start, because a cookie may have come through seekdir() and point
	 * anywhere.
	 */
	for (size_t at = 0; at < block_size; at = *next) {
		const struct ext4_dir_entry *e = ext4_dir_entry_at(dir, b, at);

		if (!e)
			return -EIO;
		*next = at + get16(e->rec_len);
		if (at < from || !get32(e->inode))
			continue;
		fill(ext4_of(&dir->inode), e, out);
		return 1;
	}
	return 0;
}

int ext4_readdir(struct inode *inode, off_t *cookie, struct vfs_dirent *out)
{
	struct ext4_node *dir = ext4_node_of(inode);
	uint32_t block_size = inode->sb->block_size;
	int found = 0;

	if (*cookie < 0)
		return -EINVAL;
	while (!found && *cookie < inode->size) {
		uint32_t block = (uint32_t)(*cookie / block_size);
		struct ext4_block b;
		size_t next = block_size;
		int error = ext4_dir_block(dir, block, &b);

		if (error)
			return error;
		found = next_entry(dir, &b, (size_t)(*cookie % block_size), out, &next);
		ext4_block_put(&b);
		if (found >= 0)
			*cookie = (off_t)block * block_size + (off_t)(found ? next : block_size);
	}
	return found;
}
