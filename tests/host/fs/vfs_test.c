/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Paths, names, open files, mounts and devices, over the RAM file system.
 */
// Links: fs/*.c kernel/wait.c kernel/blkdev.c kernel/file.c kernel/mutex.c kernel/sg.c
// Links: tests/host/fs/disk.c
#include "tests/host/fs/disk.h"
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "fs/vfs.h"
#include "kernel/page.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void start(void)
{
	static bool started;

	if (!started)
		CHECK_EQ(vfs_init(NULL, 0), 0);
	started = true;
	CHECK_EQ(vfs_chdir("/"), 0);
	shim_log_clear();
}

static int create(const char *path)
{
	struct file *f;
	int error = vfs_open(path, O_CREAT | O_WRONLY, 0644, &f);

	if (!error)
		file_put(f);
	return error;
}

static int open_with(const char *path, unsigned flags)
{
	struct file *f;
	int error = vfs_open(path, flags, 0644, &f);

	if (!error)
		file_put(f);
	return error;
}

static void fill(const char *path, const char *text)
{
	struct file *f;

	CHECK_EQ(vfs_open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644, &f), 0);
	CHECK_EQ(f->ops->write(f, text, strlen(text)), (long long)strlen(text));
	file_put(f);
}

static const char *text_of(const char *path)
{
	static char text[256];
	struct file *f;
	ssize_t n = -1;

	if (vfs_open(path, O_RDONLY, 0, &f) == 0) {
		n = f->ops->read(f, text, sizeof(text) - 1);
		file_put(f);
	}
	text[n < 0 ? 0 : n] = '\0';
	return n < 0 ? "(none)" : text;
}

static struct stat stat_of(const char *path)
{
	struct stat st = { 0 };

	vfs_stat(path, &st, false);
	return st;
}

static int exists(const char *path)
{
	struct stat st;

	return vfs_stat(path, &st, true);
}

/* --- paths --- */

TEST(resolution)
{
	char longest[VFS_PATH_MAX + 10];

	start();
	CHECK_EQ(vfs_mkdir("/p", 0755), 0);
	CHECK_EQ(vfs_mkdir("/p/q", 0755), 0);
	fill("/p/f", "f");
	CHECK_EQ(exists(""), -ENOENT);
	CHECK_EQ(exists("/"), 0);
	CHECK_EQ(exists("//p///q//"), 0);
	CHECK_EQ(exists("/p/./q/.././f"), 0);
	CHECK_EQ(exists("/../../p"), 0);
	CHECK_EQ(exists("/p/f/"), -ENOTDIR);
	CHECK_EQ(exists("/p/f/."), -ENOTDIR);
	CHECK_EQ(exists("/p/f/x"), -ENOTDIR);
	CHECK_EQ(exists("/p/none"), -ENOENT);
	CHECK_EQ(exists("/p/none/.."), -ENOENT);
	CHECK_EQ(exists("/p/none/x"), -ENOENT);
	memset(longest, 'n', sizeof(longest));
	memcpy(longest, "/p/", 3);
	longest[3 + 255] = '\0';
	CHECK_EQ(exists(longest), -ENOENT);
	CHECK_EQ(create(longest), 0);
	CHECK_EQ(exists(longest), 0);
	longest[3 + 255] = 'n';
	longest[3 + 256] = '\0';
	CHECK_EQ(exists(longest), -ENAMETOOLONG);
	CHECK_EQ(create(longest), -ENAMETOOLONG);
	for (unsigned i = 0; i < sizeof(longest) - 1; i++)
		longest[i] = i % 2 ? '.' : '/';
	longest[VFS_PATH_MAX - 1] = '\0';
	CHECK_EQ(exists(longest), 0);
	longest[VFS_PATH_MAX - 1] = '.';
	longest[VFS_PATH_MAX] = '\0';
	CHECK_EQ(exists(longest), -ENAMETOOLONG);
}

