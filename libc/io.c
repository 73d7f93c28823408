/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing an open file, checked against how it was opened. */
#include "libc/io.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>

static bool opened_for(struct file *f, unsigned mode)
{
	unsigned opened = atomic_load_explicit(&f->flags, memory_order_relaxed) & O_ACCMODE;

	return opened == mode || opened == O_RDWR;
}

/* Only a directory has no read; what has no write is not opened for writing by its maker. */
static int read_error(struct file *f, bool able, size_t len)
{
	if (!opened_for(f, O_RDONLY))
		return -EBADF;
	if (!able)
		return f->ops->readdir ? -EISDIR : f->ops->read ? -ESPIPE : -EINVAL;
	return len > SSIZE_MAX ? -EINVAL : 0;
}

static int write_error(struct file *f, bool able, size_t len)
{
	if (!opened_for(f, O_WRONLY))
		return -EBADF;
	if (!able)
		return f->ops->write ? -ESPIPE : -EINVAL;
	return len > SSIZE_MAX ? -EINVAL : 0;
}

ssize_t io_read(struct file *f, void *buf, size_t len)
{
	int error = read_error(f, f->ops->read != NULL, len);

	return error ? error : f->ops->read(f, buf, len);
}

ssize_t io_write(struct file *f, const void *buf, size_t len)
{
	int error = write_error(f, f->ops->write != NULL, len);

	return error ? error : f->ops->write(f, buf, len);
}

ssize_t io_pread(struct file *f, void *buf, size_t len, off_t at)
{
	int error = at < 0 ? -EINVAL : read_error(f, f->ops->pread != NULL, len);

	return error ? error : f->ops->pread(f, buf, len, at);
}

ssize_t io_pwrite(struct file *f, const void *buf, size_t len, off_t at)
{
	int error = at < 0 ? -EINVAL : write_error(f, f->ops->pwrite != NULL, len);

	return error ? error : f->ops->pwrite(f, buf, len, at);
}
