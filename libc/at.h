/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths relative to an open directory, for the ...at() calls. */
#pragma once

#include <limits.h>

struct at_path {
	char buf[PATH_MAX];
};

/*
 * Makes of (dirfd, path) a path the VFS takes: path itself when it is absolute or dirfd is AT_FDCWD, else the directory's path and it.
 * 0, -EBADF, -ENOTDIR, -ENAMETOOLONG.
 */
int at_path(int dirfd, const char *path, struct at_path *space, const char **out);
