/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * malloc() and its kin: newlib's allocator behind its lock, and before it a store of free blocks
 * for each thread, by size class. Blocks go to and from the allocator several at a time. A class's
 * share grows while it is used up between visits, so a program that needs few blocks does not
 * hoard; and all of a thread's store is bounded.
 *
 * To the allocator a stored block is in use, so newlib's own calls, which go straight to it, mix
 * with these at will, and so do threads: a block freed by another thread than its maker is simply
 * that one's now.
 */
#include "kernel/log.h"
#include "kernel/page.h"
#include "libc/malloc/malloc_cache.h"
#include "libc/malloc/size_class.h"
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * A free block, in its own first words. owner tells a block that is in the store from one in use,
 * most likely.
 */
struct block {
	struct block *next;
	struct cache *owner;
};

struct bin {
	struct block *first;
	unsigned count, share; /* what it holds, and may hold */
};

struct cache {
	size_t bytes, limit;
	struct bin bins[CLASSES];
};

#define BIN_BYTES   16384u /* of one class, but at least BIN_MIN blocks */
#define BIN_MIN     4u
#define BIN_MAX     64u
#define CACHE_BYTES (256u << 10)
#define CACHE_PART  64u /* of the memory there is, on small machines */

static _Thread_local struct cache *own;

static size_t cache_limit(void)
{
	size_t part = page_count_total() * PAGE_SIZE / CACHE_PART;

	return part < CACHE_BYTES ? part : CACHE_BYTES;
}

static unsigned share_max(unsigned class)
{
	unsigned n = (unsigned)(BIN_BYTES / class_size(class));

	return n < BIN_MIN ? BIN_MIN : n > BIN_MAX ? BIN_MAX : n;
}

static void grow_share(struct bin *bin, unsigned class)
{
	unsigned max = share_max(class), share = bin->share ? bin->share * 2 : 2;

	bin->share = share < max ? share : max;
}

static inline void put(struct cache *c, struct bin *bin, void *p, size_t size)
{
	struct block *b = p;

	b->next = bin->first;
	b->owner = c;
	bin->first = b;
	bin->count++;
	c->bytes += size;
}

static inline void *take(struct cache *c, struct bin *bin, size_t size)
{
	struct block *b = bin->first;

	bin->first = b->next;
	bin->count--;
	c->bytes -= size;
	b->owner = NULL;
	return b;
}

/* Gives back to the allocator all but keep. */
static void shrink(struct cache *c, unsigned class, unsigned keep)
{
	struct bin *bin = &c->bins[class];

	__malloc_lock(NULL);
	while (bin->count > keep)
		_free_r(NULL, take(c, bin, class_size(class)));
	__malloc_unlock(NULL);
}

static void shrink_all(struct cache *c)
{
	__malloc_lock(NULL);
	for (unsigned class = 0; class < CLASSES; class ++)
		shrink(c, class, 0);
	__malloc_unlock(NULL);
}

static struct cache *make_cache(void)
{
	if (!malloc_cache_wanted)
		return NULL;
	own = _calloc_r(NULL, 1, sizeof(*own));
	if (own)
		own->limit = cache_limit();
	return own;
}

void malloc_cache_flush(void)
{
	struct cache *c = own;

	malloc_cache_wanted = false;
	own = NULL;
	if (!c)
		return;
	shrink_all(c);
	_free_r(NULL, c);
}

/* One for the caller; and as many more as half the class's share, as long as memory is plenty. */
static void *refill(struct cache *c, unsigned class)
{
	struct bin *bin = &c->bins[class];
	size_t size = class_size(class) - CHUNK_HEADER;
	void *p, *more;

	grow_share(bin, class);
	__malloc_lock(NULL);
	p = _malloc_r(NULL, size);
	for (unsigned n = bin->share / 2; p && n > 1 && c->bytes < c->limit / 2; n--) {
		more = _malloc_r(NULL, size);
		if (!more)
			break;
		put(c, bin, more, class_size(class));
	}
	__malloc_unlock(NULL);
	return p;
}

