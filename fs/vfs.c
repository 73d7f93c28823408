/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls by path: resolve, check what POSIX wants checked, hand over to the file system. Between
 * the walk and the file system's own lock the tree may change; the file system looks again, and
 * what it answers counts.
 */
#include "fs/path.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* --- open --- */

/* The flags that stay with the open file. */
#define OPEN_KEPT (O_ACCMODE | O_APPEND | O_NONBLOCK | O_SYNC)

static bool wants_write(unsigned flags)
{
	return (flags & O_ACCMODE) != O_RDONLY;
}

static int create_last(struct path *p, mode_t mode)
{
	if (p->slash)
		return -EISDIR;
	if (p->dir->sb->read_only)
		return -EROFS;
	if (!p->dir->ops->create)
		return -EPERM;
	return p->dir->ops->create(p->dir, p->name, p->len, S_IFREG | (mode & 07777), &p->inode);
}

static int check_directory(unsigned flags)
{
	return wants_write(flags) || (flags & O_CREAT) ? -EISDIR : 0;
}

/* May an existing inode be opened like this? */
static int check_open(const struct inode *inode, unsigned flags)
{
	if ((flags & O_CREAT) && (flags & O_EXCL))
		return -EEXIST;
	if (S_ISLNK(inode->mode))
		return -ELOOP;
	if (S_ISDIR(inode->mode))
		return check_directory(flags);
	if (flags & O_DIRECTORY)
		return -ENOTDIR;
	if (S_ISREG(inode->mode) && wants_write(flags) && inode->sb->read_only)
		return -EROFS;
	return 0;
}

static int truncate_opened(struct inode *inode, unsigned flags)
{
	int error;

	if (!(flags & O_TRUNC) || !wants_write(flags) || !S_ISREG(inode->mode))
		return 0;
	mutex_lock(&inode->lock);
	error = inode->ops->truncate ? inode->ops->truncate(inode, 0) : -EROFS;
	if (!error)
		inode_touch(inode);
	mutex_unlock(&inode->lock);
	return error;
}

static int open_path(struct path *p, unsigned flags, mode_t mode, struct file **out)
{
	int error;

	if (p->inode)
		error = check_open(p->inode, flags);
	else
		error = flags & O_CREAT ? create_last(p, mode) : -ENOENT;
	if (!error)
		error = truncate_opened(p->inode, flags);
	return error ? error : file_open_inode(p->inode, flags & OPEN_KEPT, out);
}

int vfs_open(const char *path, unsigned flags, mode_t mode, struct file **out)
{
	bool exclusive = (flags & O_CREAT) && (flags & O_EXCL);
	struct path p;
	int error;

	/*
	 * Somebody else may create the name between the walk and create(): then it is there to be
	 * opened.
	 */
	do {
		error = path_resolve(path, !(flags & O_NOFOLLOW) && !exclusive, &p);
		if (error)
			return error;
		error = open_path(&p, flags, mode, out);
		path_release(&p);
	} while (error == -EEXIST && !exclusive);
	return error;
}

/* --- new names --- */

/*
 * Walks to where a new name goes: p->dir is a directory that can be changed, and has no such name
 * yet.
 */
static int resolve_new(const char *path, struct path *p)
{
	int error = path_resolve(path, false, p);

	if (error)
		return error;
	if (p->inode)
		error = -EEXIST;
	else if (p->dir->sb->read_only)
		error = -EROFS;
	if (error)
		path_release(p);
	return error;
}

int vfs_mkdir(const char *path, mode_t mode)
{
	struct inode *made;
	struct path p;
	int error = resolve_new(path, &p);

	if (error)
		return error;
	error = -EPERM;
	if (p.dir->ops->create)
		error = p.dir->ops->create(p.dir, p.name, p.len, S_IFDIR | (mode & 07777), &made);
	if (!error)
		inode_put(made);
	path_release(&p);
	return error;
}

int vfs_symlink(const char *target, const char *path)
{
	struct path p;
	int error;

	if (!*target)
		return -ENOENT;
	if (strnlen(target, VFS_PATH_MAX) == VFS_PATH_MAX)
		return -ENAMETOOLONG;
	error = resolve_new(path, &p);
	if (error)
		return error;
	if (p.slash)
		error = -ENOENT;
	else if (!p.dir->ops->symlink)
		error = -EPERM;
	else
		error = p.dir->ops->symlink(p.dir, p.name, p.len, target);
	path_release(&p);
	return error;
}

static int link_to(struct inode *target, struct path *to)
{
	if (S_ISDIR(target->mode))
		return -EPERM;
	if (target->sb != to->dir->sb)
		return -EXDEV;
	if (to->slash)
		return -ENOENT;
	return to->dir->ops->link ? to->dir->ops->link(to->dir, to->name, to->len, target) : -EPERM;
}

