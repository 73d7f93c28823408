/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual file system: one tree of mounts. Paths are resolved here, inodes belong to the file
 * systems.
 *
 * Locks, in the order in which they may be taken:
 *   the table of mounts  (mount.c) no file system is called while it is held
 *   superblock.lock      the file system's names, and which of its inodes are in memory; taken by
 *                        the file system itself in the calls on directories, where it needs it, and
 *                        by the VFS around release
 *   inode.lock           one inode's size, mode, owner, times and data; taken by the VFS around
 *                        write, truncate, setattr and stat, by the file system in read where it
 *                        needs it
 * References: inode.refs counts users (open files, path walks, mounts on it), never names, so an
 * unlinked inode lives until its last user has gone. A file system cannot be unmounted while
 * anybody uses one of its inodes.
 */
#pragma once

#include "kernel/file.h"
#include "kernel/list.h"
#include "kernel/mutex.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VFS_NAME_MAX 255  /* bytes in one name */
#define VFS_PATH_MAX 4096 /* bytes in a path, its NUL included */

struct blkdev;
struct inode;
struct superblock;

/* As struct statvfs; counts in units of block_size. */
struct vfs_statfs {
	uint32_t block_size; /* bytes */
	uint64_t blocks, blocks_free, files, files_free;
	uint32_t name_max;
};

/*
 * What a file system does with an inode. NULL: the call fails as POSIX wants (-ENOTDIR, -EPERM,
 * ...). dir is always a directory of the same mount, name is never "." and, except in lookup, never
 * "..". On a read-only mount the calls that change something never come.
 */
struct inode_ops {
	/* 0 with one reference, -ENOENT. */
	int (*lookup)(struct inode *dir, const char *name, size_t len, struct inode **out);
	/* S_IFREG or S_IFDIR is in mode. */
	int (*create)(struct inode *dir, const char *name, size_t len, mode_t mode,
		      struct inode **out);
	int (*symlink)(struct inode *dir, const char *name, size_t len, const char *target);
	int (*link)(struct inode *dir, const char *name, size_t len, struct inode *target);
	int (*unlink)(struct inode *dir, const char *name, size_t len, bool directory);
	int (*rename)(struct inode *from_dir, const char *from, size_t from_len,
		      struct inode *to_dir, const char *to, size_t to_len);
	/* Not terminated, cut at size. */
	ssize_t (*readlink)(struct inode *, char *buf, size_t size);
	/* 1, 0 at the end, -errno. Starts at cookie 0. */
	int (*readdir)(struct inode *dir, off_t *cookie, struct vfs_dirent *out);
	ssize_t (*read)(struct inode *, void *buf, size_t len, off_t at);
	/* These two change inode.size; the VFS sets the times. */
	ssize_t (*write)(struct inode *, const void *buf, size_t len, off_t at);
	int (*truncate)(struct inode *, off_t len);
	/* which: VFS_ATTR_*. The VFS changes the inode when this returns 0. */
	int (*setattr)(struct inode *, const struct stat *, unsigned which);
	int (*sync)(struct inode *);
	/* Devices: makes a file with operations of its own. NULL: the VFS's regular file. */
	int (*open)(struct inode *, unsigned flags, struct file **out);
	/* refs is 0 and the superblock's lock held: free it, or keep it for the next lookup. */
	void (*release)(struct inode *);
};

enum { VFS_ATTR_MODE = 1, VFS_ATTR_OWNER = 2, VFS_ATTR_ATIME = 4, VFS_ATTR_MTIME = 8 };

/* Embedded as the first thing in each file system's own inode. */
struct inode {
	const struct inode_ops *ops;
	struct superblock *sb;
	atomic_uint refs;
	atomic_uint mounts;               /* how many mounts sit on names in this directory */
	struct mutex lock;
	mode_t mode;
	uint64_t ino;
	uint32_t nlink, uid, gid, rdev;
	off_t size;                       /* bytes */
	uint64_t blocks;                  /* of 512 bytes, as st_blocks */
	struct timespec atime, mtime, ctime;
};

