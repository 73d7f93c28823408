/* SPDX-License-Identifier: BSD-2-Clause */
/* A bounded queue of bytes: see byte_ring.h. */
#include "kernel/byte_ring.h"
#include "kernel/heap.h"
#include <errno.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

int byte_ring_init(struct byte_ring *r, uint32_t size)
{
	if (r->data)
		return 0;
	r->data = kmalloc(size);
	if (!r->data)
		return -ENOMEM;
	r->size = size;
	return 0;
}

size_t byte_ring_put(struct byte_ring *r, const char *text, size_t len)
{
	size_t n = least(len, byte_ring_room(r));
	size_t at = n ? r->put & (r->size - 1) : 0, first = least(n, r->size - at);

	if (n == 0)
		return 0;
	memcpy(r->data + at, text, first);
	memcpy(r->data, text + first, n - first);
	r->put += (uint32_t)n;
	return n;
}

const char *byte_ring_front(const struct byte_ring *r, size_t *len)
{
	size_t at = r->taken & (r->size - 1);

	*len = least(byte_ring_used(r), r->size - at);
	return *len ? r->data + at : NULL;
}

size_t byte_ring_take(struct byte_ring *r, char *buf, size_t len)
{
	size_t total = 0, n;

	do {
		const char *piece = byte_ring_front(r, &n);

		n = least(n, len - total);
		if (n)
			memcpy(buf + total, piece, n);
		byte_ring_skip(r, n);
		total += n;
	} while (n && total < len);
	return total;
}
