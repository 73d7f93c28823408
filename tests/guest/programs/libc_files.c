/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls about files that files.c leaves out: relative to a directory, attributes, vectors, directory streams, patterns. */
#define _GNU_SOURCE 1
#include "check.h"
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

static int top; /* the directory everything happens in */

static void make(const char *name, const char *text)
{
	int fd = openat(top, name, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static struct stat stat_of(const char *name)
{
	struct stat st = { 0 };

	CHECK_EQ(fstatat(top, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st;
}

static void check_at(void)
{
	char target[16] = "";

	make("file", "text");
	CHECK_EQ(mkdirat(top, "sub", 0777), 0);
	CHECK_EQ(renameat(top, "file", top, "sub/file"), 0);
	CHECK_EQ(stat_of("sub/file").st_size, 4);
	CHECK_EQ(symlinkat("sub/file", top, "soft"), 0);
	CHECK(S_ISLNK(stat_of("soft").st_mode));
	CHECK_EQ(readlinkat(top, "soft", target, sizeof target), 8);
	CHECK_EQ(faccessat(top, "soft", R_OK, 0), 0);
	CHECK_ERRNO(faccessat(top, "none", F_OK, 0), ENOENT);
	CHECK_ERRNO(openat(-7, "file", O_RDONLY), EBADF);
	CHECK_ERRNO(openat(openat(top, "sub/file", O_RDONLY), "x", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(unlinkat(top, "sub", AT_REMOVEDIR), ENOTEMPTY);
	CHECK_EQ(unlinkat(top, "sub/file", 0), 0);
	CHECK_EQ(unlinkat(top, "soft", 0), 0);
	CHECK_EQ(unlinkat(top, "sub", AT_REMOVEDIR), 0);
	CHECK_ERRNO(openat(top, "file", O_RDONLY), ENOENT);
}

static void check_attributes(void)
{
	struct timespec times[2] = { { 1000000000, 5 }, { 1100000000, 6 } };
	struct timeval stamps[2] = { { 900000000, 1 }, { 900000001, 2 } };
	int fd;

	umask(027);
	make("mode", "x");
	CHECK_EQ(stat_of("mode").st_mode & 07777, 0640);
	CHECK_EQ(umask(022), 027);
	CHECK_EQ(fchmodat(top, "mode", 0604, 0), 0);
	CHECK_EQ(stat_of("mode").st_mode & 07777, 0604);
	fd = openat(top, "mode", O_RDWR);
	CHECK_EQ(fchmod(fd, 0755), 0);
	CHECK_EQ(stat_of("mode").st_mode, S_IFREG | 0755);
	CHECK_EQ(utimensat(top, "mode", times, 0), 0);
	CHECK(stat_of("mode").st_atime == 1000000000 && stat_of("mode").st_mtime == 1100000000);
	times[0].tv_nsec = UTIME_OMIT;
	times[1].tv_nsec = UTIME_NOW;
	CHECK_EQ(futimens(fd, times), 0);
	CHECK(stat_of("mode").st_atime == 1000000000 && stat_of("mode").st_mtime > 1600000000);
	CHECK_EQ(utimes("/at/mode", stamps), 0);
	CHECK_EQ(stat_of("mode").st_mtime, 900000001);
	times[1].tv_nsec = 1000000000;
	CHECK_ERRNO(futimens(fd, times), EINVAL);
	CHECK_EQ(fchown(fd, 0, 0), 0);
	close(fd);
	CHECK_EQ(access("/at/mode", R_OK | W_OK | X_OK), 0);
	CHECK_EQ(chmod("/at/mode", 0644), 0);
	CHECK_ERRNO(access("/at/mode", X_OK), EACCES);
}

static void check_vectors(void)
{
	char a[4] = "", b[4] = "";
	struct iovec out[3] = { { "abc", 3 }, { "", 0 }, { "def", 3 } }, in[2] = { { a, 3 }, { b, 3 } };
	int fd = openat(top, "vector", O_RDWR | O_CREAT, 0666);

	CHECK_EQ(writev(fd, out, 3), 6);
	lseek(fd, 0, SEEK_SET);
	CHECK_EQ(readv(fd, in, 2), 6);
	CHECK(strcmp(a, "abc") == 0 && strcmp(b, "def") == 0);
	CHECK_EQ(readv(fd, in, 2), 0);
	CHECK_EQ(preadv(fd, in, 2, 4), 2);
	CHECK(memcmp(a, "ef", 2) == 0);
	CHECK_EQ(pwritev(fd, out, 1, 6), 3);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 9);
	CHECK_ERRNO(readv(fd, in, -1), EINVAL);
	CHECK_ERRNO(preadv(fd, in, 1, -1), EINVAL);
	CHECK_ERRNO(writev(-1, out, 1), EBADF);
	close(fd);
}

static void check_sendfile(void)
{
	int in = openat(top, "vector", O_RDONLY), out = openat(top, "copy", O_RDWR | O_CREAT, 0666);
	off_t at = 3;
	char text[8] = "";

	CHECK_EQ(sendfile(out, in, &at, 3), 3);
	CHECK_EQ(at, 6);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 0);
	CHECK_EQ(sendfile(out, in, NULL, 100), 9);
	CHECK_EQ(lseek(in, 0, SEEK_CUR), 9);
	CHECK_EQ(pread(out, text, 6, 0), 6);
	CHECK(memcmp(text, "defabc", 6) == 0);
	CHECK_ERRNO(sendfile(-1, in, NULL, 1), EBADF);
	close(in);
	close(out);
}

static void check_sizes(void)
{
	struct statvfs fs;
	int fd = openat(top, "copy", O_RDONLY);

	CHECK_EQ(truncate("/at/copy", 5), 0);
	CHECK_EQ(stat_of("copy").st_size, 5);
	CHECK_ERRNO(truncate("/at/copy", -1), EINVAL);
	CHECK_ERRNO(truncate("/at", 0), EISDIR);
	CHECK_ERRNO(ftruncate(fd, 1), EINVAL);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(fstatvfs(fd, &fs), 0);
	CHECK(fs.f_bsize > 0 && fs.f_blocks >= fs.f_bfree && fs.f_namemax == 255);
	CHECK_EQ(statvfs("/at", &fs), 0);
	CHECK_ERRNO(statvfs("/none", &fs), ENOENT);
	CHECK_EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL), 0);
	close(fd);
}

static void check_current_directory(void)
{
	char cwd[PATH_MAX], tiny[3], *p;

	CHECK_EQ(fchdir(top), 0);
	CHECK(getcwd(cwd, sizeof cwd) && strcmp(cwd, "/at") == 0);
	CHECK(!getcwd(tiny, sizeof tiny));
	CHECK_EQ(errno, ERANGE);
	CHECK(!getcwd(tiny, 0));
	CHECK_EQ(errno, EINVAL);
	p = getcwd(NULL, 0);
	CHECK(p && strcmp(p, "/at") == 0);
	free(p);
	CHECK_EQ(access("copy", F_OK), 0);
	CHECK_ERRNO(chdir("copy"), ENOTDIR);
	CHECK_EQ(chdir("/"), 0);
}

static int wanted(const struct dirent *d)
{
	return d->d_name[0] == 'e';
}

static void check_directory_streams(void)
{
	struct dirent *d, **list;
	char second[256];
	long place;
	int n = 0;
	DIR *dir;

	mkdirat(top, "many", 0777);
	for (int i = 0; i < 20; i++) {
		char name[32];

		snprintf(name, sizeof name, "many/e%02d", i);
		make(name, "");
	}
	dir = fdopendir(openat(top, "many", O_RDONLY | O_DIRECTORY));
	CHECK(dir);
	while (readdir(dir))
		n++;
	CHECK_EQ(n, 22);
	rewinddir(dir);
	CHECK(readdir(dir));
	place = telldir(dir);
	d = readdir(dir);
	CHECK(d);
	strcpy(second, d->d_name);
	CHECK(readdir(dir));
	seekdir(dir, place);
	d = readdir(dir);
	CHECK(d && strcmp(d->d_name, second) == 0);
	CHECK(dirfd(dir) >= 0);
	CHECK_EQ(closedir(dir), 0);
	CHECK_EQ(scandir("/at/many", &list, wanted, alphasort), 20);
	CHECK(strcmp(list[0]->d_name, "e00") == 0 && strcmp(list[19]->d_name, "e19") == 0);
	CHECK(list[0]->d_type == DT_REG || list[0]->d_type == DT_UNKNOWN);
	while (n-- > 2)
		free(list[n - 2]);
	free(list);
	CHECK(!opendir("/at/copy"));
	CHECK_EQ(errno, ENOTDIR);
	CHECK(!fdopendir(-1));
}

static void check_patterns(void)
{
	glob_t found;

	CHECK_EQ(fnmatch("*.c", "x.c", 0), 0);
	CHECK_EQ(fnmatch("[a-c]?", "bz", 0), 0);
	CHECK_EQ(fnmatch("*", "a/b", FNM_PATHNAME), FNM_NOMATCH);
	CHECK_EQ(glob("/at/many/e1?", 0, NULL, &found), 0);
	CHECK_EQ(found.gl_pathc, 10);
	CHECK(strcmp(found.gl_pathv[0], "/at/many/e10") == 0);
	globfree(&found);
	CHECK_EQ(glob("/at/none*", 0, NULL, &found), GLOB_NOMATCH);
}

static void check_realpath(void)
{
	char path[PATH_MAX], *p;

	CHECK_EQ(symlink("many", "/at/to-many"), 0);
	CHECK_EQ(symlink("/at/./to-many", "/at/again"), 0);
	CHECK(realpath("/at/../at//again/./e05", path) && strcmp(path, "/at/many/e05") == 0);
	p = realpath("/", NULL);
	CHECK(p && strcmp(p, "/") == 0);
	free(p);
	CHECK(!realpath("/at/again/none", path));
	CHECK_EQ(errno, ENOENT);
	CHECK_EQ(symlink("self", "/at/self"), 0);
	CHECK(!realpath("/at/self", path));
	CHECK_EQ(errno, ELOOP);
	CHECK(!realpath("", path));
	CHECK(!realpath("/at/copy/x", path));
	CHECK_EQ(errno, ENOTDIR);
}

static void check_remove(void)
{
	CHECK_EQ(mkdir("/at/empty", 0777), 0);
	CHECK_EQ(remove("/at/empty"), 0);
	CHECK_EQ(remove("/at/copy"), 0);
	CHECK_ERRNO(remove("/at/copy"), ENOENT);
	CHECK_ERRNO(link("/at/none", "/at/hard"), ENOENT);
	CHECK_EQ(link("/at/vector", "/at/hard"), 0);
	CHECK_EQ(stat_of("hard").st_nlink, 2);
}

int main(void)
{
	CHECK_EQ(mkdir("/at", 0777), 0);
	top = open("/at", O_RDONLY | O_DIRECTORY);
	check_at();
	check_attributes();
	check_vectors();
	check_sendfile();
	check_sizes();
	check_current_directory();
	check_directory_streams();
	check_patterns();
	check_realpath();
	check_remove();
	return verdict();
}
