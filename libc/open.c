/* SPDX-License-Identifier: BSD-2-Clause */
/* open(2) and what is named after it. */
#include "fs/vfs.h"
#include "libc/at.h"
#include "libc/fd.h"
#include "libc/result.h"
#include "libc/umask.h"
#include <fcntl.h>
#include <stdarg.h>

static int open_path(const char *path, int flags, mode_t mode)
{
	struct file *file;
	int error = vfs_open(path, flags & ~O_CLOEXEC, mode & ~umask_get(), &file);

	return error ? error : fd_install(file, 0, flags & O_CLOEXEC);
}

static int open_at(int dirfd, const char *path, int flags, mode_t mode)
{
	struct at_path space;
	const char *full;
	int error = at_path(dirfd, path, &space, &full);

	return error ? error : open_path(full, flags, mode);
}

/* mode is passed only where a file may be made. */
static mode_t mode_argument(int flags, va_list args)
{
	return flags & O_CREAT ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_argument(flags, args);
	va_end(args);
	return libc_result(open_path(path, flags, mode));
}

int openat(int dirfd, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_argument(flags, args);
	va_end(args);
	return libc_result(open_at(dirfd, path, flags, mode));
}

int creat(const char *path, mode_t mode)
{
	return libc_result(open_path(path, O_WRONLY | O_CREAT | O_TRUNC, mode));
}
