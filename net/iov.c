/* SPDX-License-Identifier: BSD-2-Clause */
/* The walk over an iovec array. */
#include "net/iov.h"
#include <string.h>

size_t iov_left(const struct iov *iov)
{
	size_t left = 0;

	for (size_t i = 0; i < iov->count; i++)
		left += iov->vec[i].iov_len;
	return left - iov->offset;
}

size_t iov_piece(struct iov *iov, void **piece, size_t max)
{
	size_t len;

	while (iov->count > 0 && iov->offset == iov->vec->iov_len) {
		iov->vec++;
		iov->count--;
		iov->offset = 0;
	}
	if (iov->count == 0)
		return 0;
	*piece = (char *)iov->vec->iov_base + iov->offset;
	len = iov->vec->iov_len - iov->offset;
	return len < max ? len : max;
}

void iov_advance(struct iov *iov, size_t len)
{
	void *piece;
	size_t n;

	for (; len > 0 && (n = iov_piece(iov, &piece, len)) > 0; len -= n)
		iov->offset += n;
}

size_t iov_copy_to(struct iov *iov, const void *buf, size_t len)
{
	size_t done = 0, n;
	void *piece;

	for (; done < len && (n = iov_piece(iov, &piece, len - done)) > 0; done += n) {
		memcpy(piece, (const char *)buf + done, n);
		iov->offset += n;
	}
	return done;
}

size_t iov_copy_from(struct iov *iov, void *buf, size_t len)
{
	size_t done = 0, n;
	void *piece;

	for (; done < len && (n = iov_piece(iov, &piece, len - done)) > 0; done += n) {
		memcpy((char *)buf + done, piece, n);
		iov->offset += n;
	}
	return done;
}
