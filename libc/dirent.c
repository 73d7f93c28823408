/* SPDX-License-Identifier: BSD-2-Clause */
/* Directory streams: a descriptor and the entry last read. The position is the open file's, a cookie of its file system. */
#include "kernel/file.h"
#include "libc/fd.h"
#include "libc/result.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct __DIR {
	int fd;
	struct file *file; /* a reference of its own */
	struct mutex lock; /* guards entry */
	struct dirent entry;
};

/* Takes over file. */
static DIR *make_stream(int fd, struct file *file)
{
	DIR *dir;

	if (!file->ops->readdir) {
		file_put(file);
		libc_result(-ENOTDIR);
		return NULL;
	}
	dir = calloc(1, sizeof(*dir));
	if (!dir) {
		file_put(file);
		return NULL;
	}
	dir->fd = fd;
	dir->file = file;
	return dir;
}

DIR *fdopendir(int fd)
{
	struct file *file = fd_get(fd);

	if (file)
		return make_stream(fd, file);
	libc_result(-EBADF);
	return NULL;
}

DIR *opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir && fd >= 0)
		fd_close(fd);
	return dir;
}

int closedir(DIR *dir)
{
	int error = fd_close(dir->fd);

	file_put(dir->file);
	free(dir);
	return libc_result(error);
}

int dirfd(DIR *dir)
{
	return dir->fd;
}

/* 1: one entry, 0: the end, -errno. */
static int read_entry(DIR *dir, struct dirent *out)
{
	struct vfs_dirent entry;
	int n = dir->file->ops->readdir(dir->file, &entry);

	if (n <= 0)
		return n;
	out->d_ino = entry.ino;
	out->d_off = dir->file->offset;
	out->d_type = entry.type;
	strlcpy(out->d_name, entry.name, sizeof(out->d_name));
	out->d_reclen = sizeof(*out);
	return 1;
}

struct dirent *readdir(DIR *dir)
{
	int n;

	mutex_lock(&dir->lock);
	n = read_entry(dir, &dir->entry);
	mutex_unlock(&dir->lock);
	if (n < 0)
		libc_result(n);
	return n > 0 ? &dir->entry : NULL;
}

int readdir_r(DIR *restrict dir, struct dirent *restrict entry, struct dirent **restrict result)
{
	int n = read_entry(dir, entry);

	*result = n > 0 ? entry : NULL;
	return n < 0 ? -n : 0;
}

long telldir(DIR *dir)
{
	return dir->file->offset;
}

void seekdir(DIR *dir, long place)
{
	mutex_lock(&dir->file->lock);
	dir->file->offset = place;
	mutex_unlock(&dir->file->lock);
}

void rewinddir(DIR *dir)
{
	seekdir(dir, 0);
}
