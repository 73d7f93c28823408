/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pipes: a ring of bytes between two open files. One mutex guards all of it; whoever finds nothing to do waits on the queue of the
 * other side's progress. A write of up to PIPE_BUF bytes goes in whole, as POSIX wants.
 */
#define _GNU_SOURCE 1
#include "kernel/file.h"
#include "kernel/heap.h"
#include "libc/fd.h"
#include "libc/result.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define PIPE_SIZE 16384

struct pipe {
	struct mutex lock;
	struct wait_queue readable, writable;
	size_t head, used;          /* the ring: used bytes from head on */
	bool reader_open, writer_open;
	char ring[PIPE_SIZE];
};

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Under the lock, as the next. */
static size_t take_bytes(struct pipe *p, char *buf, size_t len)
{
	size_t n = min(len, p->used), first = min(n, PIPE_SIZE - p->head);

	memcpy(buf, p->ring + p->head, first);
	memcpy(buf + first, p->ring, n - first);
	p->head = (p->head + n) % PIPE_SIZE;
	p->used -= n;
	return n;
}

static size_t put_bytes(struct pipe *p, const char *buf, size_t len)
{
	size_t tail = (p->head + p->used) % PIPE_SIZE;
	size_t n = min(len, PIPE_SIZE - p->used), first = min(n, PIPE_SIZE - tail);

	memcpy(p->ring + tail, buf, first);
	memcpy(p->ring, buf + first, n - first);
	p->used += n;
	return n;
}

/* One try. -EAGAIN: nothing there now. */
static ssize_t try_read(struct pipe *p, char *buf, size_t len)
{
	ssize_t n;

	mutex_lock(&p->lock);
	n = take_bytes(p, buf, len);
	if (n == 0 && len && p->writer_open)
		n = -EAGAIN;
	mutex_unlock(&p->lock);
	if (n > 0)
		wait_queue_wake(&p->writable);
	return n;
}

/* One try, all or nothing where atomic. -EAGAIN: no room now. */
static ssize_t try_write(struct pipe *p, const char *buf, size_t len, bool atomic)
{
	ssize_t n = -EAGAIN;

	mutex_lock(&p->lock);
	if (!p->reader_open)
		n = -EPIPE;
	else if (PIPE_SIZE - p->used >= (atomic ? len : 1))
		n = put_bytes(p, buf, len);
	mutex_unlock(&p->lock);
	if (n > 0)
		wait_queue_wake(&p->readable);
	return n;
}

static bool nonblocking(struct file *f)
{
	return atomic_load_explicit(&f->flags, memory_order_relaxed) & O_NONBLOCK;
}

static ssize_t pipe_read(struct file *f, void *buf, size_t len)
{
	struct pipe *p = f->data;
	ssize_t n = try_read(p, buf, len);
	int error = 0;

	if (n == -EAGAIN && !nonblocking(f))
		error = wait_event_interruptible(&p->readable, (n = try_read(p, buf, len)) != -EAGAIN, DEADLINE_NEVER);
	return error ? error : n;
}

static ssize_t wait_and_write(struct pipe *p, const char *buf, size_t len, bool atomic)
{
	ssize_t n;
	int error = wait_event_interruptible(&p->writable, (n = try_write(p, buf, len, atomic)) != -EAGAIN, DEADLINE_NEVER);

	return error ? error : n;
}

static ssize_t pipe_write(struct file *f, const void *buf, size_t len)
{
	struct pipe *p = f->data;
	bool atomic = len <= PIPE_BUF;
	size_t done = 0;
	ssize_t n = 0;

	while (done < len) {
		n = try_write(p, (const char *)buf + done, len - done, atomic);
		if (n == -EAGAIN && !nonblocking(f))
			n = wait_and_write(p, (const char *)buf + done, len - done, atomic);
		if (n < 0)
			break;
		done += n;
	}
	return done ? (ssize_t)done : n;
}