TEST(current_directory)
{
	char buf[64];

	start();
	CHECK_EQ(vfs_mkdir("/c", 0755), 0);
	CHECK_EQ(vfs_mkdir("/c/d", 0755), 0);
	fill("/c/d/f", "here");
	CHECK_EQ(vfs_getcwd(buf, sizeof(buf)), 0);
	CHECK_STR(buf, "/");
	CHECK_EQ(vfs_chdir("/c/d"), 0);
	CHECK_STR(text_of("f"), "here");
	CHECK_STR(text_of("../d/./f"), "here");
	CHECK_EQ(vfs_getcwd(buf, sizeof(buf)), 0);
	CHECK_STR(buf, "/c/d");
	CHECK_EQ(vfs_getcwd(buf, 5), 0);
	CHECK_EQ(vfs_getcwd(buf, 4), -ERANGE);
	CHECK_EQ(vfs_getcwd(buf, 0), -ERANGE);
	CHECK_EQ(vfs_chdir("f"), -ENOTDIR);
	CHECK_EQ(vfs_chdir("none"), -ENOENT);
	CHECK_EQ(vfs_rename("/c", "/e"), 0);
	CHECK_EQ(vfs_getcwd(buf, sizeof(buf)), 0);
	CHECK_STR(buf, "/e/d");
	CHECK_EQ(vfs_unlink("f"), 0);
	CHECK_EQ(vfs_rmdir("/e/d"), 0);
	CHECK_EQ(create("g"), -ENOENT);
	CHECK_EQ(vfs_mkdir("g", 0755), -ENOENT);
	CHECK_EQ(exists(".."), -ENOENT);
	CHECK_EQ(vfs_getcwd(buf, sizeof(buf)), -ENOENT);
	CHECK_EQ(vfs_chdir("/dev"), 0);
	CHECK_EQ(vfs_getcwd(buf, sizeof(buf)), 0);
	CHECK_STR(buf, "/dev");
	CHECK_EQ(exists("../e"), 0);
}

TEST(symbolic_links)
{
	char buf[VFS_PATH_MAX + 1], name[32], target[32];

	start();
	CHECK_EQ(vfs_mkdir("/s", 0755), 0);
	CHECK_EQ(vfs_mkdir("/s/dir", 0755), 0);
	fill("/s/dir/f", "through");
	CHECK_EQ(vfs_symlink("dir", "/s/rel"), 0);
	CHECK_EQ(vfs_symlink("/s/dir/f", "/s/abs"), 0);
	CHECK_EQ(vfs_symlink("../s/rel/../rel/f", "/s/both"), 0);
	CHECK_EQ(vfs_symlink("loop", "/s/loop"), 0);
	CHECK_EQ(vfs_symlink("new", "/s/dangling"), 0);
	CHECK_EQ(vfs_symlink("/", "/s/root"), 0);
	CHECK_EQ(vfs_symlink("", "/s/empty"), -ENOENT);
	CHECK_EQ(vfs_symlink("x", "/s/abs"), -EEXIST);
	CHECK_STR(text_of("/s/rel/f"), "through");
	CHECK_STR(text_of("/s/abs"), "through");
	CHECK_STR(text_of("/s/both"), "through");
	CHECK_STR(text_of("/s/root/s/abs"), "through");
	CHECK_EQ(exists("/s/loop"), -ELOOP);
	CHECK_EQ(exists("/s/loop/x"), -ELOOP);
	CHECK_EQ(exists("/s/dangling"), -ENOENT);
	CHECK_EQ(vfs_readlink("/s/abs", buf, sizeof(buf)), 8);
	CHECK_EQ(vfs_readlink("/s/abs", buf, 3), 3);
	CHECK_EQ(vfs_readlink("/s/dir", buf, 3), -EINVAL);
	CHECK(S_ISLNK(stat_of("/s/rel").st_mode));
	CHECK(S_ISDIR(stat_of("/s/rel/").st_mode));
	CHECK_EQ(open_with("/s/abs", O_RDONLY | O_NOFOLLOW), -ELOOP);
	CHECK_EQ(open_with("/s/dangling", O_RDONLY), -ENOENT);
	CHECK_EQ(open_with("/s/dangling", O_CREAT | O_EXCL | O_WRONLY), -EEXIST);
	CHECK_EQ(open_with("/s/dangling", O_CREAT | O_WRONLY), 0);
	CHECK_EQ(exists("/s/new"), 0);
	CHECK_EQ(vfs_unlink("/s/rel"), 0);
	CHECK_EQ(exists("/s/dir/f"), 0);
	for (unsigned i = 0; i < 42; i++) {
		snprintf(name, sizeof(name), "/s/l%u", i);
		snprintf(target, sizeof(target), i ? "l%u" : "dir/f", i - 1);
		CHECK_EQ(vfs_symlink(target, name), 0);
	}
	CHECK_STR(text_of("/s/l39"), "through");
	CHECK_EQ(exists("/s/l40"), -ELOOP);
	memset(buf, 'x', sizeof(buf));
	buf[VFS_PATH_MAX - 1] = '\0';
	CHECK_EQ(vfs_symlink(buf, "/s/longest"), 0);
	CHECK_EQ(exists("/s/longest"), -ENAMETOOLONG);
	CHECK_EQ(exists("/s/longest/x"), -ENAMETOOLONG);
	buf[VFS_PATH_MAX - 1] = 'x';
	buf[VFS_PATH_MAX] = '\0';
	CHECK_EQ(vfs_symlink(buf, "/s/longer"), -ENAMETOOLONG);
}

