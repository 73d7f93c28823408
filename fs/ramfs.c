/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The RAM file system: what an image carries as its file tree, writable, gone at power-off. This
 * file has its nodes, the directory operations and mounting; ramfs_names.c, ramfs_file.c and
 * ramfs_load.c the rest.
 */
#include "fs/ramfs.h"
#include "fs/ramfs_node.h"
#include "kernel/heap.h"
#include "kernel/page.h"
#include <errno.h>
#include <string.h>

static const struct inode_ops dir_ops, file_ops, link_ops;

/* --- nodes --- */

static const struct inode_ops *ops_for(mode_t mode)
{
	if (S_ISDIR(mode))
		return &dir_ops;
	return S_ISLNK(mode) ? &link_ops : &file_ops;
}

struct ramfs_node *ramfs_new(struct ramfs *fs, mode_t mode)
{
	struct ramfs_node *n = kzalloc(sizeof(*n));

	if (!n)
		return NULL;
	inode_init(&n->inode, &fs->sb, ops_for(mode), ++fs->last_ino, mode);
	n->inode.nlink = S_ISDIR(mode) ? 1 : 0;
	if (S_ISDIR(mode))
		list_init(&n->dir.names);
	return n;
}

static void free_node(struct ramfs_node *n)
{
	if (S_ISREG(n->inode.mode))
		ramfs_free_data(n);
	if (S_ISLNK(n->inode.mode) && n->link.owned)
		kfree((void *)n->link.text);
	kfree(n);
}

void ramfs_free_if_unused(struct ramfs_node *n)
{
	if (n->inode.nlink == 0 && atomic_load(&n->inode.refs) == 0)
		free_node(n);
}

static void release(struct inode *inode)
{
	ramfs_free_if_unused(ramfs_node_of(inode));
}

void ramfs_change_links(struct ramfs_node *n, int by)
{
	mutex_lock(&n->inode.lock);
	n->inode.nlink += (uint32_t)by;
	mutex_unlock(&n->inode.lock);
}

static void touch(struct ramfs_node *n)
{
	mutex_lock(&n->inode.lock);
	inode_touch(&n->inode);
	mutex_unlock(&n->inode.lock);
}

/* A node that got no name is given back; one that got a name is returned with its reference. */
static int name_new(struct ramfs_node *dir, const char *name, size_t len, struct ramfs_node *n)
{
	int error = ramfs_add(dir, name, len, n);

	if (error) {
		atomic_fetch_sub(&dir->inode.sb->users, 1);
		free_node(n);
		return error;
	}
	touch(dir);
	n->inode.atime = n->inode.mtime = n->inode.ctime = dir->inode.mtime;
	return 0;
}

/* --- directory operations --- */

/* A removed directory takes no new names. */
static int check_new_name(struct ramfs_node *dir, const char *name, size_t len)
{
	if (!dir->dir.parent)
		return -ENOENT;
	return ramfs_find(dir, name, len) ? -EEXIST : 0;
}

static struct ramfs_node *find_node(struct ramfs_node *dir, const char *name, size_t len)
{
	struct ramfs_name *n;

	if (len == 2 && name[0] == '.' && name[1] == '.')
		return dir->dir.parent;
	n = ramfs_find(dir, name, len);
	return n ? n->target : NULL;
}

static int ramfs_lookup(struct inode *dir, const char *name, size_t len, struct inode **out)
{
	struct ramfs_node *n;

	mutex_lock(&dir->sb->lock);
	n = find_node(ramfs_node_of(dir), name, len);
	if (n)
		*out = inode_get(&n->inode);
	mutex_unlock(&dir->sb->lock);
	return n ? 0 : -ENOENT;
}

static int create_locked(struct ramfs_node *dir, const char *name, size_t len, mode_t mode,
			 struct ramfs_node **out)
{
	int error = check_new_name(dir, name, len);

	if (error)
		return error;
	*out = ramfs_new(ramfs_of(dir), mode);
	return *out ? name_new(dir, name, len, *out) : -ENOSPC;
}

static int ramfs_create(struct inode *dir, const char *name, size_t len, mode_t mode,
			struct inode **out)
{
	struct ramfs_node *n;
	int error;

	mutex_lock(&dir->sb->lock);
	error = create_locked(ramfs_node_of(dir), name, len, mode, &n);
	mutex_unlock(&dir->sb->lock);
	if (!error)
		*out = &n->inode;
	return error;
}

