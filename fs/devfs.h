/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The parts of /dev: the directories with the character devices (devfs.c), block special files
 * (devfs_block.c), ports (devfs_port.c).
 */
#pragma once

#include "fs/vfs.h"

/* A new inode for a block device, with one reference, which frees it when it goes. */
int devfs_block_inode(struct superblock *, uint64_t ino, struct blkdev *, struct inode **out);

/* One number for all of a kind: their inodes come and go. */
enum { DEVFS_INO_ROOT = 1, DEVFS_INO_PORTS, DEVFS_INO_PORT, DEVFS_INO_BLOCK, DEVFS_INO_CHARS };

/* A port by its name, or by what the host calls it: a new inode, as above. */
int devfs_port_lookup(struct inode *dir, bool by_alias, const char *name, size_t len,
		      struct inode **out);
bool devfs_port_read(off_t index, bool by_alias, struct vfs_dirent *out); /* false: no more */
