/* SPDX-License-Identifier: BSD-2-Clause */
/* What all inodes have in common: references, attributes, times. The locking rule is in vfs.h. */
#include "fs/vfs.h"
#include "kernel/clock.h"
#include <errno.h>
#include <string.h>

void inode_init(struct inode *inode, struct superblock *sb, const struct inode_ops *ops,
		uint64_t ino, mode_t mode)
{
	memset(inode, 0, sizeof(*inode));
	inode->ops = ops;
	inode->sb = sb;
	inode->ino = ino;
	inode->mode = mode;
	inode->nlink = 1;
	atomic_store(&inode->refs, 1);
	atomic_fetch_add(&sb->users, 1);
}

struct inode *inode_get(struct inode *inode)
{
	atomic_fetch_add(&inode->refs, 1);
	atomic_fetch_add(&inode->sb->users, 1);
	return inode;
}

static bool put_unless_last(struct inode *inode)
{
	unsigned refs = atomic_load(&inode->refs);

	while (refs > 1)
		if (atomic_compare_exchange_weak(&inode->refs, &refs, refs - 1))
			return true;
	return false;
}

/*
 * The step to 0 is taken under the superblock's lock, so that no lookup finds an inode which is
 * being freed.
 */
void inode_put(struct inode *inode)
{
	struct superblock *sb = inode->sb;

	if (!put_unless_last(inode)) {
		mutex_lock(&sb->lock);
		if (atomic_fetch_sub(&inode->refs, 1) == 1 && inode->ops->release)
			inode->ops->release(inode);
		mutex_unlock(&sb->lock);
	}
	/* Last, because an unmount may free the superblock as soon as nobody uses it. */
	atomic_fetch_sub(&sb->users, 1);
}

struct timespec vfs_now(void)
{
	uint64_t ns = clock_wall_ns();

	return (struct timespec){ (time_t)(ns / 1000000000), (long)(ns % 1000000000) };
}

void inode_touch(struct inode *inode)
{
	inode->mtime = inode->ctime = vfs_now();
}

int inode_stat(struct inode *inode, struct stat *st)
{
	memset(st, 0, sizeof(*st));
	mutex_lock(&inode->lock);
	st->st_dev = inode->sb->id;
	st->st_ino = inode->ino;
	st->st_mode = inode->mode;
	st->st_nlink = (nlink_t)inode->nlink;
	st->st_uid = inode->uid;
	st->st_gid = inode->gid;
	st->st_rdev = inode->rdev;
	st->st_size = inode->size;
	st->st_blksize = (blksize_t)inode->sb->block_size;
	st->st_blocks = (blkcnt_t)inode->blocks;
	st->st_atim = inode->atime;
	st->st_mtim = inode->mtime;
	st->st_ctim = inode->ctime;
	mutex_unlock(&inode->lock);
	return 0;
}

static void apply(struct inode *inode, const struct stat *st, unsigned which)
{
	if (which & VFS_ATTR_MODE)
		inode->mode = (inode->mode & S_IFMT) | (st->st_mode & 07777);
	if (which & VFS_ATTR_OWNER) {
		inode->uid = st->st_uid;
		inode->gid = st->st_gid;
	}
	if (which & VFS_ATTR_ATIME)
		inode->atime = st->st_atim;
	if (which & VFS_ATTR_MTIME)
		inode->mtime = st->st_mtim;
	inode->ctime = vfs_now();
}

int inode_setattr(struct inode *inode, const struct stat *st, unsigned which)
{
	int error;

	if (inode->sb->read_only)
		return -EROFS;
	if (!inode->ops->setattr)
		return -EPERM;
	mutex_lock(&inode->lock);
	error = inode->ops->setattr(inode, st, which);
	if (!error)
		apply(inode, st, which);
	mutex_unlock(&inode->lock);
	return error;
}
