/* SPDX-License-Identifier: BSD-2-Clause */
/* What can be done to an open file besides reading and writing it. */
#include "kernel/file.h"
#include "fs/vfs.h"
#include "libc/fd.h"
#include "libc/result.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

off_t lseek(int fd, off_t offset, int whence)
{
	struct file *f = fd_get(fd);
	off_t at;

	if (!f)
		return libc_result(-EBADF);
	at = f->ops->seek ? f->ops->seek(f, offset, whence) : -ESPIPE;
	file_put(f);
	return libc_result(at);
}

static int truncate_file(struct file *f, off_t len)
{
	if (len < 0 || !f->ops->truncate)
		return -EINVAL;
	if ((atomic_load(&f->flags) & O_ACCMODE) == O_RDONLY)
		return -EINVAL;
	return f->ops->truncate(f, len);
}

int ftruncate(int fd, off_t len)
{
	struct file *f = fd_get(fd);
	int error;

	if (!f)
		return libc_result(-EBADF);
	error = truncate_file(f, len);
	file_put(f);
	return libc_result(error);
}

int truncate(const char *path, off_t len)
{
	struct file *f;
	int error = vfs_open(path, O_WRONLY, 0, &f);

	if (error)
		return libc_result(error);
	error = truncate_file(f, len);
	file_put(f);
	return libc_result(error);
}

int fsync(int fd)
{
	struct file *f = fd_get(fd);
	int error;

	if (!f)
		return libc_result(-EBADF);
	error = f->ops->sync ? f->ops->sync(f) : -EINVAL;
	file_put(f);
	return libc_result(error);
}

int fdatasync(int fd)
{
	return fsync(fd);
}

void sync(void)
{
	vfs_sync_all();
}

/* Advice is taken note of by doing nothing; wrong advice is still an error. Returns the error itself, as POSIX wants. */
int posix_fadvise(int fd, off_t offset, off_t len, int advice)
{
	struct file *f = fd_get(fd);
	int error = 0;

	(void)offset;
	if (!f)
		return EBADF;
	if (len < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE)
		error = EINVAL;
	else if (!f->ops->seek)
		error = ESPIPE;
	file_put(f);
	return error;
}
