/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What newlib's streams read and write by. In place of its own, which call read() and write():
 * those are cancellation points, and a thread that ended in one would leave the stream locked for
 * ever.
 */
#include "libc/fd.h"
#include "libc/io.h"
#include "libc/result.h"
#include <errno.h>
#include <reent.h>

_ssize_t _read_r(struct _reent *unused, int fd, void *buf, size_t len)
{
	struct file *f = fd_get(fd);
	ssize_t n;

	(void)unused;
	if (!f)
		return libc_result(-EBADF);
	n = io_read(f, buf, len);
	file_put(f);
	return libc_result(n);
}

_ssize_t _write_r(struct _reent *unused, int fd, const void *buf, size_t len)
{
	struct file *f = fd_get(fd);
	ssize_t n;

	(void)unused;
	if (!f)
		return libc_result(-EBADF);
	n = io_write(f, buf, len);
	file_put(f);
	return libc_result(n);
}