/* --- open, names --- */

TEST(open_flags)
{
	start();
	CHECK_EQ(vfs_mkdir("/o", 0755), 0);
	CHECK_EQ(open_with("/o/f", O_RDONLY), -ENOENT);
	CHECK_EQ(open_with("/o/f/", O_CREAT | O_WRONLY), -EISDIR);
	CHECK_EQ(open_with("/o/f", O_CREAT | O_EXCL | O_WRONLY), 0);
	CHECK_EQ(open_with("/o/f", O_CREAT | O_EXCL | O_WRONLY), -EEXIST);
	CHECK_EQ(open_with("/o/f", O_CREAT | O_WRONLY), 0);
	CHECK_EQ(open_with("/o/f", O_DIRECTORY), -ENOTDIR);
	CHECK_EQ(open_with("/o", O_DIRECTORY), 0);
	CHECK_EQ(open_with("/o", O_WRONLY), -EISDIR);
	CHECK_EQ(open_with("/o", O_RDWR), -EISDIR);
	CHECK_EQ(open_with("/o", O_RDONLY | O_CREAT), -EISDIR);
	CHECK_EQ(open_with("/o/none/f", O_CREAT | O_WRONLY), -ENOENT);
	fill("/o/f", "text");
	CHECK_EQ(open_with("/o/f", O_WRONLY), 0);
	CHECK_STR(text_of("/o/f"), "text");
	CHECK_EQ(open_with("/o/f", O_WRONLY | O_TRUNC), 0);
	CHECK_STR(text_of("/o/f"), "");
	CHECK_EQ(stat_of("/o/f").st_mode, S_IFREG | 0644);
}

TEST(access_modes)
{
	struct file *r, *w;
	char c;

	start();
	fill("/mode", "m");
	CHECK_EQ(vfs_open("/mode", O_RDONLY, 0, &r), 0);
	CHECK_EQ(vfs_open("/mode", O_WRONLY, 0, &w), 0);
	CHECK_EQ(r->ops->write(r, "x", 1), -EBADF);
	CHECK_EQ(r->ops->pwrite(r, "x", 1, 0), -EBADF);
	CHECK_EQ(r->ops->truncate(r, 0), -EINVAL);
	CHECK_EQ(w->ops->read(w, &c, 1), -EBADF);
	CHECK_EQ(w->ops->pread(w, &c, 1, 0), -EBADF);
	CHECK_EQ(w->ops->pwrite(w, "x", 1, -1), -EINVAL);
	CHECK_EQ(r->ops->pread(r, &c, 1, -1), -EINVAL);
	file_put(r);
	file_put(w);
}

TEST(seek_and_append)
{
	struct file *f, *a;
	char buf[16] = "";

	start();
	fill("/seek", "0123456789");
	CHECK_EQ(vfs_open("/seek", O_RDWR, 0, &f), 0);
	CHECK_EQ(vfs_open("/seek", O_RDWR | O_APPEND, 0, &a), 0);
	CHECK_EQ(f->ops->seek(f, 4, SEEK_SET), 4);
	CHECK_EQ(f->ops->read(f, buf, 2), 2);
	CHECK_EQ(f->ops->seek(f, -1, SEEK_CUR), 5);
	CHECK_EQ(f->ops->seek(f, -2, SEEK_END), 8);
	CHECK_EQ(f->ops->seek(f, -11, SEEK_END), -EINVAL);
	CHECK_EQ(f->ops->seek(f, 0, 9), -EINVAL);
	CHECK_EQ(f->ops->seek(f, INT64_MAX, SEEK_END), -EOVERFLOW);
	CHECK_EQ(f->ops->seek(f, 0, SEEK_CUR), 8);
	CHECK_EQ(a->ops->write(a, "A", 1), 1);
	CHECK_EQ(f->ops->read(f, buf, 16), 3);
	CHECK_EQ(memcmp(buf, "89A", 3), 0);
	CHECK_EQ(f->ops->read(f, buf, 16), 0);
	CHECK_EQ(a->ops->pwrite(a, "x", 1, 0), 1);
	CHECK_STR(text_of("/seek"), "x123456789A");
	CHECK_EQ(f->ops->seek(f, 14, SEEK_SET), 14);
	CHECK_EQ(f->ops->write(f, "B", 1), 1);
	CHECK_EQ(f->ops->pread(f, buf, 16, 10), 5);
	CHECK_EQ(memcmp(buf, "A\0\0\0B", 5), 0);
	file_put(f);
	file_put(a);
}

