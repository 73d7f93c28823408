/* SPDX-License-Identifier: BSD-2-Clause */
/* Making, removing and renaming: the calls that change directories. */
#include "fs/vfs.h"
#include "libc/at.h"
#include "libc/result.h"
#include "libc/umask.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int mkdir(const char *path, mode_t mode)
{
	return libc_result(vfs_mkdir(path, mode & ~umask_get()));
}

int mkdirat(int dirfd, const char *path, mode_t mode)
{
	struct at_path space;
	const char *full;
	int error = at_path(dirfd, path, &space, &full);

	return libc_result(error ? error : vfs_mkdir(full, mode & ~umask_get()));
}

int rmdir(const char *path)
{
	return libc_result(vfs_rmdir(path));
}

int unlink(const char *path)
{
	return libc_result(vfs_unlink(path));
}

int unlinkat(int dirfd, const char *path, int flags)
{
	struct at_path space;
	const char *full;
	int error = at_path(dirfd, path, &space, &full);

	if (!error)
		error = flags & AT_REMOVEDIR ? vfs_rmdir(full) : vfs_unlink(full);
	return libc_result(error);
}

/* newlib's own knows files only, and its tmpfile() asks by this name. */
int _remove_r(struct _reent *unused, const char *path)
{
	int error = vfs_unlink(path);

	(void)unused;
	return libc_result(error == -EISDIR || error == -EPERM ? vfs_rmdir(path) : error);
}

int remove(const char *path)
{
	return _remove_r(NULL, path);
}

int rename(const char *from, const char *to)
{
	return libc_result(vfs_rename(from, to));
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	struct at_path from_space, to_space;
	const char *full_from, *full_to;
	int error = at_path(from_dir, from, &from_space, &full_from);

	if (!error)
		error = at_path(to_dir, to, &to_space, &full_to);
	return libc_result(error ? error : vfs_rename(full_from, full_to));
}

int link(const char *from, const char *to)
{
	return libc_result(vfs_link(from, to));
}

int symlink(const char *target, const char *path)
{
	return libc_result(vfs_symlink(target, path));
}

int symlinkat(const char *target, int dirfd, const char *path)
{
	struct at_path space;
	const char *full;
	int error = at_path(dirfd, path, &space, &full);

	return libc_result(error ? error : vfs_symlink(target, full));
}

ssize_t readlink(const char *restrict path, char *restrict buf, size_t size)
{
	return libc_result(vfs_readlink(path, buf, size));
}

ssize_t readlinkat(int dirfd, const char *restrict path, char *restrict buf, size_t size)
{
	struct at_path space;
	const char *full;
	int error = at_path(dirfd, path, &space, &full);

	return libc_result(error ? error : vfs_readlink(full, buf, size));
}