int vfs_link(const char *from, const char *to)
{
	struct path old, new;
	int error = path_resolve(from, false, &old);

	if (error)
		return error;
	error = old.inode ? resolve_new(to, &new) : -ENOENT;
	if (!error) {
		error = link_to(old.inode, &new);
		path_release(&new);
	}
	path_release(&old);
	return error;
}

/* --- names that go --- */

/* Something is mounted on the name, or it is the root of all. */
static bool is_mount_point(const struct path *p)
{
	return !p->dir || p->inode == p->inode->sb->root;
}

static int remove_last(struct path *p, bool directory)
{
	if (!p->inode)
		return -ENOENT;
	if (is_mount_point(p))
		return -EBUSY;
	if (p->dir->sb->read_only)
		return -EROFS;
	if (!p->dir->ops->unlink)
		return -EPERM;
	return p->dir->ops->unlink(p->dir, p->name, p->len, directory);
}

int vfs_unlink(const char *path)
{
	struct path p;
	int error = path_resolve(path, false, &p);

	if (error)
		return error;
	error = p.special || (p.inode && p.slash) ? -EISDIR : remove_last(&p, false);
	path_release(&p);
	return error;
}

/* "x/." cannot be removed (-EINVAL), "x/.." is not empty, "/" is in use. */
static int rmdir_special(const struct path *p)
{
	if (!p->dir)
		return -EBUSY;
	return p->len == 1 ? -EINVAL : -ENOTEMPTY;
}

int vfs_rmdir(const char *path)
{
	struct path p;
	int error = path_resolve(path, false, &p);

	if (error)
		return error;
	if (p.special)
		error = rmdir_special(&p);
	else if (p.inode && !S_ISDIR(p.inode->mode))
		error = -ENOTDIR;
	else
		error = remove_last(&p, true);
	path_release(&p);
	return error;
}

static int check_rename(const struct path *from, const struct path *to)
{
	if (from->special || to->special)
		return -EBUSY;
	if (!from->inode)
		return -ENOENT;
	if (is_mount_point(from) || (to->inode && is_mount_point(to)))
		return -EBUSY;
	if (from->dir->sb != to->dir->sb)
		return -EXDEV;
	if (to->slash && !S_ISDIR(from->inode->mode))
		return -ENOTDIR;
	if (from->dir->sb->read_only)
		return -EROFS;
	return from->dir->ops->rename ? 0 : -EPERM;
}

int vfs_rename(const char *from, const char *to)
{
	struct path old, new;
	int error = path_resolve(from, false, &old);

	if (error)
		return error;
	error = path_resolve(to, false, &new);
	if (!error) {
		error = check_rename(&old, &new);
		if (!error)
			error = old.dir->ops->rename(old.dir, old.name, old.len,
						     new.dir, new.name, new.len);
		path_release(&new);
	}
	path_release(&old);
	return error;
}

/* --- what exists --- */

static int resolve_existing(const char *path, bool follow, struct path *p)
{
	int error = path_resolve(path, follow, p);

	if (error || p->inode)
		return error;
	path_release(p);
	return -ENOENT;
}

int vfs_stat(const char *path, struct stat *st, bool follow)
{
	struct path p;
	int error = resolve_existing(path, follow, &p);

	if (error)
		return error;
	error = inode_stat(p.inode, st);
	path_release(&p);
	return error;
}

ssize_t vfs_readlink(const char *path, char *buf, size_t size)
{
	struct path p;
	ssize_t n = resolve_existing(path, false, &p);

	if (n)
		return n;
	n = S_ISLNK(p.inode->mode) ? p.inode->ops->readlink(p.inode, buf, size) : -EINVAL;
	path_release(&p);
	return n;
}

int vfs_setattr(const char *path, const struct stat *st, unsigned which, bool follow)
{
	struct path p;
	int error = resolve_existing(path, follow, &p);

	if (error)
		return error;
	error = inode_setattr(p.inode, st, which);
	path_release(&p);
	return error;
}

int vfs_file_setattr(struct file *f, const struct stat *st, unsigned which)
{
	struct inode *inode = vfs_file_inode(f);

	return inode ? inode_setattr(inode, st, which) : -EINVAL;
}

int vfs_statfs(const char *path, struct vfs_statfs *st)
{
	struct path p;
	int error = resolve_existing(path, true, &p);

	if (error)
		return error;
	error = p.inode->sb->statfs(p.inode->sb, st);
	path_release(&p);
	return error;
}

int vfs_file_statfs(struct file *f, struct vfs_statfs *st)
{
	struct inode *inode = vfs_file_inode(f);

	return inode ? inode->sb->statfs(inode->sb, st) : -EINVAL;
}

int vfs_chdir(const char *path)
{
	struct path p;
	int error = resolve_existing(path, true, &p);

	if (error)
		return error;
	error = path_set_cwd(p.inode);
	path_release(&p);
	return error;
}

int vfs_fchdir(struct file *f)
{
	struct inode *inode = vfs_file_inode(f);

	return inode ? path_set_cwd(inode) : -ENOTDIR;
}
