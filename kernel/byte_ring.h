/* SPDX-License-Identifier: BSD-2-Clause */
/* A bounded queue of bytes. Knows nothing of locks: whoever shares one has one. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct byte_ring {
	char *data;
	uint32_t size;       /* a power of two; 0: nothing fits */
	uint32_t put, taken; /* run freely and wrap where they are used */
};

static inline uint32_t byte_ring_used(const struct byte_ring *r)
{
	return r->put - r->taken;
}

static inline uint32_t byte_ring_room(const struct byte_ring *r)
{
	return r->size - byte_ring_used(r);
}

/* Memory for one that has none; 0 or -ENOMEM. */
int byte_ring_init(struct byte_ring *, uint32_t size);

/* As much as fits, or is there; how much that was. */
size_t byte_ring_put(struct byte_ring *, const char *, size_t len);
size_t byte_ring_take(struct byte_ring *, char *, size_t len);

/* The oldest bytes that lie in one piece, which skipping takes out. */
const char *byte_ring_front(const struct byte_ring *, size_t *len);
static inline void byte_ring_skip(struct byte_ring *r, size_t len)
{
	r->taken += (uint32_t)len;
}
