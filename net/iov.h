/* SPDX-License-Identifier: BSD-2-Clause */
/* A walk over the caller's scattered buffers. Copying it keeps the place. */
#pragma once

#include <stddef.h>
#include <sys/uio.h>

struct iov {
	const struct iovec *vec;
	size_t count;       /* of vec, this one included */
	size_t offset;      /* into the first */
};

size_t iov_left(const struct iov *);
/* The contiguous piece at the walk's place, at most max bytes; 0 at the end. Does not move. */
size_t iov_piece(struct iov *, void **piece, size_t max);
void iov_advance(struct iov *, size_t len);
/* Copy between the walk's place and buf, move on, and return how much there was. */
size_t iov_copy_to(struct iov *, const void *buf, size_t len);
size_t iov_copy_from(struct iov *, void *buf, size_t len);
