/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of mounts. A mount sits on a name in a directory, held by a reference; the newest on a
 * name wins. mounts_lock guards the list and is never held across a call into a file system, except
 * for the reference that mount_at() takes.
 */
#include "fs/mount.h"
#include "fs/path.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include <errno.h>
#include <string.h>

static struct list mounts = LIST_INIT(mounts); /* newest first */
static struct mutex mounts_lock = MUTEX_INIT;
static uint32_t next_id;

/* --- looking up --- */

struct inode *mount_at(struct inode *dir, const char *name, size_t len)
{
	struct inode *found = NULL;

	mutex_lock(&mounts_lock);
	list_for_each(node, &mounts) {
		struct superblock *sb = container_of(node, struct superblock, node);

		if (sb->dir == dir && strncmp(sb->name, name, len) == 0 && sb->name[len] == '\0') {
			found = inode_get(sb->root);
			break;
		}
	}
	mutex_unlock(&mounts_lock);
	return found;
}

bool vfs_mounted(const struct blkdev *dev)
{
	bool found = false;

	mutex_lock(&mounts_lock);
	list_for_each(node, &mounts)
		found |= container_of(node, struct superblock, node)->dev == dev;
	mutex_unlock(&mounts_lock);
	return found;
}

/* --- mounting --- */

static void make_directories(const char *target)
{
	char *path = kmalloc(strlen(target) + 1);

	if (!path)
		return;
	strcpy(path, target);
	/*
	 * Failures show when the target is resolved: an existing directory is none, nor is a
	 * read-only one above it.
	 */
	for (char *slash = path; (slash = strchr(slash + 1, '/')); *slash = '/') {
		*slash = '\0';
		vfs_mkdir(path, 0755);
	}
	vfs_mkdir(path, 0755);
	kfree(path);
}

static char *copy_text(const char *text, size_t len)
{
	char *copy = kmalloc(len + 1);

	if (!copy)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

static void add_mount(struct superblock *sb)
{
	mutex_lock(&mounts_lock);
	sb->id = ++next_id;
	list_push_front(&mounts, &sb->node);
	if (sb->dir)
		atomic_fetch_add(&sb->dir->mounts, 1);
	mutex_unlock(&mounts_lock);
}

/* Gives back what nobody uses: a mount that failed half-way or was taken out of the table. */
static void discard(struct superblock *sb)
{
	if (sb->dir)
		inode_put(sb->dir);
	kfree(sb->name);
	kfree(sb->path);
	inode_put(sb->root);
	sb->unmount(sb);
}

/* Puts sb on the name that p leads to, or makes it the root when p is NULL. */
static int attach(struct superblock *sb, const char *target, const struct path *p)
{
	sb->path = copy_text(target, strlen(target));
	if (p) {
		sb->dir = inode_get(p->dir);
		sb->name = copy_text(p->name, p->len);
	}
	if (!sb->path || (p && !sb->name)) {
		discard(sb);
		return -ENOMEM;
	}
	if (!p)
		path_set_root(inode_get(sb->root));
	add_mount(sb);
	return 0;
}

static int open_target(struct mount_request *r, const char *target, struct path *p)
{
	int error;

	make_directories(target);
	error = path_resolve(target, true, p);
	if (error)
		return mount_refuse(r, error,
				    "the directory to mount on can neither be found nor made");
	if (!p->special && !(p->inode && !S_ISDIR(p->inode->mode)))
		return 0;
	path_release(p);
	return mount_refuse(r, -ENOTDIR, "'%s' is nothing to mount on; name a directory below /",
			    target);
}

static int mount_on(struct mount_request *r, const struct filesystem *fs, const char *target)
{
	struct superblock *sb;
	struct path p;
	int error = open_target(r, target, &p);

	if (error)
		return error;
	error = fs->mount(r, &sb);
	if (!error) {
		sb->type = fs;
		error = attach(sb, target, &p);
	}
	path_release(&p);
	return error;
}

/* The first mount of all. The rest of the tree hangs from it, so it is never taken away. */
static int mount_root(struct mount_request *r, const struct filesystem *fs)
{
	struct superblock *sb;
	int error = fs->mount(r, &sb);

	if (error)
		return error;
	sb->type = fs;
	return attach(sb, "/", NULL);
}

int mount_source(struct mount_request *r, const char *source, const char *target, const char *type)
{
	const struct filesystem *fs;
	int error = mount_find_source(r, source, type, &fs);

	if (error)
		return error;
	return target ? mount_on(r, fs, target) : mount_root(r, fs);
}

int vfs_mount(const char *source, const char *target, const char *type, const char *options)
{
	struct mount_request r = { .options = options ? options : "" };
	int error = mount_source(&r, source, target, type);

	if (error)
		log_err("mount %s on %s: %s", source, target, mount_why(&r, error));
	return error;
}

/* --- unmounting --- */

/*
 * Takes sb out of the table unless somebody besides the mount itself and the caller uses it; from
 * then on no walk enters it.
 */
static int take_out(struct superblock *sb)
{
	int error = 0;

	mutex_lock(&mounts_lock);
	if (!sb->dir || atomic_load(&sb->users) != 2) {
		error = -EBUSY;
	} else {
		list_remove(&sb->node);
		atomic_fetch_sub(&sb->dir->mounts, 1);
	}
	mutex_unlock(&mounts_lock);
	return error;
}

int vfs_unmount(const char *target)
{
	struct superblock *sb;
	struct path p;
	int error = path_resolve(target, true, &p);

	if (error)
		return error;
	if (!p.inode || p.inode != p.inode->sb->root) {
		path_release(&p);
		return -EINVAL;
	}
	sb = p.inode->sb;
	error = take_out(sb);
	path_release(&p);
	if (error)
		return error;
	if (sb->sync)
		error = sb->sync(sb);
	discard(sb);
	return error;
}

/* A mount that cannot go away while it is held: its root has one more user. */
static struct superblock *hold_after(const struct superblock *previous)
{
	struct list *node;
	struct superblock *sb = NULL;

	mutex_lock(&mounts_lock);
	node = previous ? previous->node.next : mounts.next;
	if (node != &mounts) {
		sb = container_of(node, struct superblock, node);
		inode_get(sb->root);
	}
	mutex_unlock(&mounts_lock);
	return sb;
}

void vfs_sync_all(void)
{
	struct superblock *sb = hold_after(NULL);

	while (sb) {
		struct superblock *next;

		if (sb->sync)
			sb->sync(sb);
		next = hold_after(sb);
		inode_put(sb->root);
		sb = next;
	}
}

const struct list *mount_list(void)
{
	return &mounts;
}
