/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open files over inodes: regular files and directories. f->lock makes reads and writes at the
 * shared offset atomic to each other; the inode's lock is taken inside it, around what changes the
 * inode.
 */
#include "fs/path.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* The largest offset is one below off_t's, so that offset + length never overflows. */
#define OFFSET_MAX ((off_t)(INT64_MAX - 1))

static bool may_read(struct file *f)
{
	return (atomic_load(&f->flags) & O_ACCMODE) != O_WRONLY;
}

static bool may_write(struct file *f)
{
	return (atomic_load(&f->flags) & O_ACCMODE) != O_RDONLY;
}

static size_t clamp(size_t len, off_t at)
{
	uint64_t room = (uint64_t)(OFFSET_MAX - at);

	if (len > SSIZE_MAX)
		len = SSIZE_MAX;
	return len > room ? (size_t)room : len;
}

static ssize_t file_pread(struct file *f, void *buf, size_t len, off_t at)
{
	struct inode *inode = f->data;

	if (!may_read(f))
		return -EBADF;
	if (at < 0)
		return -EINVAL;
	if (!inode->ops->read)
		return -EIO;
	return inode->ops->read(inode, buf, clamp(len, at), at);
}

static ssize_t file_read(struct file *f, void *buf, size_t len)
{
	ssize_t n;

	mutex_lock(&f->lock);
	n = file_pread(f, buf, len, f->offset);
	if (n > 0)
		f->offset += n;
	mutex_unlock(&f->lock);
	return n;
}

static ssize_t write_locked(struct inode *inode, const void *buf, size_t len, off_t at)
{
	ssize_t n;

	if (len == 0)
		return 0;
	if (at >= OFFSET_MAX)
		return -EFBIG;
	n = inode->ops->write(inode, buf, clamp(len, at), at);
	if (n > 0)
		inode_touch(inode);
	return n;
}

/* Writes at *at, or at the end of the file, and moves *at past it. */
static ssize_t write_at(struct file *f, const void *buf, size_t len, off_t *at, bool append)
{
	struct inode *inode = f->data;
	ssize_t n;

	if (!may_write(f))
		return -EBADF;
	if (!inode->ops->write)
		return -EROFS;
	mutex_lock(&inode->lock);
	if (append)
		*at = inode->size;
	n = write_locked(inode, buf, len, *at);
	mutex_unlock(&inode->lock);
	if (n > 0)
		*at += n;
	return n;
}

static ssize_t file_write(struct file *f, const void *buf, size_t len)
{
	ssize_t n;

	mutex_lock(&f->lock);
	n = write_at(f, buf, len, &f->offset, atomic_load(&f->flags) & O_APPEND);
	mutex_unlock(&f->lock);
	return n;
}

static ssize_t file_pwrite(struct file *f, const void *buf, size_t len, off_t at)
{
	return at < 0 ? -EINVAL : write_at(f, buf, len, &at, false);
}

static off_t base_of(struct file *f, int whence)
{
	struct inode *inode = f->data;
	off_t size;

	switch (whence) {
	case SEEK_SET:
		return 0;
	case SEEK_CUR:
		return f->offset;
	case SEEK_END:
		mutex_lock(&inode->lock);
		size = inode->size;
		mutex_unlock(&inode->lock);
		return size;
	default:
		return -EINVAL;
	}
}

static off_t file_seek(struct file *f, off_t off, int whence)
{
	off_t at;

	mutex_lock(&f->lock);
	at = base_of(f, whence);
	if (at >= 0 && off > OFFSET_MAX - at)
		at = -EOVERFLOW;
	else if (at >= 0)
		at = at + off < 0 ? -EINVAL : (f->offset = at + off);
	mutex_unlock(&f->lock);
	return at;
}

static int file_stat(struct file *f, struct stat *st)
{
	return inode_stat(f->data, st);
}

static int file_truncate(struct file *f, off_t len)
{
	struct inode *inode = f->data;
	int error;

	if (!may_write(f) || len < 0)
		return -EINVAL;
	if (!inode->ops->truncate)
		return -EROFS;
	mutex_lock(&inode->lock);
	error = inode->ops->truncate(inode, len);
	if (!error)
		inode_touch(inode);
	mutex_unlock(&inode->lock);
	return error;
}

static int file_sync(struct file *f)
{
	struct inode *inode = f->data;

	return inode->ops->sync ? inode->ops->sync(inode) : 0;
}

static void file_close(struct file *f)
{
	inode_put(f->data);
}

static const struct file_ops regular_ops = {
	.read = file_read,
	.write = file_write,
	.pread = file_pread,
	.pwrite = file_pwrite,
	.seek = file_seek,
	.stat = file_stat,
	.truncate = file_truncate,
	.sync = file_sync,
	.close = file_close,
};

static ssize_t dir_read(struct file *f, void *buf, size_t len)
{
	(void)f, (void)buf, (void)len;
	return -EISDIR;
}

static ssize_t dir_write(struct file *f, const void *buf, size_t len)
{
	(void)f, (void)buf, (void)len;
	return -EBADF;
}

static int dir_readdir(struct file *f, struct vfs_dirent *out)
{
	struct inode *inode = f->data;
	int n;

	if (!inode->ops->readdir)
		return -ENOTDIR;
	mutex_lock(&f->lock);
	n = inode->ops->readdir(inode, &f->offset, out);
	mutex_unlock(&f->lock);
	return n;
}

static const struct file_ops dir_ops = {
	.read = dir_read,
	.write = dir_write,
	.seek = file_seek,
	.stat = file_stat,
	.readdir = dir_readdir,
	.sync = file_sync,
	.close = file_close,
};

int file_open_inode(struct inode *inode, unsigned flags, struct file **out)
{
	if (inode->ops->open)
		return inode->ops->open(inode, flags, out);
	if (!S_ISREG(inode->mode) && !S_ISDIR(inode->mode))
		return -ENXIO;
	*out = file_alloc(S_ISDIR(inode->mode) ? &dir_ops : &regular_ops, flags, inode);
	if (!*out)
		return -ENOMEM;
	inode_get(inode);
	return 0;
}

struct inode *vfs_file_inode(struct file *f)
{
	return f->ops == &regular_ops || f->ops == &dir_ops ? f->data : NULL;
}
