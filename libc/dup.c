/* SPDX-License-Identifier: BSD-2-Clause */
/* dup(2) and its relatives: another number for the same open file. */
#define _GNU_SOURCE 1
#include "libc/dup.h"
#include "libc/fd.h"
#include "libc/result.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int fd_dup(int fd, int lowest, bool cloexec)
{
	struct file *file = fd_get(fd);

	return file ? fd_install(file, lowest, cloexec) : -EBADF;
}

static int dup_to(int fd, int to, bool cloexec)
{
	struct file *file = fd_get(fd);

	return file ? fd_replace(to, file, cloexec) : -EBADF;
}

int dup(int fd)
{
	return libc_result(fd_dup(fd, 0, false));
}

/* Where both are the same open descriptor nothing happens, not even to its close-on-exec flag. */
int dup2(int fd, int to)
{
	if (fd != to)
		return libc_result(dup_to(fd, to, false));
	return fd_get_cloexec(fd) < 0 ? libc_result(-EBADF) : fd;
}

int dup3(int fd, int to, int flags)
{
	if (fd == to || (flags & ~O_CLOEXEC))
		return libc_result(-EINVAL);
	return libc_result(dup_to(fd, to, flags & O_CLOEXEC));
}
