/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /dev: the character devices that every program expects, with Linux's device numbers, a block
 * special file per block device, and ports, in virtio-ports also by the names that the host has
 * for them. The character devices' inodes exist from the start; others are made when they are
 * looked up, as disks and ports come and go.
 */
#include "fs/vfs.h"
#include "fs/devfs.h"
#include "kernel/blkdev.h"
#include "kernel/heap.h"
#include "kernel/random.h"
#include "kernel/tty.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

/* --- null, zero, full, random --- */

static ssize_t read_nothing(struct file *f, void *buf, size_t len)
{
	(void)f, (void)buf, (void)len;
	return 0;
}

static ssize_t read_zeros(struct file *f, void *buf, size_t len)
{
	(void)f;
	memset(buf, 0, len);
	return (ssize_t)len;
}

static ssize_t read_random(struct file *f, void *buf, size_t len)
{
	(void)f;
	random_bytes(buf, len);
	return (ssize_t)len;
}

/* /dev/random waits until the generator is seeded, as on Linux. */
static ssize_t read_seeded(struct file *f, void *buf, size_t len)
{
	int error = random_wait(!(f->flags & O_NONBLOCK));

	return error ? error : read_random(f, buf, len);
}

static ssize_t write_nowhere(struct file *f, const void *buf, size_t len)
{
	(void)f, (void)buf;
	return (ssize_t)len;
}

static ssize_t write_full(struct file *f, const void *buf, size_t len)
{
	(void)f, (void)buf;
	return len ? -ENOSPC : 0;
}

/* Stirred in, but counted as nothing: the app may be quoting what it read. */
static ssize_t write_random(struct file *f, const void *buf, size_t len)
{
	(void)f;
	random_add(buf, len, 0);
	return (ssize_t)len;
}

/* Positions mean nothing here; Linux answers 0 too. */
static off_t seek_nowhere(struct file *f, off_t off, int whence)
{
	(void)f, (void)off, (void)whence;
	return 0;
}

/* f->data is the inode, which outlives every file: devfs is part of the root and static. */
static int char_stat(struct file *f, struct stat *st)
{
	return inode_stat(f->data, st);
}

#define CHAR_OPS(how_to_read, how_to_write) \
	{ .read = how_to_read, .write = how_to_write, .seek = seek_nowhere, .stat = char_stat }

static const struct file_ops null_ops = CHAR_OPS(read_nothing, write_nowhere);
static const struct file_ops zero_ops = CHAR_OPS(read_zeros, write_nowhere);
static const struct file_ops full_ops = CHAR_OPS(read_zeros, write_full);
static const struct file_ops random_ops = CHAR_OPS(read_seeded, write_random);
static const struct file_ops urandom_ops = CHAR_OPS(read_random, write_random);

#define RDEV(major, minor) ((major) << 8 | (minor))

static const struct char_device {
	const char *name;
	const struct file_ops *ops;
	uint32_t rdev;
	mode_t mode;
} char_devices[] = {
	{ "null",    &null_ops,     RDEV(1, 3), 0666 },
	{ "zero",    &zero_ops,     RDEV(1, 5), 0666 },
	{ "full",    &full_ops,     RDEV(1, 7), 0666 },
	{ "random",  &random_ops,   RDEV(1, 8), 0666 },
	{ "urandom", &urandom_ops,  RDEV(1, 9), 0666 },
	{ "console", &tty_file_ops, RDEV(5, 1), 0600 },
};

#define NCHARS (sizeof(char_devices) / sizeof(*char_devices))

static struct superblock devfs;
static struct inode root, virtio_ports;
static struct inode chars[NCHARS];

static int char_open(struct inode *inode, unsigned flags, struct file **out)
{
	*out = file_alloc(char_devices[inode - chars].ops, flags, inode);
	return *out ? 0 : -ENOMEM;
}

static const struct inode_ops char_ops = { .open = char_open };

/* --- the directory --- */

static int lookup_char(const char *name, size_t len, struct inode **out)
{
	for (unsigned i = 0; i < NCHARS; i++)
		if (strncmp(char_devices[i].name, name, len) == 0 &&
		    char_devices[i].name[len] == '\0') {
			*out = inode_get(&chars[i]);
			return 0;
		}
	return -ENOENT;
}

static int lookup_block(struct inode *dir, const char *name, size_t len, struct inode **out)
{
	struct blkdev *dev;
	char text[sizeof(dev->name)];

	if (len >= sizeof(text))
		return -ENOENT;
	memcpy(text, name, len);
	text[len] = '\0';
	dev = blkdev_find(text);
	return dev ? devfs_block_inode(dir->sb, DEVFS_INO_BLOCK, dev, out) : -ENOENT;
}

#define VIRTIO_PORTS "virtio-ports"

static int lookup(struct inode *dir, const char *name, size_t len, struct inode **out)
{
	if (lookup_char(name, len, out) == 0)
		return 0;
	if (len == strlen(VIRTIO_PORTS) && !memcmp(name, VIRTIO_PORTS, len)) {
		*out = inode_get(&virtio_ports);
		return 0;
	}
	if (devfs_port_lookup(dir, false, name, len, out) == 0)
		return 0;
	return lookup_block(dir, name, len, out);
}

