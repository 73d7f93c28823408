/* SPDX-License-Identifier: BSD-2-Clause */
/* The current directory. */
#include "fs/vfs.h"
#include "libc/fd.h"
#include "libc/result.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int chdir(const char *path)
{
	return libc_result(vfs_chdir(path));
}

int fchdir(int fd)
{
	struct file *f = fd_get(fd);
	int error;

	if (!f)
		return libc_result(-EBADF);
	error = vfs_fchdir(f);
	file_put(f);
	return libc_result(error);
}

/* With buf NULL the result is the caller's to free, as on Linux and the BSDs. */
char *getcwd(char *buf, size_t size)
{
	char path[PATH_MAX];
	int error = vfs_getcwd(path, sizeof(path));

	if (!error && buf && size == 0)
		error = -EINVAL;
	if (!error && size && strlen(path) >= size)
		error = -ERANGE;
	if (error) {
		libc_result(error);
		return NULL;
	}
	if (!buf)
		buf = malloc(size ? size : strlen(path) + 1);
	return buf ? strcpy(buf, path) : NULL;
}
