/* SPDX-License-Identifier: BSD-2-Clause */
/* Mounting, as the VFS's own files see it. */
#pragma once

#include "fs/vfs.h"

/*
 * Mounts source on target, or as the root of all when target is NULL. 0 or -errno; then r->why may
 * say more.
 */
int mount_source(struct mount_request *r, const char *source, const char *target, const char *type);

/* What a refused request's log line says. */
const char *mount_why(const struct mount_request *r, int error);

/*
 * Fills in r->dev and finds the file system for a source. type NULL: a nodev file system's name,
 * else by what is on the device.
 */
int mount_find_source(struct mount_request *r, const char *source, const char *type,
		      const struct filesystem **fs);

/* The table, of superblocks by their node, for a frozen system. */
const struct list *mount_list(void);