static int lookup_alias(struct inode *dir, const char *name, size_t len, struct inode **out)
{
	if (len == 2 && !memcmp(name, "..", 2)) {
		*out = inode_get(&root);
		return 0;
	}
	return devfs_port_lookup(dir, true, name, len, out);
}

/* Counts the block devices down to the wanted one. */
struct nth {
	off_t left;
	struct vfs_dirent *out;
};

static void take_nth(struct blkdev *dev, void *arg)
{
	struct nth *n = arg;

	if (n->left-- != 0)
		return;
	n->out->ino = DEVFS_INO_BLOCK;
	n->out->type = S_IFBLK >> 12;
	memcpy(n->out->name, dev->name, sizeof(dev->name));
}

static int read_block(off_t index, struct vfs_dirent *out)
{
	struct nth n = { index, out };

	blkdev_for_each(take_nth, &n);
	return n.left < 0;
}

static bool read_dots(off_t at, uint64_t ino, struct vfs_dirent *out)
{
	if (at >= 2)
		return false;
	out->ino = at ? DEVFS_INO_ROOT : ino;
	out->type = S_IFDIR >> 12;
	strcpy(out->name, at ? ".." : ".");
	return true;
}

static bool read_char(off_t at, struct vfs_dirent *out)
{
	if (at > (off_t)NCHARS)
		return false;
	out->ino = at < (off_t)NCHARS ? (uint64_t)(DEVFS_INO_CHARS + at) : DEVFS_INO_PORTS;
	out->type = (at < (off_t)NCHARS ? S_IFCHR : S_IFDIR) >> 12;
	strcpy(out->name, at < (off_t)NCHARS ? char_devices[at].name : VIRTIO_PORTS);
	return true;
}

/* Far behind the blocks, whose number may change. */
#define FIRST_PORT ((off_t)1 << 32)

/* Cookies: ".", "..", the character devices, virtio-ports, the block devices; ports. */
static int readdir(struct inode *dir, off_t *cookie, struct vfs_dirent *out)
{
	off_t at = *cookie, first_block = 3 + (off_t)NCHARS;

	(void)dir;
	if (at < 0)
		return -EINVAL;
	if (at < FIRST_PORT && !read_dots(at, DEVFS_INO_ROOT, out) && !read_char(at - 2, out) &&
	    !read_block(at - first_block, out))
		at = FIRST_PORT;
	if (at >= FIRST_PORT && !devfs_port_read(at - FIRST_PORT, false, out))
		return 0;
	*cookie = at + 1;
	return 1;
}

static int readdir_aliases(struct inode *dir, off_t *cookie, struct vfs_dirent *out)
{
	(void)dir;
	if (*cookie < 0)
		return -EINVAL;
	if (!read_dots(*cookie, DEVFS_INO_PORTS, out) && !devfs_port_read(*cookie - 2, true, out))
		return 0;
	++*cookie;
	return 1;
}

static const struct inode_ops ports_ops = { .lookup = lookup_alias, .readdir = readdir_aliases };
static const struct inode_ops root_ops = { .lookup = lookup, .readdir = readdir };

/* --- mounting --- */

static int statfs(struct superblock *sb, struct vfs_statfs *st)
{
	*st = (struct vfs_statfs){ .block_size = sb->block_size, .name_max = VFS_NAME_MAX };
	return 0;
}

/* The one instance is static: there is nothing to free. */
static void unmount(struct superblock *sb)
{
	(void)sb;
}

static void add_chars(void)
{
	for (unsigned i = 0; i < NCHARS; i++) {
		inode_init(&chars[i], &devfs, &char_ops, DEVFS_INO_CHARS + i,
			   S_IFCHR | char_devices[i].mode);
		chars[i].rdev = char_devices[i].rdev;
		atomic_store(&chars[i].refs, 0);
	}
	atomic_fetch_sub(&devfs.users, NCHARS);
}

static int devfs_mount(struct mount_request *r, struct superblock **out)
{
	if (devfs.root)
		return mount_refuse(r, -EBUSY, "devfs is mounted already");
	devfs.block_size = 4096;
	devfs.read_only = true;
	devfs.statfs = statfs;
	devfs.unmount = unmount;
	inode_init(&root, &devfs, &root_ops, DEVFS_INO_ROOT, S_IFDIR | 0755);
	root.nlink = 3;
	inode_init(&virtio_ports, &devfs, &ports_ops, DEVFS_INO_PORTS, S_IFDIR | 0755);
	virtio_ports.nlink = 2;
	atomic_fetch_sub(&devfs.users, 1);
	atomic_store(&virtio_ports.refs, 0);
	add_chars();
	devfs.root = &root;
	*out = &devfs;
	return 0;
}

static const struct filesystem devfs_filesystem = {
	.name = "devfs",
	.nodev = true,
	.mount = devfs_mount,
};
FILESYSTEM(devfs_filesystem);