/* What the thread keeps may be what is missing. */
static void *allocate(struct cache *c, size_t size)
{
	void *p = _malloc_r(NULL, size);

	if (p || !c || !c->bytes)
		return p;
	shrink_all(c);
	return _malloc_r(NULL, size);
}

static __attribute__((noinline)) void *malloc_slowly(size_t size)
{
	struct cache *c = own ? own : make_cache();
	unsigned class;
	void *p = NULL;

	if (!c || size > COARSE_MAX - CHUNK_HEADER)
		return allocate(c, size);
	class = class_for(chunk_for(size));
	if (c->bins[class].first)
		return take(c, &c->bins[class], class_size(class));
	p = refill(c, class);
	return p ? p : allocate(c, size);
}

void *malloc(size_t size)
{
	struct cache *c = own;
	struct bin *bin;
	size_t chunk;

	if (!c || size > FINE_MAX - CHUNK_HEADER)
		return malloc_slowly(size);
	chunk = chunk_for(size);
	bin = &c->bins[fine_class(chunk)];
	return bin->first ? take(c, bin, chunk) : malloc_slowly(size);
}

/* A block in use may look so by chance; a block in the store is found there. */
static void check_not_free(struct bin *bin, void *p)
{
	for (struct block *b = bin->first; b; b = b->next) {
		if (b != p)
			continue;
		log_err("free: %p is free already", p);
		abort();
	}
	((struct block *)p)->owner = NULL;
}

/* The class is full: it gets a larger share while that is small, else half of it goes back. */
static void overflow(struct cache *c, unsigned class)
{
	struct bin *bin = &c->bins[class];

	if (bin->share < share_max(class))
		grow_share(bin, class);
	else
		shrink(c, class, bin->share / 2);
	if (c->bytes > c->limit)
		shrink_all(c);
}

static __attribute__((noinline)) void free_slowly(void *p)
{
	struct cache *c = own ? own : make_cache();
	size_t chunk = chunk_size(p);
	unsigned class;

	if (!c || chunk > COARSE_MAX) {
		_free_r(NULL, p);
		return;
	}
	class = class_of(chunk);
	if (((struct block *)p)->owner == c)
		check_not_free(&c->bins[class], p);
	put(c, &c->bins[class], p, class_size(class));
	if (c->bins[class].count > c->bins[class].share || c->bytes > c->limit)
		overflow(c, class);
}

void free(void *p)
{
	struct cache *c = own;
	struct bin *bin;
	size_t chunk;

	if (!p)
		return;
	chunk = chunk_size(p);
	if (c && chunk <= FINE_MAX) {
		bin = &c->bins[fine_class(chunk)];
		if (bin->count < bin->share && c->bytes <= c->limit &&
		    ((struct block *)p)->owner != c) {
			put(c, bin, p, chunk);
			return;
		}
	}
	free_slowly(p);
}

void *calloc(size_t count, size_t size)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	if (bytes > COARSE_MAX - CHUNK_HEADER)
		return _calloc_r(NULL, count, size);
	p = malloc(bytes);
	__asm__("" : "+r"(p)); /* or the compiler sees what this is, and calls calloc() */
	return p ? memset(p, 0, bytes) : NULL;
}

/*
 * It stays where it is if that is not a waste; large ones may grow in place, which the allocator
 * knows.
 */
void *realloc(void *p, size_t size)
{
	size_t old;
	void *moved;

	if (!p)
		return malloc(size);
	old = chunk_usable(p);
	if (size <= old && size >= old / 2)
		return p;
	if (size > COARSE_MAX - CHUNK_HEADER || old > COARSE_MAX)
		return _realloc_r(NULL, p, size);
	moved = malloc(size);
	if (!moved)
		return size <= old ? p : NULL;
	memcpy(moved, p, size < old ? size : old);
	free(p);
	return moved;
}
