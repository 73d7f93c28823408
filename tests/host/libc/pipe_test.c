/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipes, and waiting for descriptors, with real threads of the kernel (over ucontext) that write and read in the meantime.
 *
 * Links: libc/pipe.c libc/poll.c libc/select.c libc/fd.c libc/io.c libc/result.c kernel/file.c kernel/mutex.c kernel/wait.c
 * Links: kernel/futex.c kernel/thread.c kernel/sched.c kernel/sched_place.c kernel/timer.c
 */
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "kernel/thread.h"
#include "libc/fd.h"
#include "libc/io.h"
#include "libc/poll.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/select.h>
#include <unistd.h>

#define MS 1000000ull
#define PIPE_SIZE 16384

static void start(void)
{
	static bool up;

	if (up)
		return;
	up = true;
	thread_init();
}

static ssize_t get(int fd, void *buf, size_t len)
{
	struct file *f = fd_get(fd);
	ssize_t n = io_read(f, buf, len);

	file_put(f);
	return n;
}

static ssize_t put(int fd, const void *buf, size_t len)
{
	struct file *f = fd_get(fd);
	ssize_t n = io_write(f, buf, len);

	file_put(f);
	return n;
}

static short poll_one(int fd, short events, uint64_t deadline)
{
	struct pollfd p = { fd, events, 0 };

	poll_wait(&p, 1, deadline);
	return p.revents;
}

