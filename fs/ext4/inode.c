/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inodes: from the table on disk (inodes.rst) to the ones in memory, which a hash table finds by
 * number. Those that nobody uses stay for a while, because the next request is often for the same
 * file.
 */
#include "fs/ext4/ext4.h"
#include "kernel/heap.h"
#include <errno.h>
#include <string.h>

#define IDLE_MAX     256u
#define TABLE_WINDOW (8 * CACHE_PAGE_SIZE) /* bytes: inodes of one directory lie together */

static const struct inode_ops dir_ops, file_ops, link_ops, special_ops;

bool ext4_ino_valid(const struct ext4 *fs, uint32_t ino)
{
	return ino == EXT4_ROOT_INO || (ino >= fs->first_ino && ino <= fs->inodes);
}

/* --- from disk --- */

static bool has_field(const struct ext4 *fs, const struct ext4_inode *i, size_t end)
{
	return fs->inode_size > EXT4_INODE_SIZE_MIN &&
	       EXT4_INODE_SIZE_MIN + get16(i->i_extra_isize) >= end;
}

/*
 * Seconds are signed 32 bits, with two more bits above and nanoseconds in the extra field ("Inode
 * Timestamps").
 */
static struct timespec decode_time(uint32_t seconds, uint32_t extra)
{
	return (struct timespec){
		.tv_sec = (time_t)(int32_t)seconds + ((time_t)(extra & 3) << 32),
		.tv_nsec = (long)(extra >> 2) % 1000000000,
	};
}

#define END_OF(field) (offsetof(struct ext4_inode, field) + sizeof(le32))
#define EXTRA(fs, i, field) (has_field(fs, i, END_OF(field)) ? get32((i)->field) : 0)

static void decode_times(const struct ext4 *fs, const struct ext4_inode *i, struct inode *inode)
{
	inode->atime = decode_time(get32(i->i_atime), EXTRA(fs, i, i_atime_extra));
	inode->mtime = decode_time(get32(i->i_mtime), EXTRA(fs, i, i_mtime_extra));
	inode->ctime = decode_time(get32(i->i_ctime), EXTRA(fs, i, i_ctime_extra));
}

static uint64_t decode_blocks(const struct ext4 *fs, const struct ext4_inode *i)
{
	uint64_t n = get_lo_hi(i->i_blocks_lo, get16(i->i_blocks_high));

	return get32(i->i_flags) & EXT4_HUGE_FILE_FL ? n << (fs->block_bits - 9) : n;
}

/* Device numbers of 8 and 8 bits lie in i_block[0], larger ones in i_block[1]. */
static uint32_t decode_rdev(const struct ext4_inode *i)
{
	return get32(i->i_block[0]) ? get32(i->i_block[0]) : get32(i->i_block[1]);
}

static const struct inode_ops *ops_for(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return &file_ops;
	case S_IFDIR: return &dir_ops;
	case S_IFLNK: return &link_ops;
	default: return &special_ops;
	}
}

static void decode(struct ext4 *fs, const struct ext4_inode *i, uint32_t ino, struct ext4_node *n)
{
	mode_t mode = get16(i->i_mode);

	inode_init(&n->inode, &fs->sb, ops_for(mode), ino, mode);
	n->inode.nlink = get16(i->i_links_count);
	n->inode.uid = get16(i->i_uid) | (uint32_t)get16(i->i_uid_high) << 16;
	n->inode.gid = get16(i->i_gid) | (uint32_t)get16(i->i_gid_high) << 16;
	n->inode.size = (off_t)get_lo_hi(i->i_size_lo, get32(i->i_size_high));
	n->inode.blocks = decode_blocks(fs, i);
	decode_times(fs, i, &n->inode);
	if (S_ISCHR(mode) || S_ISBLK(mode))
		n->inode.rdev = decode_rdev(i);
	n->flags = get32(i->i_flags);
	n->csum_seed = ext4_csum_inode_seed(fs, ino, i);
	memcpy(n->block, i->i_block, sizeof(n->block));
}

static bool is_known_type(mode_t mode)
{
	return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode) || S_ISCHR(mode) || S_ISBLK(mode) ||
	       S_ISFIFO(mode) || S_ISSOCK(mode);
}

/* A directory cannot be larger than its disk: that keeps every loop over one within bounds. */
static const char *size_problem(const struct ext4 *fs, mode_t mode, uint64_t size)
{
	if (size > INT64_MAX - 1)
		return "a negative size";
	if (S_ISDIR(mode) && (size >> fs->block_bits > fs->blocks || size % fs->sb.block_size))
		return "an impossible size for a directory";
	if (S_ISLNK(mode) && (size == 0 || size > fs->sb.block_size || size >= VFS_PATH_MAX))
		return "an impossible size for a symbolic link";
	return NULL;
}

