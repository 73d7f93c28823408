/* SPDX-License-Identifier: BSD-2-Clause */
/* fcntl(2): duplicating, flags, and record locks. */
#include "libc/dup.h"
#include "libc/fd.h"
#include "libc/result.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

#define SETTABLE (O_APPEND | O_NONBLOCK)
#define OPENING (O_CREAT | O_EXCL | O_TRUNC | O_NOCTTY | O_NOFOLLOW | O_DIRECTORY) /* mean nothing afterwards */

static int get_flags(struct file *f)
{
	return atomic_load(&f->flags) & ~OPENING;
}

static int set_flags(struct file *f, unsigned flags)
{
	unsigned old = atomic_load(&f->flags);

	while (!atomic_compare_exchange_weak(&f->flags, &old, (old & ~SETTABLE) | (flags & SETTABLE)))
		;
	return 0;
}

/* Record locks exclude other processes. There are none, so every lock is granted and none is ever in the way. */
static int record_lock(int command, struct flock *lock)
{
	if (command == F_GETLK)
		lock->l_type = F_UNLCK;
	return 0;
}

static int file_fcntl(struct file *f, int command, va_list args)
{
	switch (command) {
	case F_GETFL:
		return get_flags(f);
	case F_SETFL:
		return set_flags(f, va_arg(args, int));
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		return record_lock(command, va_arg(args, struct flock *));
	default:
		return -EINVAL;
	}
}

static int fd_fcntl(int fd, int command, va_list args)
{
	struct file *f;
	int result;

	switch (command) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return fd_dup(fd, va_arg(args, int), command == F_DUPFD_CLOEXEC);
	case F_GETFD:
		return fd_get_cloexec(fd) > 0 ? FD_CLOEXEC : fd_get_cloexec(fd);
	case F_SETFD:
		return fd_set_cloexec(fd, va_arg(args, int) & FD_CLOEXEC);
	}
	f = fd_get(fd);
	if (!f)
		return -EBADF;
	result = file_fcntl(f, command, args);
	file_put(f);
	return result;
}

int fcntl(int fd, int command, ...)
{
	va_list args;
	int result;

	va_start(args, command);
	result = fd_fcntl(fd, command, args);
	va_end(args);
	return libc_result(result);
}
