/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * malloc() and its family. Each block is full of what its first bytes say, wherever it is looked
 * at: by who allocated it, after realloc() has moved it, or by another thread that frees it.
 */
#include "stress.h"
#include <stdlib.h>
#include <string.h>

#define SLOTS 16
#define STEPS 100
#define SHELF 8

struct block {
	size_t size; /* of fill */
	unsigned char mark;
	unsigned char fill[];
};

static struct block *_Atomic shelf[SHELF]; /* whence any worker takes them */

static bool all_are(const unsigned char *at, size_t size, unsigned char what)
{
	return size == 0 || (at[0] == what && memcmp(at, at + 1, size - 1) == 0);
}

static void check(const struct block *b)
{
	HOLDS(all_are(b->fill, b->size, b->mark));
}

/* Mostly small, now and then more than what the allocator keeps in hand. */
static size_t some_size(struct worker *w)
{
	return chance(w, 64) ? chance(w, 1u << (1 + chance(w, 12))) : chance(w, 300000);
}

static struct block *mark(struct worker *w, struct block *b, size_t size)
{
	HOLDS(b);
	b->size = size;
	b->mark = (unsigned char)chance(w, 256);
	memset(b->fill, b->mark, size);
	return b;
}

static struct block *aligned(struct worker *w, size_t size)
{
	size_t alignment = 16u << chance(w, 6);
	void *at;

	HOLDS(posix_memalign(&at, alignment, size) == 0);
	HOLDS((uintptr_t)at % alignment == 0);
	return at;
}

static struct block *zeroed(size_t size)
{
	unsigned char *at = calloc(1, size);

	HOLDS(at && all_are(at, size, 0));
	return (struct block *)at;
}

static struct block *make(struct worker *w)
{
	size_t size = some_size(w), whole = sizeof(struct block) + size;

	switch (chance(w, 8)) {
	case 0:
		return mark(w, aligned(w, whole), size);
	case 1:
		return mark(w, zeroed(whole), size);
	default:
		return mark(w, malloc(whole), size);
	}
}

static struct block *resize(struct worker *w, struct block *b)
{
	size_t size = some_size(w), kept = size < b->size ? size : b->size;

	b = realloc(b, sizeof *b + size);
	HOLDS(b && all_are(b->fill, kept, b->mark));
	return mark(w, b, size);
}

static void discard(struct block *b)
{
	if (b)
		check(b);
	free(b);
}

static struct block *swap_with_shelf(struct worker *w, struct block *b)
{
	return atomic_exchange(&shelf[chance(w, SHELF)], b);
}

static struct block *step(struct worker *w, struct block *b)
{
	if (!b)
		return make(w);
	check(b);
	switch (chance(w, 4)) {
	case 0:
		return resize(w, b);
	case 1:
		return swap_with_shelf(w, b);
	default:
		discard(b);
		return NULL;
	}
}

static void allocate(struct worker *w)
{
	struct block *slot[SLOTS] = { NULL };

	for (unsigned n = 0; n < STEPS; n++) {
		struct block **b = &slot[chance(w, SLOTS)];

		*b = step(w, *b);
	}
	for (unsigned i = 0; i < SLOTS; i++)
		discard(slot[i]);
}

static void finish(void)
{
	for (unsigned i = 0; i < SHELF; i++)
		discard(atomic_exchange(&shelf[i], NULL));
}

const struct part heap_part = { .name = "heap", .round = allocate, .finish = finish };
