/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An open file, whatever it is: regular file, directory, device, pipe or socket. Descriptors
 * (libc/) hold references to these; file systems and the network make them. read and write alike
 * return a count or -errno; 0 from read is end of file.
 */
#pragma once

#include "kernel/mutex.h"
#include "kernel/wait.h"
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct file;

/* One directory entry, as readdir(3) wants it. */
struct vfs_dirent {
	uint64_t ino;
	unsigned char type; /* DT_REG, DT_DIR, ... (the values of <dirent.h> on every system) */
	char name[256];
};

/*
 * Given to poll: the file adds the caller to the queues whose wake-up may change the answer. NULL:
 * just answer.
 */
struct poll_table {
	void (*add)(struct poll_table *, struct wait_queue *);
};

struct file_ops {
	ssize_t (*read)(struct file *, void *buf, size_t len);                 /* at and past f->offset */
	ssize_t (*write)(struct file *, const void *buf, size_t len);
	ssize_t (*pread)(struct file *, void *buf, size_t len, off_t at);      /* NULL: not seekable (-ESPIPE) */
	ssize_t (*pwrite)(struct file *, const void *buf, size_t len, off_t at);
	off_t   (*seek)(struct file *, off_t off, int whence);                 /* NULL: -ESPIPE */
	int     (*stat)(struct file *, struct stat *);
	int     (*readdir)(struct file *, struct vfs_dirent *out);             /* 1: one entry, 0: end, -errno; f->offset is the cookie */
	int     (*truncate)(struct file *, off_t len);
	int     (*sync)(struct file *);
	int     (*ioctl)(struct file *, unsigned long request, void *arg);     /* NULL: -ENOTTY */
	short   (*poll)(struct file *, struct poll_table *);                   /* POLLIN|POLLOUT|...; NULL: always ready both ways */
	void    (*close)(struct file *);                                       /* the last reference is gone; frees what data holds */
};

struct file {
	const struct file_ops *ops;
	atomic_uint refs;
	atomic_uint flags;   /* O_ACCMODE, O_NONBLOCK, O_APPEND as in <fcntl.h> */
	off_t offset;        /* guarded by lock: read, write and seek on a shared descriptor are atomic to each other */
	struct mutex lock;
	void *data;          /* the maker's own: inode, socket, ... */
};

struct file *file_alloc(const struct file_ops *, unsigned flags, void *data); /* one reference; NULL: out of memory */
struct file *file_get(struct file *);
void file_put(struct file *);