static const char *inode_problem(const struct ext4 *fs, const struct ext4_inode *i)
{
	uint32_t flags = get32(i->i_flags);

	if (fs->inode_size > EXT4_INODE_SIZE_MIN &&
	    get16(i->i_extra_isize) > fs->inode_size - EXT4_INODE_SIZE_MIN)
		return "an impossible extra size";
	if (!is_known_type(get16(i->i_mode)))
		return "an unknown type";
	if (get16(i->i_links_count) == 0)
		return "a name but no links";
	if (flags & EXT4_INLINE_DATA_FL ||
	    (flags & EXT4_EXTENTS_FL && !(fs->incompat & EXT4_INCOMPAT_EXTENTS)))
		return "flags that the superblock has no feature for";
	return size_problem(fs, get16(i->i_mode), get_lo_hi(i->i_size_lo, get32(i->i_size_high)));
}

static int check(struct ext4 *fs, uint32_t ino, const struct ext4_inode *i)
{
	const char *problem;

	/* First the part that the checksum itself depends on. */
	problem = inode_problem(fs, i);
	if (!ext4_csum_inode_ok(fs, ext4_csum_inode_seed(fs, ino, i), i))
		problem = "a wrong checksum";
	return problem ? ext4_corrupt(fs, "inode %u: it has %s", ino, problem) : 0;
}

static int find_on_disk(struct ext4 *fs, uint32_t ino, struct ext4_block *b,
			const struct ext4_inode **i)
{
	uint32_t group = (ino - 1) / fs->inodes_per_group;
	uint64_t offset = (uint64_t)((ino - 1) % fs->inodes_per_group) * fs->inode_size;
	uint64_t table;
	int error = ext4_group_inode_table(fs, group, &table);

	if (!error)
		error = ext4_block_get(fs, table + (offset >> fs->block_bits), TABLE_WINDOW, b);
	if (!error)
		*i = (const struct ext4_inode *)(b->data + offset % fs->sb.block_size);
	return error;
}

static int read_node(struct ext4 *fs, uint32_t ino, struct ext4_node **out)
{
	const struct ext4_inode *i;
	struct ext4_block b;
	int error = find_on_disk(fs, ino, &b, &i);

	if (error)
		return error;
	error = check(fs, ino, i);
	*out = error ? NULL : kzalloc(sizeof(**out));
	if (*out)
		decode(fs, i, ino, *out);
	else if (!error)
		error = -ENOMEM;
	ext4_block_put(&b);
	return error;
}

/* --- the table of those in memory; the superblock's lock is held --- */

static struct ext4_node **bucket_of(struct ext4 *fs, uint64_t ino)
{
	return &fs->nodes[ino % EXT4_NODE_BUCKETS];
}

static struct ext4_node *find_in_memory(struct ext4 *fs, uint32_t ino)
{
	struct ext4_node *n = *bucket_of(fs, ino);

	while (n && n->inode.ino != ino)
		n = n->next;
	if (n && atomic_load(&n->inode.refs) == 0) {
		list_remove(&n->idle);
		fs->nidle--;
	}
	if (n)
		inode_get(&n->inode);
	return n;
}

static void forget(struct ext4 *fs, struct ext4_node *n)
{
	struct ext4_node **link = bucket_of(fs, n->inode.ino);

	while (*link != n)
		link = &(*link)->next;
	*link = n->next;
	list_remove(&n->idle);
	fs->nidle--;
	kfree(n);
}

static void release(struct inode *inode)
{
	struct ext4_node *n = ext4_node_of(inode);
	struct ext4 *fs = ext4_of(inode);

	list_push_back(&fs->idle, &n->idle);
	if (++fs->nidle > IDLE_MAX)
		forget(fs, container_of(fs->idle.next, struct ext4_node, idle));
}

void ext4_forget_nodes(struct ext4 *fs)
{
	while (!list_empty(&fs->idle))
		forget(fs, container_of(fs->idle.next, struct ext4_node, idle));
}

/* Adds a node just read, unless another thread was faster: then that one is it. */
static struct ext4_node *add(struct ext4 *fs, struct ext4_node *n)
{
	struct ext4_node **bucket = bucket_of(fs, n->inode.ino);
	struct ext4_node *other = find_in_memory(fs, (uint32_t)n->inode.ino);

	if (other) {
		atomic_fetch_sub(&fs->sb.users, 1);
		kfree(n);
		return other;
	}
	list_init(&n->idle);
	n->next = *bucket;
	return *bucket = n;
}

int ext4_iget(struct ext4 *fs, uint32_t ino, struct inode **out)
{
	struct ext4_node *n;
	int error;

	mutex_lock(&fs->sb.lock);
	n = find_in_memory(fs, ino);
	mutex_unlock(&fs->sb.lock);
	if (!n) {
		error = read_node(fs, ino, &n);
		if (error)
			return error;
		mutex_lock(&fs->sb.lock);
		n = add(fs, n);
		mutex_unlock(&fs->sb.lock);
	}
	*out = &n->inode;
	return 0;
}

static const struct inode_ops dir_ops = {
	.lookup = ext4_lookup,
	.readdir = ext4_readdir,
	.release = release,
};
static const struct inode_ops file_ops = { .read = ext4_read, .release = release };
static const struct inode_ops link_ops = { .readlink = ext4_readlink, .release = release };
static const struct inode_ops special_ops = { .release = release };
