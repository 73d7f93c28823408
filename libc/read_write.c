/* SPDX-License-Identifier: BSD-2-Clause */
/* read(2), write(2) and their positioned forms. */
#include "libc/cancel.h"
#include "libc/fd.h"
#include "libc/io.h"
#include <errno.h>
#include <unistd.h>

ssize_t read(int fd, void *buf, size_t len)
{
	struct file *f;
	ssize_t n;

	cancel_point();
	f = fd_get(fd);
	if (!f)
		return libc_result(-EBADF);
	n = io_read(f, buf, len);
	file_put(f);
	return cancel_result(n);
}

ssize_t write(int fd, const void *buf, size_t len)
{
	struct file *f;
	ssize_t n;

	cancel_point();
	f = fd_get(fd);
	if (!f)
		return libc_result(-EBADF);
	n = io_write(f, buf, len);
	file_put(f);
	return cancel_result(n);
}

ssize_t pread(int fd, void *buf, size_t len, off_t at)
{
	struct file *f;
	ssize_t n;

	cancel_point();
	f = fd_get(fd);
	if (!f)
		return libc_result(-EBADF);
	n = io_pread(f, buf, len, at);
	file_put(f);
	return cancel_result(n);
}

ssize_t pwrite(int fd, const void *buf, size_t len, off_t at)
{
	struct file *f;
	ssize_t n;

	cancel_point();
	f = fd_get(fd);
	if (!f)
		return libc_result(-EBADF);
	n = io_pwrite(f, buf, len, at);
	file_put(f);
	return cancel_result(n);
}
