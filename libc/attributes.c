/* SPDX-License-Identifier: BSD-2-Clause */
/* Modes, owners and times of files. */
#include "fs/vfs.h"
#include "kernel/clock.h"
#include "libc/at.h"
#include "libc/fd.h"
#include "libc/result.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

static int set_attributes(int dirfd, const char *path, const struct stat *st, unsigned which, int flags)
{
	struct at_path space;
	const char *full;
	int error = at_path(dirfd, path, &space, &full);

	return libc_result(error ? error : vfs_setattr(full, st, which, !(flags & AT_SYMLINK_NOFOLLOW)));
}

static int set_file_attributes(int fd, const struct stat *st, unsigned which)
{
	struct file *f = fd_get(fd);
	int error;

	if (!f)
		return libc_result(-EBADF);
	error = vfs_file_setattr(f, st, which);
	file_put(f);
	return libc_result(error);
}

int fchmodat(int dirfd, const char *path, mode_t mode, int flags)
{
	return set_attributes(dirfd, path, &(struct stat){ .st_mode = mode & ALLPERMS }, VFS_ATTR_MODE, flags);
}

int chmod(const char *path, mode_t mode)
{
	return fchmodat(AT_FDCWD, path, mode, 0);
}

int fchmod(int fd, mode_t mode)
{
	return set_file_attributes(fd, &(struct stat){ .st_mode = mode & ALLPERMS }, VFS_ATTR_MODE);
}

int fchownat(int dirfd, const char *path, uid_t owner, gid_t group, int flags)
{
	return set_attributes(dirfd, path, &(struct stat){ .st_uid = owner, .st_gid = group }, VFS_ATTR_OWNER, flags);
}

int chown(const char *path, uid_t owner, gid_t group)
{
	return fchownat(AT_FDCWD, path, owner, group, 0);
}

int lchown(const char *path, uid_t owner, gid_t group)
{
	return fchownat(AT_FDCWD, path, owner, group, AT_SYMLINK_NOFOLLOW);
}

int fchown(int fd, uid_t owner, gid_t group)
{
	return set_file_attributes(fd, &(struct stat){ .st_uid = owner, .st_gid = group }, VFS_ATTR_OWNER);
}

static struct timespec wall_time(void)
{
	uint64_t ns = clock_wall_ns();

	return (struct timespec){ .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
}

/* One of utimensat()'s two times into *out: whether it is to be set, or -EINVAL. */
static int wanted_time(const struct timespec *given, struct timespec *out)
{
	if (given && given->tv_nsec == UTIME_OMIT)
		return 0;
	if (!given || given->tv_nsec == UTIME_NOW)
		*out = wall_time();
	else if (given->tv_nsec < 0 || given->tv_nsec >= 1000000000)
		return -EINVAL;
	else
		*out = *given;
	return 1;
}

/* Fills the times of *st; which of them, or -EINVAL. */
static int wanted_times(const struct timespec times[2], struct stat *st)
{
	int atime = wanted_time(times ? &times[0] : NULL, &st->st_atim);
	int mtime = wanted_time(times ? &times[1] : NULL, &st->st_mtim);

	if (atime < 0 || mtime < 0)
		return -EINVAL;
	return (atime ? VFS_ATTR_ATIME : 0) | (mtime ? VFS_ATTR_MTIME : 0);
}

int utimensat(int dirfd, const char *path, const struct timespec times[2], int flags)
{
	struct stat st;
	int which = wanted_times(times, &st);

	return which < 0 ? libc_result(which) : set_attributes(dirfd, path, &st, which, flags);
}

int futimens(int fd, const struct timespec times[2])
{
	struct stat st;
	int which = wanted_times(times, &st);

	return which < 0 ? libc_result(which) : set_file_attributes(fd, &st, which);
}

/* The pair as timespecs, NULL for NULL. A microsecond count out of range stays out of range. */
static const struct timespec *to_timespecs(const struct timeval tv[2], struct timespec ts[2])
{
	for (int i = 0; tv && i < 2; i++)
		ts[i] = (struct timespec){ tv[i].tv_sec, tv[i].tv_usec < 0 ? 1000000000 : tv[i].tv_usec * 1000 };
	return tv ? ts : NULL;
}

int utimes(const char *path, const struct timeval times[2])
{
	struct timespec ts[2];

	return utimensat(AT_FDCWD, path, to_timespecs(times, ts), 0);
}

int lutimes(const char *path, const struct timeval times[2])
{
	struct timespec ts[2];

	return utimensat(AT_FDCWD, path, to_timespecs(times, ts), AT_SYMLINK_NOFOLLOW);
}

int futimes(int fd, const struct timeval times[2])
{
	struct timespec ts[2];

	return futimens(fd, to_timespecs(times, ts));
}

int utime(const char *path, const struct utimbuf *times)
{
	struct timespec ts[2];

	if (times) {
		ts[0] = (struct timespec){ times->actime, 0 };
		ts[1] = (struct timespec){ times->modtime, 0 };
	}
	return utimensat(AT_FDCWD, path, times ? ts : NULL, 0);
}
