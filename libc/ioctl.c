/* SPDX-License-Identifier: BSD-2-Clause */
/* ioctl(2). FIONBIO is a file flag and done here; everything else is the file's own. */
#include <sys/ioctl.h>
#include "kernel/file.h"
#include "libc/fd.h"
#include "libc/result.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>

static int set_nonblocking(struct file *f, const int *on)
{
	if (*on)
		atomic_fetch_or(&f->flags, O_NONBLOCK);
	else
		atomic_fetch_and(&f->flags, ~O_NONBLOCK);
	return 0;
}

static int file_ioctl(struct file *f, unsigned long request, void *arg)
{
	if (request == FIONBIO)
		return set_nonblocking(f, arg);
	return f->ops->ioctl ? f->ops->ioctl(f, request, arg) : -ENOTTY;
}

int ioctl(int fd, unsigned long request, ...)
{
	struct file *f = fd_get(fd);
	va_list args;
	int result;

	if (!f)
		return libc_result(-EBADF);
	va_start(args, request);
	result = file_ioctl(f, request, va_arg(args, void *));
	va_end(args);
	file_put(f);
	return libc_result(result);
}