/* What a file system is asked to mount, and where it says why it will not. */
struct mount_request {
	struct blkdev *dev;               /* NULL: nodev */
	const char *options;              /* comma-separated, never NULL */
	char why[160];                    /* filled by mount_refuse() */
};

struct filesystem {
	const char *name;                 /* "ext4" */
	bool nodev;                       /* needs no device: its name is its source */
	int (*mount)(struct mount_request *, struct superblock **out); /* or mount_refuse() */
};

/*
 * Registers at link time: static-archive members join only when something references them (the
 * builder's --with).
 */
#define FILESYSTEM(f)									\
	static const struct filesystem *const f##_entry					\
		__attribute__((section("filesystems"), used)) = &(f)

/*
 * Embedded as the first thing in each file system's own. The file system fills it, zeroed before,
 * except for what the VFS owns.
 */
struct superblock {
	struct mutex lock;
	atomic_uint users;                /* of its inodes; the mount's own use of root counts */
	struct inode *root;
	struct blkdev *dev;               /* NULL: none */
	uint32_t block_size;              /* bytes, for st_blksize */
	bool read_only;
	int (*statfs)(struct superblock *, struct vfs_statfs *);
	int (*sync)(struct superblock *); /* NULL: nothing to write back */
	void (*unmount)(struct superblock *); /* nobody uses it any more, root included: frees it */
	/* The VFS's own: */
	struct list node;                 /* in the table of mounts */
	const struct filesystem *type;
	uint32_t id;                      /* st_dev */
	struct inode *dir;                /* mounted on a name in this directory; NULL: at / */
	char *name;
	char *path;                       /* where it was mounted, for listings and messages */
};

/*
 * Starts with the embedded (or loader-given) cpio archive as a RAM file system at /, and /dev. Then
 * root= and every mount= of the command line. 0 or -errno.
 */
int vfs_init(const void *initrd, size_t initrd_len);

/*
 * source: "/dev/vda", or the name of a file system that needs no device. type NULL: by the magic
 * number on the device. options: "ro,...", may be NULL. The last name of target need not exist
 * where nothing can be created. A failure is one log line.
 */
int vfs_mount(const char *source, const char *target, const char *type, const char *options);
int vfs_unmount(const char *target);         /* -EBUSY: something in it is in use */
bool vfs_mounted(const struct blkdev *);     /* a file system on it is mounted */
void vfs_sync_all(void);

/*
 * Paths are absolute, or relative to the current directory (one per machine, as the app is one
 * process). All return 0 (or a count) or -errno.
 */
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

/* The same for an open file. A file that is no inode's (a socket, a pipe): -EINVAL, or NULL. */
struct inode *vfs_file_inode(struct file *); /* borrowed */
int vfs_file_setattr(struct file *, const struct stat *, unsigned which);
int vfs_file_statfs(struct file *, struct vfs_statfs *);
int vfs_fchdir(struct file *);
/* An open directory's absolute path, found as getcwd(3) does. -ENOTDIR, -ERANGE. */
int vfs_file_path(struct file *, char *buf, size_t size);

/* For file systems. */
/* One reference, one link; the rest is zero. */
void inode_init(struct inode *, struct superblock *, const struct inode_ops *, uint64_t ino,
		mode_t mode);
struct inode *inode_get(struct inode *);
void inode_put(struct inode *);
void inode_touch(struct inode *);            /* mtime and ctime are now; the inode's lock is held */
struct timespec vfs_now(void);
int inode_stat(struct inode *, struct stat *);
int inode_setattr(struct inode *, const struct stat *, unsigned which);

/* Says why not (printf-like) and returns error. */
int mount_refuse(struct mount_request *, int error, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/*
 * Which of known[] (NULL-terminated) are among the options, as a bit mask; an unknown one is
 * refused.
 */
int mount_options(struct mount_request *, const char *const *known, unsigned *set);
