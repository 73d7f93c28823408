/* SPDX-License-Identifier: BSD-2-Clause */
/* sendfile(2), by way of a buffer: it saves the app's own loop, not the copy. */
#include "kernel/file.h"
#include "libc/cancel.h"
#include "libc/fd.h"
#include "libc/io.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <unistd.h>

#define CHUNK 32768

/*
 * One chunk from in at *at. What a short write left over is read again next time, so that the
 * offset stays true. Bytes moved, 0 at the end of the file, or -errno.
 */
static ssize_t send_chunk(struct file *out, struct file *in, off_t *at, char *buf, size_t len)
{
	ssize_t n = io_pread(in, buf, len < CHUNK ? len : CHUNK, *at);

	if (n > 0)
		n = io_write(out, buf, n);
	if (n > 0)
		*at += n;
	return n;
}

static ssize_t send_range(struct file *out, struct file *in, off_t *at, size_t count)
{
	char *buf = malloc(CHUNK);
	ssize_t n = 0;
	size_t done = 0;

	if (!buf)
		return -ENOMEM;
	while (done < count && (n = send_chunk(out, in, at, buf, count - done)) > 0)
		done += n;
	free(buf);
	return done ? (ssize_t)done : n;
}

/* Without an offset the file's own moves. */
static ssize_t send_file(struct file *out, struct file *in, off_t *offset, size_t count)
{
	off_t at;
	ssize_t n;

	if (!in->ops->pread || !in->ops->seek)
		return -EINVAL;
	if (offset)
		return send_range(out, in, offset, count);
	at = in->ops->seek(in, 0, SEEK_CUR);
	if (at < 0)
		return at;
	n = send_range(out, in, &at, count);
	in->ops->seek(in, at, SEEK_SET);
	return n;
}

ssize_t sendfile(int out_fd, int in_fd, off_t *offset, size_t count)
{
	struct file *out = fd_get(out_fd), *in = fd_get(in_fd);
	ssize_t n = out && in ? send_file(out, in, offset, count) : -EBADF;

	if (out)
		file_put(out);
	if (in)
		file_put(in);
	return cancel_result(n);
}