TEST(unlink_and_rmdir)
{
	struct file *f;
	char buf[8];
	size_t before;

	start();
	before = shim_allocated();
	CHECK_EQ(vfs_mkdir("/u", 0755), 0);
	CHECK_EQ(vfs_mkdir("/u", 0755), -EEXIST);
	CHECK_EQ(vfs_mkdir("/u/d/", 0755), 0);
	fill("/u/f", "alive");
	CHECK_EQ(stat_of("/u").st_nlink, 3);
	CHECK_EQ(vfs_unlink("/u/d"), -EISDIR);
	CHECK_EQ(vfs_unlink("/u/."), -EISDIR);
	CHECK_EQ(vfs_unlink("/u/none"), -ENOENT);
	CHECK_EQ(vfs_unlink("/u/f/"), -ENOTDIR);
	CHECK_EQ(vfs_rmdir("/u/f"), -ENOTDIR);
	CHECK_EQ(vfs_rmdir("/u"), -ENOTEMPTY);
	CHECK_EQ(vfs_rmdir("/u/."), -EINVAL);
	CHECK_EQ(vfs_rmdir("/u/.."), -ENOTEMPTY);
	CHECK_EQ(vfs_rmdir("/"), -EBUSY);
	CHECK_EQ(vfs_rmdir("/dev"), -EBUSY);
	CHECK_EQ(vfs_open("/u/f", O_RDWR, 0, &f), 0);
	CHECK_EQ(vfs_unlink("/u/f"), 0);
	CHECK_EQ(exists("/u/f"), -ENOENT);
	CHECK_EQ(f->ops->write(f, "A", 1), 1);
	CHECK_EQ(f->ops->pread(f, buf, 8, 0), 5);
	CHECK_EQ(memcmp(buf, "Alive", 5), 0);
	file_put(f);
	CHECK_EQ(vfs_rmdir("/u/d/"), 0);
	CHECK_EQ(stat_of("/u").st_nlink, 2);
	CHECK_EQ(vfs_rmdir("/u"), 0);
	CHECK_EQ(shim_allocated(), before);
}

TEST(hard_links)
{
	start();
	CHECK_EQ(vfs_mkdir("/h", 0755), 0);
	fill("/h/a", "one");
	CHECK_EQ(vfs_link("/h/a", "/h/b"), 0);
	CHECK_EQ(vfs_link("/h/a", "/h/b"), -EEXIST);
	CHECK_EQ(vfs_link("/h/none", "/h/c"), -ENOENT);
	CHECK_EQ(vfs_link("/h", "/h/c"), -EPERM);
	CHECK_EQ(vfs_link("/h/a", "/dev/c"), -EROFS);
	CHECK_EQ(vfs_link("/dev/null", "/h/c"), -EXDEV);
	CHECK_EQ(stat_of("/h/a").st_nlink, 2);
	CHECK_EQ(stat_of("/h/a").st_ino, stat_of("/h/b").st_ino);
	fill("/h/b", "two");
	CHECK_STR(text_of("/h/a"), "two");
	CHECK_EQ(vfs_unlink("/h/a"), 0);
	CHECK_STR(text_of("/h/b"), "two");
	CHECK_EQ(stat_of("/h/b").st_nlink, 1);
}