static int ramfs_symlink(struct inode *dir, const char *name, size_t len, const char *target)
{
	size_t size = strlen(target);
	char *text = kmalloc(size);
	struct ramfs_node *n;
	int error;

	if (!text)
		return -ENOSPC;
	memcpy(text, target, size);
	mutex_lock(&dir->sb->lock);
	error = create_locked(ramfs_node_of(dir), name, len, S_IFLNK | 0777, &n);
	if (!error) {
		n->link = (struct ramfs_link){ text, true };
		n->inode.size = (off_t)size;
	}
	mutex_unlock(&dir->sb->lock);
	if (error)
		kfree(text);
	else
		inode_put(&n->inode);
	return error;
}

static int ramfs_link(struct inode *inode, const char *name, size_t len, struct inode *target)
{
	struct ramfs_node *dir = ramfs_node_of(inode);
	int error;

	mutex_lock(&inode->sb->lock);
	error = check_new_name(dir, name, len);
	if (!error && target->nlink == 0)
		error = -ENOENT;
	if (!error)
		error = ramfs_add(dir, name, len, ramfs_node_of(target));
	if (!error)
		touch(dir);
	mutex_unlock(&inode->sb->lock);
	return error;
}

static int check_unlink(const struct ramfs_name *n, bool directory)
{
	if (!n)
		return -ENOENT;
	if (!S_ISDIR(n->target->inode.mode))
		return directory ? -ENOTDIR : 0;
	if (!directory)
		return -EISDIR;
	return list_empty(&n->target->dir.names) ? 0 : -ENOTEMPTY;
}

static int ramfs_unlink(struct inode *inode, const char *name, size_t len, bool directory)
{
	struct ramfs_node *dir = ramfs_node_of(inode);
	struct ramfs_name *n;
	int error;

	mutex_lock(&inode->sb->lock);
	n = ramfs_find(dir, name, len);
	error = check_unlink(n, directory);
	if (!error) {
		ramfs_remove(n);
		touch(dir);
	}
	mutex_unlock(&inode->sb->lock);
	return error;
}

static bool is_above(const struct ramfs_node *n, const struct ramfs_node *below)
{
	while (below != n && below->dir.parent && below->dir.parent != below)
		below = below->dir.parent;
	return below == n;
}

/* May old's node take the place of new (NULL: nothing) in to_dir? */
static int check_rename(const struct ramfs_name *old, const struct ramfs_name *new,
			const struct ramfs_node *to_dir)
{
	bool directory;

	if (!old || !to_dir->dir.parent)
		return -ENOENT;
	directory = S_ISDIR(old->target->inode.mode);
	if (directory && is_above(old->target, to_dir))
		return -EINVAL;
	return new && new->target != old->target ? check_unlink(new, directory) : 0;
}

static int move(struct ramfs_name *old, struct ramfs_name *new, struct ramfs_node *to_dir,
		const char *to, size_t to_len)
{
	struct ramfs_node *target = old->target;
	struct ramfs_node *from_dir = old->dir;
	int error = 0;

	if (new)
		ramfs_retarget(new, target);
	else
		error = ramfs_add(to_dir, to, to_len, target);
	if (error)
		return error;
	ramfs_remove(old);
	touch(from_dir);
	touch(to_dir);
	return 0;
}

static int ramfs_rename(struct inode *from_dir, const char *from, size_t from_len,
			struct inode *to_dir, const char *to, size_t to_len)
{
	struct ramfs_name *old, *new;
	int error;

	mutex_lock(&from_dir->sb->lock);
	old = ramfs_find(ramfs_node_of(from_dir), from, from_len);
	new = ramfs_find(ramfs_node_of(to_dir), to, to_len);
	error = check_rename(old, new, ramfs_node_of(to_dir));
	if (!error && !(new && new->target == old->target))
		error = move(old, new, ramfs_node_of(to_dir), to, to_len);
	mutex_unlock(&from_dir->sb->lock);
	return error;
}

static ssize_t ramfs_readlink(struct inode *inode, char *buf, size_t size)
{
	size_t len = (size_t)inode->size;

	if (len > size)
		len = size;
	memcpy(buf, ramfs_node_of(inode)->link.text, len);
	return (ssize_t)len;
}

