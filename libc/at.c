/* SPDX-License-Identifier: BSD-2-Clause */
/* Paths relative to an open directory become absolute ones: the VFS knows one current directory only. */
#include "libc/at.h"
#include "fs/vfs.h"
#include "libc/fd.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int directory_path(int dirfd, char *buf, size_t size)
{
	struct file *dir = fd_get(dirfd);
	int error;

	if (!dir)
		return -EBADF;
	error = vfs_file_path(dir, buf, size);
	file_put(dir);
	return error == -ERANGE ? -ENAMETOOLONG : error;
}

int at_path(int dirfd, const char *path, struct at_path *space, const char **out)
{
	size_t len;
	int error;

	*out = path;
	if (dirfd == AT_FDCWD || path[0] == '/')
		return 0;
	error = directory_path(dirfd, space->buf, sizeof(space->buf) - 1);
	if (error)
		return error;
	if (path[0] == '\0')
		return -ENOENT;
	len = strlen(space->buf);
	space->buf[len++] = '/';
	if (strlcpy(space->buf + len, path, sizeof(space->buf) - len) >= sizeof(space->buf) - len)
		return -ENAMETOOLONG;
	*out = space->buf;
	return 0;
}