TEST(renames)
{
	start();
	CHECK_EQ(vfs_mkdir("/r", 0755), 0);
	CHECK_EQ(vfs_mkdir("/r/d", 0755), 0);
	CHECK_EQ(vfs_mkdir("/r/d/e", 0755), 0);
	CHECK_EQ(vfs_mkdir("/r/full", 0755), 0);
	fill("/r/full/x", "x");
	fill("/r/f", "f");
	fill("/r/g", "g");
	CHECK_EQ(vfs_rename("/r/f", "/r/g"), 0);
	CHECK_STR(text_of("/r/g"), "f");
	CHECK_EQ(exists("/r/f"), -ENOENT);
	CHECK_EQ(vfs_rename("/r/none", "/r/h"), -ENOENT);
	CHECK_EQ(vfs_rename("/r/g", "/r/none/h"), -ENOENT);
	CHECK_EQ(vfs_rename("/r/g", "/r/d"), -EISDIR);
	CHECK_EQ(vfs_rename("/r/d", "/r/g"), -ENOTDIR);
	CHECK_EQ(vfs_rename("/r/d", "/r/full"), -ENOTEMPTY);
	CHECK_EQ(vfs_rename("/r/d", "/r/d/e/x"), -EINVAL);
	CHECK_EQ(vfs_rename("/r/d", "/r/d"), 0);
	CHECK_EQ(vfs_rename("/r/g", "/r/g/"), -ENOTDIR);
	CHECK_EQ(vfs_rename("/r/g", "/r/new/"), -ENOTDIR);
	CHECK_EQ(vfs_rename("/r/.", "/r/x"), -EBUSY);
	CHECK_EQ(vfs_rename("/dev", "/r/x"), -EBUSY);
	CHECK_EQ(vfs_rename("/r/g", "/dev/x"), -EXDEV);
	CHECK_EQ(vfs_rename("/r/d/e", "/r/moved/"), 0);
	CHECK_EQ(stat_of("/r/d").st_nlink, 2);
	CHECK_EQ(stat_of("/r").st_nlink, 5);
	CHECK_EQ(exists("/r/moved/../d"), 0);
	CHECK_EQ(vfs_rename("/r/moved", "/r/d"), 0);
	CHECK_EQ(stat_of("/r").st_nlink, 4);
	CHECK_EQ(vfs_link("/r/g", "/r/same"), 0);
	CHECK_EQ(vfs_rename("/r/g", "/r/same"), 0);
	CHECK_EQ(exists("/r/g"), 0);
}

TEST(attributes)
{
	struct stat st = { .st_mode = 0600,
			   .st_uid = 70000,
			   .st_gid = 5,
			   .st_atim = { 1, 2 },
			   .st_mtim = { 3, 4 } };
	struct file *f;

	start();
	fill("/attr", "x");
	CHECK_EQ(vfs_setattr("/attr", &st,
			     VFS_ATTR_MODE | VFS_ATTR_OWNER | VFS_ATTR_ATIME | VFS_ATTR_MTIME,
			     true),
		 0);
	st = stat_of("/attr");
	CHECK_EQ(st.st_mode, S_IFREG | 0600);
	CHECK_EQ(st.st_uid, 70000);
	CHECK_EQ(st.st_gid, 5);
	CHECK(st.st_atim.tv_sec == 1 && st.st_atim.tv_nsec == 2 && st.st_mtim.tv_sec == 3 &&
	      st.st_mtim.tv_nsec == 4);
	CHECK_EQ(vfs_open("/attr", O_RDWR, 0, &f), 0);
	st.st_mode = 0640;
	CHECK_EQ(vfs_file_setattr(f, &st, VFS_ATTR_MODE), 0);
	CHECK_EQ(stat_of("/attr").st_mode, S_IFREG | 0640);
	CHECK_EQ(f->ops->write(f, "y", 1), 1);
	CHECK(stat_of("/attr").st_mtim.tv_sec > 3);
	file_put(f);
	CHECK_EQ(vfs_open("/dev/null", O_RDWR, 0, &f), 0);
	CHECK_EQ(vfs_file_setattr(f, &st, VFS_ATTR_MODE), -EINVAL);
	file_put(f);
}

/* --- directories --- */

static unsigned list(const char *path, const char *wanted, bool *found)
{
	struct vfs_dirent e;
	struct file *f;
	unsigned n = 0;

	*found = false;
	CHECK_EQ(vfs_open(path, O_RDONLY | O_DIRECTORY, 0, &f), 0);
	while (f->ops->readdir(f, &e) > 0) {
		n++;
		*found |= strcmp(e.name, wanted) == 0;
	}
	file_put(f);
	return n;
}

TEST(listing)
{
	struct vfs_dirent e;
	char name[32];
	struct file *f;
	bool found;
	off_t middle;

	start();
	CHECK_EQ(vfs_mkdir("/l", 0755), 0);
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "/l/%u", i);
		CHECK_EQ(create(name), 0);
	}
	CHECK_EQ(list("/l", "999", &found), 1002);
	CHECK(found);
	CHECK_EQ(list("/dev", "urandom", &found), 9); /* virtio-ports among them */
	CHECK(found);
	/* Everything removed on the way: no name comes twice, and none that stayed is missed. */
	CHECK_EQ(vfs_open("/l", O_RDONLY, 0, &f), 0);
	CHECK_EQ(f->ops->read(f, name, 1), -EISDIR);
	for (unsigned i = 0; i < 502; i++)
		CHECK_EQ(f->ops->readdir(f, &e), 1);
	CHECK_STR(e.name, "499");
	middle = f->offset;
	for (unsigned i = 0; i < 1000; i += 2) {
		snprintf(name, sizeof(name), "/l/%u", i);
		CHECK_EQ(vfs_unlink(name), 0);
	}
	CHECK_EQ(f->ops->readdir(f, &e), 1);
	CHECK_STR(e.name, "501");
	CHECK_EQ(f->ops->seek(f, 0, SEEK_SET), 0);
	CHECK_EQ(f->ops->readdir(f, &e), 1);
	CHECK_STR(e.name, ".");
	CHECK_EQ(f->ops->seek(f, middle, SEEK_SET), middle);
	CHECK_EQ(f->ops->readdir(f, &e), 1);
	CHECK_STR(e.name, "501");
	file_put(f);
	CHECK_EQ(list("/l", "998", &found), 502);
	CHECK(!found);
}

