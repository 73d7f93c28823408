/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the VFS's own files tell each other: path resolution, the table of mounts, files made from
 * inodes.
 */
#pragma once

#include "fs/vfs.h"

/* What a path leads to. */
struct path {
	struct inode *dir;     /* holds the last component; NULL: the path is "/" or the like */
	struct inode *inode;   /* NULL: dir has no such name */
	const char *name;      /* the last component, not terminated, in the path or in links */
	size_t len;
	bool slash;            /* slashes follow it, so it has to be a directory */
	bool special;          /* it ended in ".", ".." or "/": no name to make or remove */
	/* The walk's own: */
	const char *rest;      /* what is still to be walked */
	char *links;           /* once a link was followed: VFS_PATH_MAX bytes, rest at their end */
	unsigned followed;
};

/*
 * Walks text. follow: a symbolic link in the last component is followed too. A missing last
 * component is no error here, a missing or unsuitable one before it is. Whatever is returned,
 * path_release() comes after 0 only.
 */
int path_resolve(const char *text, bool follow, struct path *);
void path_release(struct path *);

int path_set_cwd(struct inode *dir); /* takes its own reference; -ENOTDIR */

/* The file system's root, before any path is walked. Takes over the reference. */
void path_set_root(struct inode *);

/* The root of what is mounted on this name of dir, with a reference; NULL: nothing is. */
struct inode *mount_at(struct inode *dir, const char *name, size_t len);

int file_open_inode(struct inode *, unsigned flags, struct file **out);
