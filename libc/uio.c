/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scattered reads and writes, piece by piece: they end at the first piece that comes up short, as a
 * single call would. A small write is gathered first, so that a pipe sees it whole and TCP makes
 * one segment of a header and its body.
 */
#include "libc/cancel.h"
#include "libc/fd.h"
#include "libc/io.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/uio.h>

struct transfer {
	struct file *file;
	bool writing;
	off_t at; /* AT_FILE_OFFSET: where the file stands */
};

#define AT_FILE_OFFSET (-1)

static ssize_t transfer_piece(struct transfer *t, const struct iovec *piece)
{
	ssize_t n;

	if (t->at == AT_FILE_OFFSET)
		return t->writing ? io_write(t->file, piece->iov_base, piece->iov_len)
				  : io_read(t->file, piece->iov_base, piece->iov_len);
	n = t->writing ? io_pwrite(t->file, piece->iov_base, piece->iov_len, t->at)
		       : io_pread(t->file, piece->iov_base, piece->iov_len, t->at);
	if (n > 0)
		t->at += n;
	return n;
}

/* The sum of the lengths, or -EINVAL where it does not fit the result. */
static ssize_t vector_length(const struct iovec *iov, int count)
{
	size_t sum = 0;

	if (count < 0 || count > IOV_MAX)
		return -EINVAL;
	for (int i = 0; i < count; i++) {
		if (iov[i].iov_len > SSIZE_MAX - sum)
			return -EINVAL;
		sum += iov[i].iov_len;
	}
	return sum;
}

static ssize_t write_gathered(struct transfer *t, const struct iovec *iov, int count)
{
	char buf[PIPE_BUF];
	struct iovec whole = { buf, 0 };

	for (int i = 0; i < count; i++) {
		memcpy(buf + whole.iov_len, iov[i].iov_base, iov[i].iov_len);
		whole.iov_len += iov[i].iov_len;
	}
	return transfer_piece(t, &whole);
}

/* Having read something, the call must not block for more. */
static bool may_go_on(struct transfer *t)
{
	const struct file_ops *ops = t->file->ops;

	return t->writing || !ops->poll || (ops->poll(t->file, NULL) & POLLIN);
}

static ssize_t transfer(struct transfer *t, const struct iovec *iov, int count)
{
	ssize_t done = 0;

	for (int i = 0; i < count && (!done || may_go_on(t)); i++) {
		ssize_t n = transfer_piece(t, &iov[i]);

		if (n < 0)
			return done ? done : n;
		done += n;
		if ((size_t)n < iov[i].iov_len)
			break;
	}
	return done;
}

static ssize_t transfer_vector(int fd, const struct iovec *iov, int count, bool writing, off_t at)
{
	struct transfer t = { .writing = writing, .at = at };
	ssize_t n = vector_length(iov, count);

	cancel_point();
	if (n < 0)
		return libc_result(n);
	t.file = fd_get(fd);
	if (!t.file)
		return libc_result(-EBADF);
	if (writing && n <= PIPE_BUF)
		n = write_gathered(&t, iov, count);
	else
		n = transfer(&t, iov, count);
	file_put(t.file);
	return cancel_result(n);
}

ssize_t readv(int fd, const struct iovec *iov, int count)
{
	return transfer_vector(fd, iov, count, false, AT_FILE_OFFSET);
}

ssize_t writev(int fd, const struct iovec *iov, int count)
{
	return transfer_vector(fd, iov, count, true, AT_FILE_OFFSET);
}

ssize_t preadv(int fd, const struct iovec *iov, int count, off_t at)
{
	return at < 0 ? libc_result(-EINVAL) : transfer_vector(fd, iov, count, false, at);
}

ssize_t pwritev(int fd, const struct iovec *iov, int count, off_t at)
{
	return at < 0 ? libc_result(-EINVAL) : transfer_vector(fd, iov, count, true, at);
}