TEST(paths_of_open_directories)
{
	char buf[32];
	struct file *f;

	start();
	CHECK_EQ(vfs_mkdir("/fp", 0755), 0);
	CHECK_EQ(vfs_mkdir("/fp/x", 0755), 0);
	CHECK_EQ(vfs_open("/fp/x", O_RDONLY, 0, &f), 0);
	CHECK_EQ(vfs_file_path(f, buf, sizeof(buf)), 0);
	CHECK_STR(buf, "/fp/x");
	CHECK_EQ(vfs_file_path(f, buf, 6), 0);
	CHECK_EQ(vfs_file_path(f, buf, 5), -ERANGE);
	CHECK_EQ(vfs_fchdir(f), 0);
	CHECK_EQ(exists("../x"), 0);
	file_put(f);
}

/* --- RAM files --- */

TEST(ram_file_data)
{
	enum { SIZE = 300000 };
	uint8_t *model = calloc(1, SIZE), *got = malloc(SIZE);
	uint32_t x = 7;
	off_t size = 0;
	struct file *f;

	start();
	CHECK_EQ(vfs_open("/data", O_CREAT | O_RDWR, 0644, &f), 0);
	for (unsigned i = 0; i < 2000; i++) {
		off_t at;
		size_t len;

		x = x * 1664525 + 1013904223;
		at = (off_t)(x >> 8) % (SIZE - 9000);
		len = (x >> 4) % 9000;
		if (i % 16 == 0) {
			CHECK_EQ(f->ops->truncate(f, at), 0);
			if (at < size)
				memset(model + at, 0, (size_t)(SIZE - at));
			size = at;
			continue;
		}
		for (size_t j = 0; j < len; j++)
			model[at + (off_t)j] = (uint8_t)(x + j);
		CHECK_EQ(f->ops->pwrite(f, model + at, len, at), (long long)len);
		if (len && at + (off_t)len > size)
			size = at + (off_t)len;
		CHECK_EQ(f->ops->pread(f, got, SIZE, 0), size);
		CHECK_EQ(memcmp(got, model, (size_t)size), 0);
	}
	file_put(f);
	CHECK_EQ(vfs_unlink("/data"), 0);
	free(model);
	free(got);
}

/* Out of memory on the way: what was written counts, and the rest of the file is whole. */
TEST(ram_file_without_memory)
{
	static char buf[5 * 4096];
	struct file *f;

	start();
	CHECK_EQ(vfs_open("/oom", O_CREAT | O_RDWR, 0644, &f), 0);
	CHECK_EQ(f->ops->write(f, buf, 4096), 4096);
	shim_fail_alloc = 2;
	CHECK_EQ(f->ops->pwrite(f, buf, sizeof(buf), 4096), 4096);
	shim_fail_alloc = 1;
	CHECK_EQ(f->ops->pwrite(f, buf, 1, 4 * 4096), -ENOSPC);
	shim_fail_alloc = 0;
	CHECK_EQ(f->ops->pwrite(f, buf, 1, (off_t)1 << 50), -ENOSPC);
	CHECK_EQ(stat_of("/oom").st_size, 8192);
	file_put(f);
	for (unsigned n = 1; n < 4; n++) {
		shim_fail_alloc = n;
		CHECK(create("/oom-2") < 0);
		shim_fail_alloc = 0;
	}
	CHECK_EQ(create("/oom-2"), 0);
	shim_fail_alloc = 1;
	CHECK_EQ(vfs_symlink("x", "/oom-3"), -ENOSPC);
	shim_fail_alloc = 1;
	CHECK_EQ(vfs_mkdir("/oom-3", 0755), -ENOSPC);
	shim_fail_alloc = 0;
	CHECK_EQ(exists("/oom-3"), -ENOENT);
}

