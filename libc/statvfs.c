/* SPDX-License-Identifier: BSD-2-Clause */
#include "fs/vfs.h"
#include "libc/fd.h"
#include "libc/result.h"
#include <errno.h>
#include <sys/statvfs.h>

static struct statvfs to_statvfs(const struct vfs_statfs *fs)
{
	return (struct statvfs){
		.f_bsize = fs->block_size,
		.f_frsize = fs->block_size,
		.f_blocks = fs->blocks,
		.f_bfree = fs->blocks_free,
		.f_bavail = fs->blocks_free,
		.f_files = fs->files,
		.f_ffree = fs->files_free,
		.f_favail = fs->files_free,
		.f_namemax = fs->name_max,
	};
}

int statvfs(const char *restrict path, struct statvfs *restrict out)
{
	struct vfs_statfs fs;
	int error = vfs_statfs(path, &fs);

	if (!error)
		*out = to_statvfs(&fs);
	return libc_result(error);
}

int fstatvfs(int fd, struct statvfs *out)
{
	struct file *f = fd_get(fd);
	struct vfs_statfs fs;
	int error;

	if (!f)
		return libc_result(-EBADF);
	error = vfs_file_statfs(f, &fs);
	file_put(f);
	if (!error)
		*out = to_statvfs(&fs);
	return libc_result(error);
}
