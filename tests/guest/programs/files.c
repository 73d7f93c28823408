/* SPDX-License-Identifier: BSD-2-Clause */
/* The RAM file system at / through POSIX calls, their failures included. */
#include "check.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
	CHECK_EQ(close(fd), 0);
}

static void check_text(const char *path, const char *want)
{
	char text[64] = "";
	int fd = open(path, O_RDONLY);

	CHECK(fd >= 0);
	CHECK_EQ(read(fd, text, sizeof text - 1), strlen(want));
	CHECK(strcmp(text, want) == 0);
	close(fd);
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : -1;
}

static void check_read_write(void)
{
	char buffer[8] = "";
	int fd = open("/t/file", O_RDWR | O_CREAT | O_EXCL, 0600);

	CHECK(fd >= 0);
	CHECK_ERRNO(open("/t/file", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	CHECK_EQ(write(fd, "0123456789", 10), 10);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
	CHECK_EQ(lseek(fd, -4, SEEK_END), 6);
	CHECK_EQ(read(fd, buffer, sizeof buffer), 4);
	CHECK_EQ(read(fd, buffer, sizeof buffer), 0);
	CHECK_EQ(pread(fd, buffer, 3, 1), 3);
	CHECK(memcmp(buffer, "123", 3) == 0);
	CHECK_EQ(pwrite(fd, "xy", 2, 4), 2);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 10);
	CHECK_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_EQ(ftruncate(fd, 6), 0);
	check_text("/t/file", "0123xy");
	CHECK_EQ(ftruncate(fd, 1 << 20), 0);
	CHECK_EQ(size_of("/t/file"), 1 << 20);
	CHECK_EQ(pread(fd, buffer, 1, 1 << 19), 1);
	CHECK_EQ(buffer[0], 0);
	close(fd);
}

static void check_flags(void)
{
	int fd;

	make("/t/append", "one");
	fd = open("/t/append", O_WRONLY | O_APPEND);
	lseek(fd, 0, SEEK_SET);
	CHECK_EQ(write(fd, "two", 3), 3);
	CHECK_ERRNO(read(fd, (char[1]){ 0 }, 1), EBADF);
	close(fd);
	check_text("/t/append", "onetwo");
	fd = open("/t/append", O_RDONLY);
	CHECK_ERRNO(write(fd, "x", 1), EBADF);
	close(fd);
	CHECK_EQ(close(open("/t/append", O_WRONLY | O_TRUNC)), 0);
	CHECK_EQ(size_of("/t/append"), 0);
}

/* A hole reads as zeros, and a file outlives its name. */
static void check_holes_and_orphans(void)
{
	char byte = 1;
	int fd = open("/t/sparse", O_RDWR | O_CREAT, 0644);

	CHECK_EQ(pwrite(fd, "end", 3, 100000), 3);
	CHECK_EQ(pread(fd, &byte, 1, 50000), 1);
	CHECK_EQ(byte, 0);
	CHECK_EQ(unlink("/t/sparse"), 0);
	CHECK_ERRNO(open("/t/sparse", O_RDONLY), ENOENT);
	CHECK_EQ(pread(fd, &byte, 1, 100002), 1);
	CHECK_EQ(byte, 'd');
	close(fd);
}

static int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *d;
	int n = 0;

	CHECK(dir);
	while (dir && (d = readdir(dir)))
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			n++;
	if (dir)
		closedir(dir);
	return n;
}

static void check_directories(void)
{
	char name[64], cwd[PATH_MAX];

	CHECK_EQ(mkdir("/t/dir", 0755), 0);
	CHECK_ERRNO(mkdir("/t/dir", 0755), EEXIST);
	CHECK_ERRNO(mkdir("/t/none/dir", 0755), ENOENT);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "/t/dir/file%d", i);
		make(name, name);
	}
	CHECK_EQ(count_entries("/t/dir"), 300);
	CHECK_ERRNO(rmdir("/t/dir"), ENOTEMPTY);
	CHECK_EQ(chdir("/t/dir"), 0);
	CHECK(getcwd(cwd, sizeof cwd) && strcmp(cwd, "/t/dir") == 0);
	check_text("file7", "/t/dir/file7");
	check_text("../dir/./file8", "/t/dir/file8");
	CHECK_EQ(chdir("/"), 0);
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "/t/dir/file%d", i);
		CHECK_EQ(unlink(name), 0);
	}
	CHECK_EQ(rmdir("/t/dir"), 0);
	CHECK_ERRNO(chdir("/t/dir"), ENOENT);
}