TEST(ram_file_system_full)
{
	struct vfs_statfs before, after;
	struct file *f;
	char page[4096] = "";

	start();
	CHECK_EQ(vfs_statfs("/", &before), 0);
	CHECK_EQ(vfs_open("/full", O_CREAT | O_RDWR, 0644, &f), 0);
	for (unsigned i = 0; i < 100; i++)
		CHECK_EQ(f->ops->write(f, page, sizeof(page)), sizeof(page));
	CHECK_EQ(vfs_statfs("/", &after), 0);
	CHECK_EQ(before.blocks_free - after.blocks_free, 100);
	CHECK_EQ(after.blocks, page_count_total() / 2);
	file_put(f);
	CHECK_EQ(vfs_unlink("/full"), 0);
	CHECK_EQ(vfs_statfs("/", &after), 0);
	CHECK_EQ(before.blocks_free, after.blocks_free);
}

/* --- mounts --- */

TEST(mounts)
{
	char buf[32];
	struct file *f;
	size_t before;

	start();
	before = shim_allocated();
	CHECK_EQ(vfs_mkdir("/m", 0755), 0);
	fill("/m/under", "under");
	CHECK_EQ(vfs_mount("ramfs", "/m", NULL, NULL), 0);
	CHECK_EQ(exists("/m/under"), -ENOENT);
	fill("/m/over", "over");
	CHECK(stat_of("/m").st_dev != stat_of("/").st_dev);
	CHECK_EQ(vfs_mkdir("/m/a", 0755), 0);
	CHECK_EQ(vfs_mount("ramfs", "/m/a/b", NULL, "ro"), 0);
	CHECK_EQ(create("/m/a/b/c"), -EROFS);
	CHECK_EQ(vfs_chdir("/m/a/b"), 0);
	CHECK_EQ(vfs_getcwd(buf, sizeof(buf)), 0);
	CHECK_STR(buf, "/m/a/b");
	CHECK_STR(text_of("../../over"), "over");
	CHECK_STR(text_of("../../../m/over"), "over");
	CHECK_EQ(vfs_unmount("/m/a/b"), -EBUSY);
	CHECK_EQ(vfs_unmount("/m"), -EBUSY);
	CHECK_EQ(vfs_rename("/m/over", "/over"), -EXDEV);
	CHECK_EQ(vfs_rmdir("/m/a/b"), -EBUSY);
	CHECK_EQ(vfs_chdir("/"), 0);
	CHECK_EQ(vfs_unmount("/m/a/b"), 0);
	CHECK_EQ(vfs_unmount("/m/a/b"), -EINVAL);
	CHECK_EQ(vfs_open("/m/over", O_RDONLY, 0, &f), 0);
	CHECK_EQ(vfs_unmount("/m"), -EBUSY);
	file_put(f);
	CHECK_EQ(vfs_mount("ramfs", "/m", NULL, NULL), 0);
	CHECK_EQ(exists("/m/over"), -ENOENT);
	CHECK_EQ(vfs_unmount("/m"), 0);
	CHECK_STR(text_of("/m/over"), "over");
	CHECK_EQ(vfs_unmount("/m"), 0);
	CHECK_STR(text_of("/m/under"), "under");
	CHECK_EQ(vfs_unmount("/"), -EBUSY);
	CHECK_EQ(vfs_unmount("/m"), -EINVAL);
	CHECK_EQ(vfs_unlink("/m/under"), 0);
	CHECK_EQ(vfs_rmdir("/m"), 0);
	CHECK_EQ(shim_allocated(), before);
}

TEST(mounts_refused)
{
	struct disk *d;
	char image[4096] = { [1024 + 0x38] = 0x53, [1024 + 0x39] = (char)0xef };

	start();
	fill("/file", "");
	CHECK_EQ(vfs_mount("ramfs", "/file", NULL, NULL), -ENOTDIR);
	CHECK_EQ(vfs_mount("ramfs", "/", NULL, NULL), -ENOTDIR);
	CHECK_EQ(vfs_mount("ramfs", "/file/x", NULL, NULL), -ENOTDIR);
	CHECK_EQ(vfs_mount("ramfs", "/mm", NULL, "rx"), -EINVAL);
	CHECK(shim_log_has("mount ramfs on /mm: unknown option 'rx'"));
	CHECK_EQ(vfs_mount("/dev/vdq", "/mm", NULL, NULL), -ENODEV);
	CHECK_EQ(vfs_mount("devfs", "/mm", NULL, NULL), -EBUSY);
	d = disk_of_memory(image, sizeof(image));
	CHECK_EQ(vfs_mount("/dev/vda", "/mm", NULL, NULL), -ENODEV);
	CHECK(shim_log_has(
		"ext4 is not in this image; rebuild it with 'tools/thimble build --with ext4'"));
	d->bytes[1024 + 0x38] = 0;
	CHECK_EQ(vfs_mount("/dev/vda", "/mm", NULL, NULL), -EINVAL);
	d->fail_in = 1;
	CHECK_EQ(vfs_mount("/dev/vda", "/mm", NULL, NULL), -EIO);
	disk_close(d);
}

