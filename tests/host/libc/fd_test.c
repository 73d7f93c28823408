/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The descriptor table and the checks before reading and writing, with files that count.
 *
 * Links: libc/fd.c libc/dup.c libc/io.c libc/result.c kernel/file.c kernel/mutex.c
 */
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "libc/dup.h"
#include "libc/fd.h"
#include "libc/io.h"
#include "libc/result.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>

static int closed;

static ssize_t count_bytes(struct file *f, void *buf, size_t len)
{
	(void)f, (void)buf;
	return len;
}

static ssize_t count_write(struct file *f, const void *buf, size_t len)
{
	(void)f, (void)buf;
	return len;
}

static void count_close(struct file *f)
{
	(void)f;
	closed++;
}

static const struct file_ops ops = { .read = count_bytes, .write = count_write, .close = count_close };

static struct file *make(void)
{
	return file_alloc(&ops, O_RDWR, NULL);
}

static void close_all(void)
{
	for (int fd = 0; fd < 3000; fd++)
		fd_close(fd);
}

TEST(fd_lowest_free)
{
	CHECK_EQ(fd_install(make(), 0, false), 0);
	CHECK_EQ(fd_install(make(), 0, false), 1);
	CHECK_EQ(fd_install(make(), 0, false), 2);
	CHECK_EQ(fd_close(1), 0);
	CHECK_EQ(fd_close(1), -EBADF);
	CHECK_EQ(fd_install(make(), 0, false), 1);
	CHECK_EQ(fd_install(make(), 10, false), 10);
	CHECK_EQ(fd_install(make(), 0, false), 3);
	close_all();
}

TEST(fd_grows)
{
	closed = 0;
	for (int i = 0; i < 2000; i++)
		CHECK_EQ(fd_install(make(), 0, false), i);
	for (int i = 0; i < 2000; i++) {
		struct file *f = fd_get(i);

		CHECK(f);
		file_put(f);
	}
	close_all();
	CHECK_EQ(closed, 2000);
}

TEST(fd_bad_numbers)
{
	CHECK(!fd_get(-1));
	CHECK(!fd_get(5));
	CHECK(!fd_get(INT_MAX));
	CHECK_EQ(fd_close(-1), -EBADF);
	CHECK_EQ(fd_get_cloexec(5), -EBADF);
	CHECK_EQ(fd_set_cloexec(5, true), -EBADF);
	closed = 0;
	CHECK_EQ(fd_install(make(), -1, false), -EINVAL);
	CHECK_EQ(fd_install(make(), FD_MAX, false), -EINVAL);
	CHECK_EQ(fd_replace(FD_MAX, make(), false), -EBADF);
	CHECK_EQ(fd_replace(-1, make(), false), -EBADF);
	CHECK_EQ(closed, 4);
}

TEST(fd_full)
{
	struct file *f = make();

	for (int i = 0; i < FD_MAX; i++)
		fd_install(file_get(f), 0, false);
	CHECK_EQ(atomic_load(&f->refs), FD_MAX + 1);
	CHECK_EQ(fd_install(file_get(f), 0, false), -EMFILE);
	for (int i = 0; i < FD_MAX; i++)
		CHECK_EQ(fd_close(i), 0);
	CHECK_EQ(atomic_load(&f->refs), 1);
	file_put(f);
}

TEST(fd_out_of_memory)
{
	struct file *f = make();

	/* The table has grown in the tests before to FD_MAX, unless this one runs alone. */
	shim_fail_alloc = 1;
	for (int i = 0; i < 64; i++)
		fd_install(file_get(f), 0, false);
	shim_fail_alloc = 0;
	close_all();
	CHECK_EQ(atomic_load(&f->refs), 1);
	file_put(f);
}

TEST(fd_duplicates)
{
	struct file *f = make();

	closed = 0;
	CHECK_EQ(fd_install(f, 0, true), 0);
	CHECK_EQ(fd_get_cloexec(0), 1);
	CHECK_EQ(fd_dup(0, 5, false), 5);
	CHECK_EQ(fd_get_cloexec(5), 0);
	CHECK_EQ(fd_replace(7, make(), false), 7);
	CHECK_EQ(fd_replace(7, file_get(f), true), 7);
	CHECK_EQ(closed, 1);
	CHECK_EQ(fd_get_cloexec(7), 1);
	CHECK_EQ(fd_set_cloexec(7, false), 0);
	CHECK_EQ(fd_get_cloexec(7), 0);
	CHECK_EQ(fd_close(0), 0);
	CHECK_EQ(fd_close(5), 0);
	CHECK_EQ(closed, 1);
	CHECK_EQ(fd_close(7), 0);
	CHECK_EQ(closed, 2);
	CHECK_EQ(fd_dup(0, 0, false), -EBADF);
}

/* A reference taken before the close keeps the file alive. */
TEST(fd_close_while_in_use)
{
	struct file *f;

	closed = 0;
	CHECK_EQ(fd_install(make(), 0, false), 0);
	f = fd_get(0);
	CHECK_EQ(fd_close(0), 0);
	CHECK_EQ(closed, 0);
	file_put(f);
	CHECK_EQ(closed, 1);
}

TEST(io_checks)
{
	static const struct file_ops directory_ops = { .readdir = (int (*)(struct file *, struct vfs_dirent *))1 };
	struct file rd = { .ops = &ops, .flags = O_RDONLY }, wr = { .ops = &ops, .flags = O_WRONLY };
	struct file dir = { .ops = &directory_ops, .flags = O_RDONLY };
	char byte;

	CHECK_EQ(io_read(&rd, &byte, 1), 1);
	CHECK_EQ(io_write(&rd, &byte, 1), -EBADF);
	CHECK_EQ(io_read(&wr, &byte, 1), -EBADF);
	CHECK_EQ(io_write(&wr, &byte, 1), 1);
	CHECK_EQ(io_read(&dir, &byte, 1), -EISDIR);
	CHECK_EQ(io_read(&rd, &byte, (size_t)SSIZE_MAX + 1), -EINVAL);
	CHECK_EQ(io_pread(&rd, &byte, 1, 0), -ESPIPE);
	CHECK_EQ(io_pwrite(&wr, &byte, 1, 0), -ESPIPE);
	CHECK_EQ(io_pread(&rd, &byte, 1, -1), -EINVAL);
}

TEST(result_sets_errno)
{
	errno = 0;
	CHECK_EQ(libc_result(7), 7);
	CHECK_EQ(errno, 0);
	CHECK_EQ(libc_result(-ENOSPC), -1);
	CHECK_EQ(errno, ENOSPC);
}

TEST_MAIN
