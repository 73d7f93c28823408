/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What there is to know of newlib's allocator (Doug Lea's, newlib/libc/stdlib/_mallocr.c): the word
 * before a block is its chunk's size, that word included, a multiple of 16 and at least 32; the low
 * bits speak of the neighbours and may change under us.
 */
#pragma once

#include <stddef.h>

#define CHUNK_ALIGN  16u
#define CHUNK_MIN    32u
#define CHUNK_HEADER sizeof(size_t)

static inline size_t chunk_size(const void *block)
{
	return __atomic_load_n((const size_t *)block - 1, __ATOMIC_RELAXED) &
	       ~(size_t)(CHUNK_ALIGN - 1);
}

static inline size_t chunk_usable(const void *block)
{
	return chunk_size(block) - CHUNK_HEADER;
}

/* The chunk that size bytes need. size is not near SIZE_MAX. */
static inline size_t chunk_for(size_t size)
{
	size_t chunk = (size + CHUNK_HEADER + CHUNK_ALIGN - 1) & ~(size_t)(CHUNK_ALIGN - 1);

	return chunk < CHUNK_MIN ? CHUNK_MIN : chunk;
}