static int pipe_stat(struct file *f, struct stat *st)
{
	(void)f;
	st->st_mode = S_IFIFO | S_IRUSR | S_IWUSR;
	st->st_nlink = 1;
	st->st_blksize = PIPE_BUF;
	return 0;
}

static short reader_poll(struct file *f, struct poll_table *table)
{
	struct pipe *p = f->data;
	short events;

	if (table)
		table->add(table, &p->readable);
	mutex_lock(&p->lock);
	events = (p->used ? POLLIN | POLLRDNORM : 0) | (p->writer_open ? 0 : POLLHUP);
	mutex_unlock(&p->lock);
	return events;
}

/* Ready means a write of PIPE_BUF bytes would not block. */
static short writer_poll(struct file *f, struct poll_table *table)
{
	struct pipe *p = f->data;
	short events;

	if (table)
		table->add(table, &p->writable);
	mutex_lock(&p->lock);
	events = (PIPE_SIZE - p->used >= PIPE_BUF ? POLLOUT | POLLWRNORM : 0) | (p->reader_open ? 0 : POLLERR);
	mutex_unlock(&p->lock);
	return events;
}

/* Closes the end that *open says; the second to close frees. */
static void close_end(struct pipe *p, bool *open, struct wait_queue *other_side)
{
	bool last;

	mutex_lock(&p->lock);
	*open = false;
	last = !p->reader_open && !p->writer_open;
	/* Under the lock, so that the other end cannot close and free in between. */
	wait_queue_wake(other_side);
	mutex_unlock(&p->lock);
	if (last)
		kfree(p);
}

static void reader_close(struct file *f)
{
	struct pipe *p = f->data;

	close_end(p, &p->reader_open, &p->writable);
}

static void writer_close(struct file *f)
{
	struct pipe *p = f->data;

	close_end(p, &p->writer_open, &p->readable);
}

static const struct file_ops reader_ops = {
	.read = pipe_read,
	.stat = pipe_stat,
	.poll = reader_poll,
	.close = reader_close,
};

static const struct file_ops writer_ops = {
	.write = pipe_write,
	.stat = pipe_stat,
	.poll = writer_poll,
	.close = writer_close,
};

static struct pipe *pipe_alloc(void)
{
	struct pipe *p = kzalloc(sizeof(*p));

	if (!p)
		return NULL;
	wait_queue_init(&p->readable);
	wait_queue_init(&p->writable);
	p->reader_open = p->writer_open = true;
	return p;
}

/* Both ends or none. */
static int open_ends(struct file *ends[2], unsigned flags)
{
	struct pipe *p = pipe_alloc();

	if (!p)
		return -ENOMEM;
	ends[0] = file_alloc(&reader_ops, O_RDONLY | flags, p);
	ends[1] = file_alloc(&writer_ops, O_WRONLY | flags, p);
	if (ends[0] && ends[1])
		return 0;
	p->reader_open = ends[0] != NULL;
	p->writer_open = ends[1] != NULL;
	if (ends[0])
		file_put(ends[0]);
	else if (ends[1])
		file_put(ends[1]);
	else
		kfree(p);
	return -ENOMEM;
}

int pipe2(int fds[2], int flags)
{
	struct file *ends[2];
	int error, reader, writer;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK))
		return libc_result(-EINVAL);
	error = open_ends(ends, flags & O_NONBLOCK);
	if (error)
		return libc_result(error);
	reader = fd_install(ends[0], 0, flags & O_CLOEXEC);
	if (reader < 0) {
		file_put(ends[1]);
		return libc_result(reader);
	}
	writer = fd_install(ends[1], 0, flags & O_CLOEXEC);
	if (writer < 0) {
		fd_close(reader);
		return libc_result(writer);
	}
	fds[0] = reader;
	fds[1] = writer;
	return 0;
}

int pipe(int fds[2])
{
	return pipe2(fds, 0);
}