TEST(pipe_simple)
{
	char buf[8] = "";
	size_t before;
	int fds[2];

	start();
	before = shim_allocated();
	CHECK_EQ(pipe2(fds, O_NONBLOCK), 0);
	CHECK_EQ(get(fds[0], buf, 8), -EAGAIN);
	CHECK_EQ(put(fds[1], "abc", 3), 3);
	CHECK_EQ(put(fds[1], "de", 2), 2);
	CHECK_EQ(get(fds[0], buf, 4), 4);
	CHECK_EQ(get(fds[0], buf + 4, 4), 1);
	CHECK_STR(buf, "abcde");
	CHECK_EQ(get(fds[0], buf, 0), 0);
	CHECK_EQ(get(fds[1], buf, 1), -EBADF);
	CHECK_EQ(put(fds[0], buf, 1), -EBADF);
	fd_close(fds[1]);
	CHECK_EQ(get(fds[0], buf, 8), 0);
	fd_close(fds[0]);
	CHECK_EQ(pipe2(fds, 1 << 30), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(shim_allocated(), before);
}

TEST(pipe_broken)
{
	int fds[2];

	start();
	CHECK_EQ(pipe2(fds, 0), 0);
	CHECK_EQ(put(fds[1], "x", 1), 1);
	fd_close(fds[0]);
	CHECK_EQ(put(fds[1], "x", 1), -EPIPE);
	CHECK(poll_one(fds[1], POLLOUT, 0) & POLLERR);
	fd_close(fds[1]);
}

/* Up to PIPE_BUF bytes go in whole or not at all; more, as many as there is room for. */
TEST(pipe_full)
{
	static char big[PIPE_SIZE + 100];
	int fds[2];

	start();
	CHECK_EQ(pipe2(fds, O_NONBLOCK), 0);
	CHECK_EQ(put(fds[1], big, sizeof(big)), PIPE_SIZE);
	CHECK_EQ(put(fds[1], big, 1), -EAGAIN);
	CHECK_EQ(poll_one(fds[1], POLLOUT, 0), 0);
	CHECK_EQ(get(fds[0], big, 10), 10);
	CHECK_EQ(put(fds[1], big, 11), -EAGAIN);
	CHECK_EQ(put(fds[1], big, 10), 10);
	CHECK_EQ(get(fds[0], big, PIPE_BUF - 1), PIPE_BUF - 1);
	CHECK_EQ(poll_one(fds[1], POLLOUT, 0), 0);
	CHECK_EQ(get(fds[0], big, 1), 1);
	CHECK_EQ(poll_one(fds[1], POLLOUT, 0), POLLOUT);
	fd_close(fds[0]);
	fd_close(fds[1]);
}

TEST(pipe_out_of_memory)
{
	size_t before;
	int fds[2];

	start();
	before = shim_allocated();
	for (unsigned n = 1; n <= 3; n++) {
		shim_fail_alloc = n;
		CHECK_EQ(pipe2(fds, 0), -1);
		CHECK_EQ(errno, ENOMEM);
		shim_fail_alloc = 0;
		CHECK_EQ(shim_allocated(), before);
	}
}

enum { STREAM = 500000 };
static int stream[2];

static void write_stream(void *unused)
{
	static unsigned char buf[7000];
	unsigned sent = 0;

	(void)unused;
	while (sent < STREAM) {
		size_t len = 1 + sent % sizeof(buf);

		for (size_t i = 0; i < len; i++)
			buf[i] = (sent + i) * 7;
		CHECK_EQ(put(stream[1], buf, len), len);
		sent += len;
	}
	fd_close(stream[1]);
}

/* Both sides block in turn; every byte arrives in order. */
TEST(pipe_stream)
{
	unsigned char buf[3000];
	struct thread *writer;
	unsigned got = 0, wrong = 0;
	ssize_t n;

	start();
	CHECK_EQ(pipe2(stream, 0), 0);
	writer = thread_create("writer", PRIO_APP, 0, write_stream, NULL);
	while ((n = get(stream[0], buf, 1 + got % sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			wrong += buf[i] != (unsigned char)(got++ * 7);
	CHECK_EQ(n, 0);
	CHECK(got >= STREAM);
	CHECK_EQ(wrong, 0);
	thread_join(writer);
	fd_close(stream[0]);
}

static void write_later(void *fd)
{
	thread_sleep_until(shim_now_ns + 5 * MS);
	put((int)(long)fd, "x", 1);
}

TEST(poll_wakes)
{
	uint64_t begin = shim_now_ns;
	struct thread *writer;
	size_t before;
	int fds[2];

	start();
	before = shim_allocated();
	CHECK_EQ(pipe2(fds, 0), 0);
	writer = thread_create("writer", PRIO_APP, 0, write_later, (void *)(long)fds[1]);
	CHECK_EQ(poll_one(fds[0], POLLIN, DEADLINE_NEVER), POLLIN);
	CHECK(shim_now_ns >= begin + 5 * MS);
	thread_join(writer);
	fd_close(fds[0]);
	fd_close(fds[1]);
	CHECK_EQ(shim_allocated(), before);
}

TEST(poll_times_out)
{
	uint64_t begin = shim_now_ns;
	int fds[2];

	start();
	CHECK_EQ(pipe2(fds, 0), 0);
	CHECK_EQ(poll_one(fds[0], POLLIN, begin + 3 * MS), 0);
	CHECK(shim_now_ns >= begin + 3 * MS);
	CHECK_EQ(poll_wait(NULL, 0, shim_now_ns + MS), 0);
	fd_close(fds[0]);
	fd_close(fds[1]);
}

static void close_later(void *fd)
{
	thread_sleep_until(shim_now_ns + 5 * MS);
	fd_close((int)(long)fd);
}

/* The descriptor being waited for is closed by another thread: the file lives until the wait is over. */
TEST(poll_while_closed)
{
	struct thread *closer;
	int fds[2];

	start();
	CHECK_EQ(pipe2(fds, 0), 0);
	closer = thread_create("closer", PRIO_APP, 0, close_later, (void *)(long)fds[0]);
	CHECK_EQ(poll_one(fds[0], POLLIN, shim_now_ns + 20 * MS), POLLNVAL);
	thread_join(closer);
	CHECK_EQ(put(fds[1], "x", 1), -EPIPE);
	fd_close(fds[1]);
}

enum { MANY = 300 };

/* More queues than the first chunk holds, and the heap giving out on the way. */
TEST(poll_many)
{
	static struct pollfd p[MANY];
	static int writers[MANY];
	struct thread *writer;
	size_t before;

	start();
	for (int i = 0; i < MANY; i++) {
		int fds[2];

		CHECK_EQ(pipe2(fds, 0), 0);
		p[i] = (struct pollfd){ fds[0], POLLIN, 0 };
		writers[i] = fds[1];
	}
	before = shim_allocated();
	shim_fail_alloc = 3;
	CHECK_EQ(poll_wait(p, MANY, DEADLINE_NEVER), -ENOMEM);
	shim_fail_alloc = 0;
	writer = thread_create("writer", PRIO_APP, 0, write_later, (void *)(long)writers[MANY - 1]);
	CHECK_EQ(poll_wait(p, MANY, DEADLINE_NEVER), 1);
	CHECK_EQ(p[MANY - 1].revents, POLLIN);
	thread_join(writer);
	CHECK_EQ(shim_allocated(), before);
	for (int i = 0; i < MANY; i++) {
		fd_close(p[i].fd);
		fd_close(writers[i]);
	}
}

TEST(poll_kinds)
{
	static const struct file_ops ready_ops = { 0 };
	struct pollfd p[4] = { { -1, POLLIN, 1 }, { 77, 0, 0 }, { 0, POLLIN | POLLOUT, 0 }, { 0, 0, 0 } };

	start();
	p[2].fd = p[3].fd = fd_install(file_alloc(&ready_ops, O_RDWR, NULL), 0, false);
	CHECK_EQ(poll_wait(p, 4, DEADLINE_NEVER), 2);
	CHECK_EQ(p[0].revents, 0);
	CHECK_EQ(p[1].revents, POLLNVAL);
	CHECK_EQ(p[2].revents, POLLIN | POLLOUT);
	CHECK_EQ(p[3].revents, 0);
	fd_close(p[2].fd);
}

TEST(select_sets)
{
	struct timeval none = { 0 }, wrong = { 0, 1000000 };
	fd_set in, out;
	int fds[2];

	start();
	CHECK_EQ(pipe2(fds, 0), 0);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(fds[0], &in);
	FD_SET(fds[1], &out);
	CHECK_EQ(select(fds[1] + 1, &in, &out, NULL, &none), 1);
	CHECK(!FD_ISSET(fds[0], &in) && FD_ISSET(fds[1], &out));
	put(fds[1], "x", 1);
	FD_SET(fds[0], &in);
	CHECK_EQ(select(fds[1] + 1, &in, &out, NULL, NULL), 2);
	FD_SET(77, &in);
	CHECK_EQ(select(78, &in, NULL, NULL, &none), -1);
	CHECK_EQ(errno, EBADF);
	CHECK_EQ(select(-1, NULL, NULL, NULL, &none), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(select(0, NULL, NULL, NULL, &wrong), -1);
	CHECK_EQ(errno, EINVAL);
	fd_close(fds[0]);
	fd_close(fds[1]);
}

TEST_MAIN