/* --- devices --- */

TEST(devices)
{
	struct file *f;
	char buf[64];

	start();
	CHECK_EQ(vfs_open("/dev/null", O_RDWR, 0, &f), 0);
	CHECK_EQ(f->ops->read(f, buf, 8), 0);
	CHECK_EQ(f->ops->write(f, buf, 8), 8);
	file_put(f);
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(vfs_open("/dev/zero", O_RDWR, 0, &f), 0);
	CHECK_EQ(f->ops->read(f, buf, 64), 64);
	CHECK(buf[0] == 0 && buf[63] == 0);
	file_put(f);
	CHECK_EQ(vfs_open("/dev/full", O_RDWR | O_CREAT | O_TRUNC, 0644, &f), 0);
	CHECK_EQ(f->ops->read(f, buf, 64), 64);
	CHECK_EQ(f->ops->write(f, buf, 1), -ENOSPC);
	CHECK_EQ(f->ops->write(f, buf, 0), 0);
	file_put(f);
	CHECK_EQ(vfs_open("/dev/urandom", O_RDWR, 0, &f), 0);
	CHECK_EQ(f->ops->read(f, buf, 64), 64);
	CHECK(memcmp(buf, buf + 32, 32) != 0);
	CHECK_EQ(f->ops->write(f, buf, 64), 64);
	file_put(f);
	CHECK_EQ(stat_of("/dev/random").st_rdev, 0x108);
	CHECK(S_ISCHR(stat_of("/dev/console").st_mode));
	CHECK_EQ(create("/dev/x"), -EROFS);
	CHECK_EQ(vfs_unlink("/dev/null"), -EROFS);
	CHECK_EQ(exists("/dev/vda"), -ENOENT);
}

TEST(block_device)
{
	enum { SIZE = 64 * 512 };
	static uint8_t model[SIZE], got[SIZE];
	struct disk *d = disk_of_memory(model, SIZE);
	uint32_t x = 3;
	struct file *f;
	bool found;

	start();
	d->dev.block_size = 1024;
	CHECK_EQ(list("/dev", "vda", &found), 10);
	CHECK(found);
	CHECK_EQ(stat_of("/dev/vda").st_size, SIZE);
	CHECK(S_ISBLK(stat_of("/dev/vda").st_mode));
	CHECK_EQ(vfs_open("/dev/vda", O_RDWR, 0, &f), 0);
	for (unsigned i = 0; i < 300; i++) {
		off_t at;
		size_t len;

		x = x * 1664525 + 1013904223;
		at = (off_t)(x >> 8) % SIZE;
		len = (x >> 5) % 5000;
		len = len > (size_t)(SIZE - at) ? (size_t)(SIZE - at) : len;
		memset(model + at, (int)i, len);
		CHECK_EQ(f->ops->pwrite(f, model + at, len, at), (long long)len);
		CHECK_EQ(f->ops->pread(f, got + at, len, at), (long long)len);
		CHECK_EQ(memcmp(got + at, model + at, len), 0);
	}
	CHECK_EQ(memcmp(d->bytes, model, SIZE), 0);
	CHECK_EQ(f->ops->seek(f, 0, SEEK_END), SIZE);
	CHECK_EQ(f->ops->read(f, got, 1), 0);
	CHECK_EQ(f->ops->write(f, got, 1), -ENOSPC);
	CHECK_EQ(f->ops->seek(f, -10, SEEK_CUR), SIZE - 10);
	CHECK_EQ(f->ops->write(f, got, 20), 10);
	CHECK_EQ(f->ops->sync(f), 0);
	d->fail_in = 1;
	CHECK_EQ(f->ops->pread(f, got, 512, 0), -EIO);
	file_put(f);
	d->dev.read_only = true;
	CHECK_EQ(open_with("/dev/vda", O_RDWR), -EROFS);
	CHECK_EQ(open_with("/dev/vda", O_RDONLY), 0);
	disk_close(d);
}

TEST_MAIN
