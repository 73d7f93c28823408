/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Size classes of chunks: every multiple of 16 up to 1 KiB, from there four to each power of two,
 * up to 32 KiB. A request takes the class that it fits, a block is kept in the class that it fills,
 * so any block may be kept, whoever made it.
 */
#pragma once

#include "libc/malloc/chunk.h"

#define FINE_MAX     1024u
#define COARSE_MAX   32768u
#define FINE_CLASSES ((FINE_MAX - CHUNK_MIN) / CHUNK_ALIGN + 1)
#define PER_DOUBLING 4u
#define CLASSES      (FINE_CLASSES + 5 * PER_DOUBLING)

static inline unsigned fine_class(size_t chunk)
{
	return (unsigned)(chunk / CHUNK_ALIGN - CHUNK_MIN / CHUNK_ALIGN);
}

/*
 * The largest class that chunk, FINE_MAX < chunk <= COARSE_MAX, fills; 1024 itself is the last fine
 * one.
 */
static inline unsigned coarse_class(size_t chunk)
{
	unsigned log2 = 63 - (unsigned)__builtin_clzl(chunk);
	unsigned step = (unsigned)(chunk >> (log2 - 2)) & (PER_DOUBLING - 1);

	return FINE_CLASSES - 1 + (log2 - 10) * PER_DOUBLING + step;
}

/* The smallest chunk of a class. */
static inline size_t class_size(unsigned class)
{
	unsigned coarse = class - (FINE_CLASSES - 1);

	if (class < FINE_CLASSES)
		return CHUNK_MIN + class * CHUNK_ALIGN;
	return (size_t)(PER_DOUBLING + coarse % PER_DOUBLING) << (8 + coarse / PER_DOUBLING);
}

/* The class whose every chunk is as large as chunk. */
static inline unsigned class_for(size_t chunk)
{
	unsigned class;

	if (chunk <= FINE_MAX)
		return fine_class(chunk);
	class = coarse_class(chunk);
	return class_size(class) < chunk ? class + 1 : class;
}

/* The class that chunk fills. */
static inline unsigned class_of(size_t chunk)
{
	return chunk <= FINE_MAX ? fine_class(chunk) : coarse_class(chunk);
}
