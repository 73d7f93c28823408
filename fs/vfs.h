/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual file system: one tree of mounts. Paths are resolved here, inodes belong to the file systems. Each file system locks itself;
 * the VFS holds references, so an inode outlives its name.
 */
#pragma once

#include "kernel/file.h"
#include "kernel/list.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct blkdev;
struct inode;
struct superblock;

/* As struct statvfs; counts in units of block_size. */
struct vfs_statfs {
	uint32_t block_size; /* bytes */
	uint64_t blocks, blocks_free, files, files_free;
	uint32_t name_max;
};

/* What a file system does with an inode. NULL: -ENOTDIR, -EISDIR, -EROFS or -EPERM as POSIX wants for that call. dir is always a directory of the same mount. */
struct inode_ops {
	int (*lookup)(struct inode *dir, const char *name, size_t len, struct inode **out);   /* 0 with one reference, -ENOENT */
	int (*create)(struct inode *dir, const char *name, size_t len, mode_t mode, struct inode **out); /* S_IFREG or S_IFDIR in mode */
	int (*symlink)(struct inode *dir, const char *name, size_t len, const char *target);
	int (*link)(struct inode *dir, const char *name, size_t len, struct inode *target);
	int (*unlink)(struct inode *dir, const char *name, size_t len, bool directory);       /* directory: rmdir */
	int (*rename)(struct inode *from_dir, const char *from, size_t from_len, struct inode *to_dir, const char *to, size_t to_len);
	ssize_t (*readlink)(struct inode *, char *buf, size_t size);
	int (*readdir)(struct inode *dir, off_t *cookie, struct vfs_dirent *out);             /* 1, 0 at the end, -errno */
	ssize_t (*read)(struct inode *, void *buf, size_t len, off_t at);
	ssize_t (*write)(struct inode *, const void *buf, size_t len, off_t at);
	int (*truncate)(struct inode *, off_t len);
	int (*setattr)(struct inode *, const struct stat *, unsigned which);                  /* VFS_ATTR_* */
	int (*sync)(struct inode *);
	int (*open)(struct inode *, unsigned flags, struct file **out); /* devices: a file with ops of their own; NULL: the VFS's regular file */
	void (*release)(struct inode *);                                /* the last reference is gone: free it */
};

enum { VFS_ATTR_MODE = 1, VFS_ATTR_OWNER = 2, VFS_ATTR_ATIME = 4, VFS_ATTR_MTIME = 8 };

/* Embedded as the first thing in each file system's own inode. */
struct inode {
	const struct inode_ops *ops;
	struct superblock *sb;
	atomic_uint refs;
	ino_t ino;
	mode_t mode;
	nlink_t nlink;
	uid_t uid;
	gid_t gid;
	off_t size;                       /* bytes */
	struct timespec atime, mtime, ctime;
	dev_t rdev;
	struct superblock *mounted_here;  /* a mount covers this directory, or NULL */
};

struct filesystem {
	const char *name;                 /* "ext4" */
	/* Reads the device (NULL for a nodev file system) and makes *sb with its root; 0 or -errno with one log line that says what is wrong. */
	int (*mount)(struct blkdev *, const char *options, struct superblock **sb);
};

/* Registers at link time: static-archive members join only when something references them (the builder's --with). */
#define FILESYSTEM(f) \
	static const struct filesystem *const f##_entry __attribute__((section("filesystems"), used)) = &(f)

struct superblock {
	struct list node;                 /* in the list of mounts */
	const struct filesystem *type;
	struct inode *root;
	struct inode *covers;             /* the directory mounted on, NULL for the root mount */
	struct blkdev *dev;               /* NULL: none */
	bool read_only;
	char path[64];                    /* where it was mounted, for /proc-like listings and messages */
	int (*statfs)(struct superblock *, struct vfs_statfs *);
	void (*unmount)(struct superblock *);
	void *data;
};

/* Starts with the embedded (or loader-given) cpio archive as a RAM file system at /, and /dev. Then root= and every mount= of the command line. 0 or -errno. */
int vfs_init(const void *initrd, size_t initrd_len);

/* source: "/dev/vda" or NULL; type NULL: try every file system linked in. options: "ro", comma-separated. */
int vfs_mount(const char *source, const char *target, const char *type, const char *options);
int vfs_unmount(const char *target);
void vfs_sync_all(void);

/* Paths are absolute, or relative to the current directory (one per machine, as the app is one process). All return 0 (or a count) or -errno. */
int vfs_open(const char *path, unsigned flags, mode_t mode, struct file **out);
int vfs_stat(const char *path, struct stat *, bool follow);
int vfs_mkdir(const char *path, mode_t mode);
int vfs_unlink(const char *path);
int vfs_rmdir(const char *path);
int vfs_rename(const char *from, const char *to);
int vfs_link(const char *from, const char *to);
int vfs_symlink(const char *target, const char *path);
ssize_t vfs_readlink(const char *path, char *buf, size_t size);
int vfs_setattr(const char *path, const struct stat *, unsigned which, bool follow);
int vfs_statfs(const char *path, struct vfs_statfs *);
int vfs_chdir(const char *path);
int vfs_getcwd(char *buf, size_t size);      /* -ERANGE */

struct inode *inode_get(struct inode *);
void inode_put(struct inode *);
