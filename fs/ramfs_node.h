/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The RAM file system's own structures. superblock.lock guards names, links and directories,
 * inode.lock a file's data. A node is freed when it has neither a name (nlink) nor a user (refs).
 */
#pragma once

#include "fs/vfs.h"

struct ramfs_node;

/* One name in a directory. */
struct ramfs_name {
	struct list node;            /* in the directory's names, by seq */
	struct ramfs_name *next;     /* in the same hash bucket */
	struct ramfs_node *dir, *target;
	off_t seq;                   /* readdir's cookie */
	uint32_t hash;
	uint8_t len;
	char text[];                 /* not terminated */
};

struct ramfs_dir {
	struct list names;
	struct ramfs_node *parent;   /* NULL: removed */
	struct ramfs_name *next;     /* where a readdir at cookie goes on; NULL: at the end */
	off_t cookie;
};

/* Pages that were never written are holes into the archive's copy, and zero after its end. */
struct ramfs_file {
	const uint8_t *archive;
	size_t archive_len;          /* bytes still valid */
	uint8_t **pages;             /* NULL entries: see above */
	size_t npages;               /* length of the table */
	size_t owned;                /* entries that are not NULL */
};

struct ramfs_link {
	const char *text;            /* not terminated; inode.size bytes */
	bool owned;                  /* on the heap, not in the archive */
};

struct ramfs_node {
	struct inode inode;
	union {
		struct ramfs_dir dir;
		struct ramfs_file file;
		struct ramfs_link link;
	};
};

struct ramfs {
	struct superblock sb;
	struct ramfs_name **buckets; /* of all names, by directory and text */
	size_t nbuckets, nnames;     /* nbuckets: a power of two */
	uint64_t last_ino;
	off_t last_seq;
	atomic_size_t pages;         /* of file data in use */
	size_t pages_max;
};

static inline struct ramfs *ramfs_of(struct ramfs_node *n)
{
	return container_of(n->inode.sb, struct ramfs, sb);
}

static inline struct ramfs_node *ramfs_node_of(struct inode *inode)
{
	return container_of(inode, struct ramfs_node, inode);
}

/*
 * Names (ramfs_names.c). All with the superblock's lock held, or before anybody else knows the file
 * system.
 */
struct ramfs_name *ramfs_find(struct ramfs_node *dir, const char *text, size_t len);
int ramfs_add(struct ramfs_node *dir, const char *text, size_t len, struct ramfs_node *target);
void ramfs_remove(struct ramfs_name *); /* the target goes too when nobody uses it */
void ramfs_retarget(struct ramfs_name *, struct ramfs_node *target);
int ramfs_readdir(struct inode *dir, off_t *cookie, struct vfs_dirent *out);

/* Nodes (ramfs.c). */
struct ramfs_node *ramfs_new(struct ramfs *, mode_t mode); /* one reference, no name yet */
void ramfs_free_if_unused(struct ramfs_node *);
void ramfs_change_links(struct ramfs_node *, int by);

/* Data (ramfs_file.c). */
ssize_t ramfs_read(struct inode *, void *buf, size_t len, off_t at);
ssize_t ramfs_write(struct inode *, const void *buf, size_t len, off_t at);
int ramfs_truncate(struct inode *, off_t len);
void ramfs_free_data(struct ramfs_node *);

/*
 * Fills a new file system from the archive (ramfs_load.c). -ENOMEM; damage is logged, and what
 * could be read stays.
 */
int ramfs_load(struct ramfs *, const void *archive, size_t len);
