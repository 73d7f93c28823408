/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two halves of /dev: the directory with its character devices (devfs.c), block special files
 * (devfs_block.c).
 */
#pragma once

#include "fs/vfs.h"

/* A new inode for a block device, with one reference, which frees it when it goes. */
int devfs_block_inode(struct superblock *, uint64_t ino, struct blkdev *, struct inode **out);
