/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A block special file: the raw device at any offset and length. Whole blocks go straight between
 * the caller's memory and the device; the ends of an unaligned range go through a bounce buffer, on
 * writes read first. A disk with a mounted file system cannot be opened for writing: what the file
 * system has verified must not change under it.
 */
#include "fs/devfs.h"
#include "kernel/blkdev.h"
#include "kernel/heap.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Linux's numbers, with 16 minors for each disk */
#define SCSI_DISK_MAJOR   8u
#define VIRTIO_DISK_MAJOR 254u

struct block_inode {
	struct inode inode;
	struct blkdev *dev;
};

static struct blkdev *device_of(struct file *f)
{
	return container_of((struct inode *)f->data, struct block_inode, inode)->dev;
}

static uint64_t bytes_of(const struct blkdev *dev)
{
	return dev->sectors * BLK_SECTOR_SIZE;
}

/* A part of one block, through the bounce buffer. */
static int transfer_part(struct blkdev *dev, void *buf, size_t len, uint64_t at, bool write)
{
	uint32_t skip = (uint32_t)(at % dev->block_size);
	uint64_t sector = (at - skip) / BLK_SECTOR_SIZE;
	uint8_t *bounce = kmalloc(dev->block_size);
	int error = bounce ? blk_read(dev, sector, bounce, dev->block_size) : -ENOMEM;

	if (!error && !write)
		memcpy(buf, bounce + skip, len);
	if (!error && write) {
		memcpy(bounce + skip, buf, len);
		error = blk_write(dev, sector, bounce, dev->block_size);
	}
	kfree(bounce);
	return error;
}

/*
 * Moves the longest piece of the range that is one kind: part of a block, or all whole blocks.
 * Returns its length or -errno.
 */
static ssize_t transfer_piece(struct blkdev *dev, void *buf, size_t len, uint64_t at, bool write)
{
	uint32_t skip = (uint32_t)(at % dev->block_size);
	size_t whole = len - len % dev->block_size;
	int error;

	if (skip || !whole) {
		size_t part = dev->block_size - skip < len ? dev->block_size - skip : len;

		error = transfer_part(dev, buf, part, at, write);
		return error ? error : (ssize_t)part;
	}
	error = write ? blk_write(dev, at / BLK_SECTOR_SIZE, buf, whole)
		      : blk_read(dev, at / BLK_SECTOR_SIZE, buf, whole);
	return error ? error : (ssize_t)whole;
}

static ssize_t transfer(struct blkdev *dev, void *buf, size_t len, uint64_t at, bool write)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = transfer_piece(dev, (uint8_t *)buf + done, len - done, at + done,
					   write);

		if (n < 0)
			return done ? (ssize_t)done : n;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static size_t clip(const struct blkdev *dev, size_t len, off_t at)
{
	uint64_t left = (uint64_t)at < bytes_of(dev) ? bytes_of(dev) - (uint64_t)at : 0;

	return len < left ? len : (size_t)left;
}

static ssize_t block_pread(struct file *f, void *buf, size_t len, off_t at)
{
	struct blkdev *dev = device_of(f);

	if ((atomic_load(&f->flags) & O_ACCMODE) == O_WRONLY)
		return -EBADF;
	return at < 0 ? -EINVAL : transfer(dev, buf, clip(dev, len, at), (uint64_t)at, false);
}

static ssize_t block_pwrite(struct file *f, const void *buf, size_t len, off_t at)
{
	struct blkdev *dev = device_of(f);
	size_t fits;

	if ((atomic_load(&f->flags) & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	if (at < 0)
		return -EINVAL;
	fits = clip(dev, len, at);
	return len && !fits ? -ENOSPC : transfer(dev, (void *)buf, fits, (uint64_t)at, true);
}

static ssize_t block_read(struct file *f, void *buf, size_t len)
{
	ssize_t n;

	mutex_lock(&f->lock);
	n = block_pread(f, buf, len, f->offset);
	f->offset += n > 0 ? n : 0;
	mutex_unlock(&f->lock);
	return n;
}

static ssize_t block_write(struct file *f, const void *buf, size_t len)
{
	ssize_t n;

	mutex_lock(&f->lock);
	n = block_pwrite(f, buf, len, f->offset);
	f->offset += n > 0 ? n : 0;
	mutex_unlock(&f->lock);
	return n;
}

static off_t block_seek(struct file *f, off_t off, int whence)
{
	off_t base = whence == SEEK_END ? (off_t)bytes_of(device_of(f)) : 0;
	off_t at;

	if (whence != SEEK_SET && whence != SEEK_CUR && whence != SEEK_END)
		return -EINVAL;
	mutex_lock(&f->lock);
	if (whence == SEEK_CUR)
		base = f->offset;
	if (__builtin_add_overflow(base, off, &at) || at < 0)
		at = -EINVAL;
	else
		f->offset = at;
	mutex_unlock(&f->lock);
	return at;
}

static int block_stat(struct file *f, struct stat *st)
{
	return inode_stat(f->data, st);
}

static int block_sync(struct file *f)
{
	struct blkdev *dev = device_of(f);
	struct blk_req flush = { .op = BLK_FLUSH };
	int error;

	if (!dev->can_flush)
		return 0;
	error = blk_submit(dev, &flush);
	return error ? error : blk_wait(&flush);
}

static void block_close(struct file *f)
{
	inode_put(f->data);
}

static const struct file_ops block_file_ops = {
	.read = block_read,
	.write = block_write,
	.pread = block_pread,
	.pwrite = block_pwrite,
	.seek = block_seek,
	.stat = block_stat,
	.sync = block_sync,
	.close = block_close,
};

static int block_open(struct inode *inode, unsigned flags, struct file **out)
{
	struct blkdev *dev = container_of(inode, struct block_inode, inode)->dev;

	if ((flags & O_ACCMODE) != O_RDONLY && dev->read_only)
		return -EROFS;
	if ((flags & O_ACCMODE) != O_RDONLY && vfs_mounted(dev))
		return -EBUSY;
	*out = file_alloc(&block_file_ops, flags, inode);
	if (!*out)
		return -ENOMEM;
	inode_get(inode);
	return 0;
}

/* Nothing finds it by name again: every lookup makes its own. */
static void block_release(struct inode *inode)
{
	kfree(container_of(inode, struct block_inode, inode));
}

static const struct inode_ops block_inode_ops = { .open = block_open, .release = block_release };

int devfs_block_inode(struct superblock *sb, uint64_t ino, struct blkdev *dev, struct inode **out)
{
	struct block_inode *b = kmalloc(sizeof(*b));

	if (!b)
		return -ENOMEM;
	inode_init(&b->inode, sb, &block_inode_ops, ino, S_IFBLK | (dev->read_only ? 0440 : 0660));
	b->inode.size = (off_t)bytes_of(dev);
	b->inode.blocks = dev->sectors;
	b->inode.rdev = (dev->name[0] == 's' ? SCSI_DISK_MAJOR : VIRTIO_DISK_MAJOR) << 8 |
			(uint32_t)(dev->name[2] - 'a') << 4;
	b->dev = dev;
	*out = &b->inode;
	return 0;
}