static void check_rename(void)
{
	make("/t/a", "a");
	make("/t/b", "b");
	CHECK_EQ(rename("/t/a", "/t/b"), 0);
	check_text("/t/b", "a");
	CHECK_ERRNO(rename("/t/a", "/t/c"), ENOENT);
	CHECK_EQ(mkdir("/t/d", 0755), 0);
	CHECK_EQ(rename("/t/b", "/t/d/b"), 0);
	CHECK_EQ(mkdir("/t/d/e", 0755), 0);
	CHECK_ERRNO(rename("/t/d", "/t/d/e/d"), EINVAL);
	CHECK_ERRNO(rename("/t/d/b", "/t/d/e"), EISDIR);
	CHECK_EQ(rename("/t/d", "/t/f"), 0);
	check_text("/t/f/b", "a");
}

static void check_links(void)
{
	char target[64] = "";
	struct stat st;

	make("/t/original", "text");
	CHECK_EQ(link("/t/original", "/t/hard"), 0);
	CHECK_EQ(stat("/t/hard", &st), 0);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(unlink("/t/original"), 0);
	check_text("/t/hard", "text");
	CHECK_EQ(symlink("hard", "/t/soft"), 0);
	check_text("/t/soft", "text");
	CHECK_EQ(readlink("/t/soft", target, sizeof target), 4);
	CHECK(strcmp(target, "hard") == 0);
	CHECK_EQ(lstat("/t/soft", &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_EQ(symlink("loop", "/t/loop"), 0);
	CHECK_ERRNO(open("/t/loop", O_RDONLY), ELOOP);
	CHECK_ERRNO(readlink("/t/hard", target, sizeof target), EINVAL);
}

static void check_errors(void)
{
	char name[300];

	memset(name, 'n', sizeof name);
	memcpy(name, "/t/", 3);
	name[sizeof name - 1] = '\0';
	CHECK_ERRNO(open("/t/none", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("", O_RDONLY), ENOENT);
	CHECK_ERRNO(open("/t/hard/below", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(open("/t", O_WRONLY), EISDIR);
	CHECK_ERRNO(open(name, O_RDONLY | O_CREAT, 0644), ENAMETOOLONG);
	CHECK_ERRNO(unlink("/t/none"), ENOENT);
	CHECK_ERRNO(rmdir("/t/hard"), ENOTDIR);
	CHECK_ERRNO(close(77), EBADF);
	CHECK_ERRNO(read(-1, name, 1), EBADF);
	CHECK_ERRNO(read(open("/t", O_RDONLY), name, 1), EISDIR);
}

/* Running out of descriptors is an error, and over when some are closed. */
static void check_descriptors(void)
{
	static int fds[40000];
	int n = 0;

	while (n < 40000 && (fds[n] = open("/t/hard", O_RDONLY)) >= 0)
		n++;
	CHECK(n >= 256 && n < 40000);
	CHECK(errno == EMFILE || errno == ENFILE);
	while (n > 0)
		CHECK_EQ(close(fds[--n]), 0);
	check_text("/t/hard", "text");
}

static void check_stdio(void)
{
	char line[64];
	FILE *f = fopen("/t/stdio", "w+");

	CHECK(f);
	if (!f)
		return;
	CHECK(fprintf(f, "%s %d %.3f\n", "text", 42, 2.5) > 0);
	rewind(f);
	CHECK(fgets(line, sizeof line, f) && strcmp(line, "text 42 2.500\n") == 0);
	CHECK_EQ(fclose(f), 0);
	CHECK(!fopen("/t/none/x", "r"));
	CHECK_EQ(remove("/t/stdio"), 0);
}

int main(void)
{
	CHECK_EQ(mkdir("/t", 0755), 0);
	check_read_write();
	check_flags();
	check_holes_and_orphans();
	check_directories();
	check_rename();
	check_links();
	check_errors();
	check_descriptors();
	check_stdio();
	return verdict();
}