/* Nothing to store: the attributes are the inode's own. */
static int ramfs_setattr(struct inode *inode, const struct stat *st, unsigned which)
{
	(void)inode, (void)st, (void)which;
	return 0;
}

static const struct inode_ops dir_ops = {
	.lookup = ramfs_lookup,
	.create = ramfs_create,
	.symlink = ramfs_symlink,
	.link = ramfs_link,
	.unlink = ramfs_unlink,
	.rename = ramfs_rename,
	.readdir = ramfs_readdir,
	.setattr = ramfs_setattr,
	.release = release,
};

static const struct inode_ops file_ops = {
	.read = ramfs_read,
	.write = ramfs_write,
	.truncate = ramfs_truncate,
	.setattr = ramfs_setattr,
	.release = release,
};

static const struct inode_ops link_ops = {
	.readlink = ramfs_readlink,
	.setattr = ramfs_setattr,
	.release = release,
};

/* --- mounting --- */

static const void *archive;
static size_t archive_len;
static bool archive_waits; /* for the next mount */

void ramfs_set_archive(const void *start, size_t len)
{
	archive = start;
	archive_len = len;
	archive_waits = true;
}

static int ramfs_statfs(struct superblock *sb, struct vfs_statfs *st)
{
	struct ramfs *fs = container_of(sb, struct ramfs, sb);
	size_t used = atomic_load(&fs->pages);
	size_t free = used < fs->pages_max ? fs->pages_max - used : 0;

	*st = (struct vfs_statfs){
		.block_size = PAGE_SIZE, .blocks = fs->pages_max, .blocks_free = free,
		.files = fs->nnames + 1 + free, .files_free = free, .name_max = VFS_NAME_MAX,
	};
	return 0;
}

/*
 * Bottom up without recursion: the list of a directory's names is emptied before the name of the
 * directory itself is removed.
 */
static void remove_all(struct ramfs_node *root)
{
	struct ramfs_node *dir = root;

	for (;;) {
		struct ramfs_name *first;

		if (list_empty(&dir->dir.names)) {
			if (dir == root)
				return;
			dir = dir->dir.parent;
			ramfs_remove(container_of(dir->dir.names.next, struct ramfs_name, node));
			continue;
		}
		first = container_of(dir->dir.names.next, struct ramfs_name, node);
		if (S_ISDIR(first->target->inode.mode))
			dir = first->target;
		else
			ramfs_remove(first);
	}
}

static void ramfs_unmount(struct superblock *sb)
{
	struct ramfs *fs = container_of(sb, struct ramfs, sb);

	remove_all(ramfs_node_of(sb->root));
	free_node(ramfs_node_of(sb->root));
	kfree(fs->buckets);
	kfree(fs);
}

static struct ramfs *new_ramfs(void)
{
	struct ramfs *fs = kzalloc(sizeof(*fs));
	struct ramfs_node *root;

	if (!fs)
		return NULL;
	fs->sb.block_size = PAGE_SIZE;
	fs->sb.statfs = ramfs_statfs;
	fs->sb.unmount = ramfs_unmount;
	fs->pages_max = page_count_total() / 2;
	fs->last_seq = 1;
	root = ramfs_new(fs, S_IFDIR | 0755);
	if (!root)
		return kfree(fs), NULL;
	root->inode.nlink = 2;
	root->dir.parent = root;
	fs->sb.root = &root->inode;
	return fs;
}

/* The archive fills the first one to be mounted; any other starts empty. */
static int ramfs_mount(struct mount_request *r, struct superblock **out)
{
	static const char *const options[] = { "ro", NULL };
	struct ramfs *fs;
	unsigned set;
	int error = mount_options(r, options, &set);

	if (error)
		return error;
	fs = new_ramfs();
	if (!fs)
		return -ENOMEM;
	error = archive_waits ? ramfs_load(fs, archive, archive_len) : 0;
	archive_waits = false;
	if (error) {
		inode_put(fs->sb.root);
		ramfs_unmount(&fs->sb);
		return error;
	}
	fs->sb.read_only = set & 1;
	*out = &fs->sb;
	return 0;
}

static const struct filesystem ramfs_filesystem = {
	.name = "ramfs",
	.nodev = true,
	.mount = ramfs_mount,
};
FILESYSTEM(ramfs_filesystem);
