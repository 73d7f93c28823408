/* SPDX-License-Identifier: BSD-2-Clause */
/* stat(2), access(2) and their relatives. */
#include "fs/vfs.h"
#include "libc/at.h"
#include "libc/fd.h"
#include "libc/result.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int stat(const char *restrict path, struct stat *restrict st)
{
	return libc_result(vfs_stat(path, st, true));
}

int lstat(const char *restrict path, struct stat *restrict st)
{
	return libc_result(vfs_stat(path, st, false));
}

int fstatat(int dirfd, const char *restrict path, struct stat *restrict st, int flags)
{
	struct at_path space;
	const char *full;
	int error = at_path(dirfd, path, &space, &full);

	return libc_result(error ? error : vfs_stat(full, st, !(flags & AT_SYMLINK_NOFOLLOW)));
}

int fstat(int fd, struct stat *st)
{
	struct file *f = fd_get(fd);
	int error;

	if (!f)
		return libc_result(-EBADF);
	memset(st, 0, sizeof(*st));
	error = f->ops->stat ? f->ops->stat(f, st) : 0;
	file_put(f);
	return libc_result(error);
}

/* The app is root: it may read and write anything, and execute what anybody may. */
static int check_access(const char *path, int mode, bool follow)
{
	struct stat st;
	int error;

	if (mode & ~(R_OK | W_OK | X_OK))
		return -EINVAL;
	error = vfs_stat(path, &st, follow);
	if (!error && (mode & X_OK) && !S_ISDIR(st.st_mode) && !(st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)))
		error = -EACCES;
	return error;
}

int access(const char *path, int mode)
{
	return libc_result(check_access(path, mode, true));
}

int faccessat(int dirfd, const char *path, int mode, int flags)
{
	struct at_path space;
	const char *full;
	int error = at_path(dirfd, path, &space, &full);

	return libc_result(error ? error : check_access(full, mode, !(flags & AT_SYMLINK_NOFOLLOW)));
}
