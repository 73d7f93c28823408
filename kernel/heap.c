/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's heap. Small objects come from slabs: one page each, holding objects of one size, its
 * header at the page's start with one bit per object. Larger ones are whole pages, remembered in a
 * hash table. So an address on a page boundary is a large one, any other lies in a slab, and
 * kfree() can tell every address that it never gave out. Neither objects nor free memory carry
 * links that a stray write could bend.
 *
 * Each size has its lock, so that CPUs seldom meet; taken with interrupts off, as all of it may be
 * called there.
 */
#include "kernel/heap.h"
#include "kernel/list.h"
#include "kernel/page.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define SLAB_HEADER 64u
#define SLAB_MAX    2016u /* two of them fill a slab; anything larger takes pages */
#define SLAB_WORDS  4u    /* bits for the 252 smallest objects */
#define SLAB_MAGIC  0x51ab51abu

struct slab {
	struct list node;          /* in its size's list, while any object is free */
	uint32_t magic;            /* SLAB_MAGIC; zeroed when the page goes back */
	uint8_t size_index;
	uint8_t nfree;
	uint64_t free[SLAB_WORDS]; /* bit n: object n is free */
};

static_assert(sizeof(struct slab) <= SLAB_HEADER, "the first object would overlap the header");

struct size {
	struct spinlock lock;
	struct list partial; /* slabs with a free object; next NULL: never used */
};

/* Chosen so that slabs leave little over; the powers of two serve kmalloc_aligned() as well. */
static const uint16_t object_size[] = {
	16, 32, 48, 64, 96, 128, 192, 256, 336, 512, 672, 1008, 1344, SLAB_MAX
};

/* Which size serves n units of 16 bytes. */
static const uint8_t size_index[SLAB_MAX / 16 + 1] = {
	[1] = 0, [2] = 1, [3] = 2, [4] = 3, [5 ... 6] = 4, [7 ... 8] = 5, [9 ... 12] = 6,
	[13 ... 16] = 7, [17 ... 21] = 8, [22 ... 32] = 9, [33 ... 42] = 10, [43 ... 63] = 11,
	[64 ... 84] = 12, [85 ... 126] = 13,
};

#define SIZES (sizeof(object_size) / sizeof(object_size[0]))

static struct size sizes[SIZES];

/* A large allocation; its own memory is untouched by the heap. */
struct large {
	struct large *next;
	void *pages;
	size_t npages;
};

#define LARGE_BUCKETS 64u

static struct spinlock large_lock = SPINLOCK_INIT;
static struct large *large_table[LARGE_BUCKETS];

static unsigned objects_per_slab(unsigned index)
{
	return (PAGE_SIZE - SLAB_HEADER) / object_size[index];
}

/* Objects end where the page ends, so those of a power-of-two size are aligned to it. */
static char *slab_objects(struct slab *slab)
{
	unsigned bytes = objects_per_slab(slab->size_index) * object_size[slab->size_index];

	return (char *)slab + PAGE_SIZE - bytes;
}

static struct slab *slab_create(unsigned index)
{
	struct slab *slab = page_alloc(1);
	unsigned n = objects_per_slab(index);

	if (!slab)
		return NULL;
	*slab = (struct slab){
		.magic = SLAB_MAGIC, .size_index = (uint8_t)index, .nfree = (uint8_t)n
	};
	list_init(&slab->node);
	for (unsigned w = 0; w < SLAB_WORDS && n > 0; w++) {
		slab->free[w] = n >= 64 ? ~0ull : (1ull << n) - 1;
		n -= n >= 64 ? 64 : n;
	}
	return slab;
}

/* A slab with a free object at the front of the list, or NULL. */
static struct slab *slab_with_room(struct size *size, unsigned index)
{
	struct slab *slab;

	if (!size->partial.next)
		list_init(&size->partial);
	if (!list_empty(&size->partial))
		return container_of(size->partial.next, struct slab, node);
	slab = slab_create(index);
	if (slab)
		list_push_front(&size->partial, &slab->node);
	return slab;
}

static void *slab_take(struct slab *slab)
{
	unsigned w = 0, bit;

	while (!slab->free[w])
		w++;
	bit = (unsigned)__builtin_ctzll(slab->free[w]);
	slab->free[w] &= slab->free[w] - 1;
	if (--slab->nfree == 0)
		list_remove(&slab->node);
	return slab_objects(slab) + (w * 64 + bit) * object_size[slab->size_index];
}

static void *small_alloc(unsigned index)
{
	struct size *size = &sizes[index];
	irq_state s = spin_lock(&size->lock);
	struct slab *slab = slab_with_room(size, index);
	void *p = slab ? slab_take(slab) : NULL;

	spin_unlock(&size->lock, s);
	return p;
}

/*
 * The last empty slab of a size stays, so that alternating kmalloc and kfree do not make and unmake
 * it each time.
 */
static bool slab_is_spare(struct size *size, struct slab *slab)
{
	bool alone = size->partial.next == &slab->node && size->partial.prev == &slab->node;

	return slab->nfree == objects_per_slab(slab->size_index) && !alone;
}

static void slab_give(struct size *size, struct slab *slab, unsigned i, void *p)
{
	uint64_t bit = 1ull << (i % 64);

	if (slab->free[i / 64] & bit)
		panic("kfree: %p is free already", p);
	slab->free[i / 64] |= bit;
	if (slab->nfree++ == 0)
		list_push_front(&size->partial, &slab->node);
}

static void small_free(void *p)
{
	struct slab *slab = (struct slab *)page_align_down((uint64_t)p);
	struct size *size;
	bool spare;
	size_t offset;
	irq_state s;

	if (slab->magic != SLAB_MAGIC || slab->size_index >= SIZES)
		panic("kfree: %p was never allocated, or its page's header was overwritten", p);
	size = &sizes[slab->size_index];
	offset = (size_t)((char *)p - slab_objects(slab));
	if ((char *)p < slab_objects(slab) || offset % object_size[slab->size_index])
		panic("kfree: %p is not the start of an object", p);
	s = spin_lock(&size->lock);
	slab_give(size, slab, (unsigned)(offset / object_size[slab->size_index]), p);
	spare = slab_is_spare(size, slab);
	if (spare) {
		list_remove(&slab->node);
		slab->magic = 0;
	}
	spin_unlock(&size->lock, s);
	if (spare)
		page_free(slab, 1);
}

static struct large **large_bucket(const void *pages)
{
	return &large_table[(uint64_t)pages / PAGE_SIZE % LARGE_BUCKETS];
}

static void *large_alloc(size_t size)
{
	size_t npages = size / PAGE_SIZE + (size % PAGE_SIZE != 0);
	struct large *l = kmalloc(sizeof(*l));
	struct large **bucket;
	irq_state s;

	if (l)
		*l = (struct large){ .pages = page_alloc(npages), .npages = npages };
	if (!l || !l->pages) {
		kfree(l);
		return NULL;
	}
	bucket = large_bucket(l->pages);
	s = spin_lock(&large_lock);
	l->next = *bucket;
	*bucket = l;
	spin_unlock(&large_lock, s);
	return l->pages;
}

static void large_free(void *pages)
{
	irq_state s = spin_lock(&large_lock);
	struct large **at = large_bucket(pages), *l;

	while (*at && (*at)->pages != pages)
		at = &(*at)->next;
	l = *at;
	if (l)
		*at = l->next;
	spin_unlock(&large_lock, s);
	if (!l)
		panic("kfree: %p is free already, or was never allocated", pages);
	page_free(l->pages, l->npages);
	kfree(l);
}

void *kmalloc(size_t size)
{
	if (size > SLAB_MAX)
		return large_alloc(size);
	return small_alloc(size_index[(size + 15) / 16]);
}

void *kzalloc(size_t size)
{
	void *p = kmalloc(size);

	return p ? memset(p, 0, size) : NULL;
}

void *kmalloc_aligned(size_t size, size_t align)
{
	size_t rounded = size > align ? size : align;

	if (align <= 16)
		return kmalloc(size);
	if (rounded > 512)
		return large_alloc(size ? size : 1);
	/* The next power of two: object_size has those up to 512. */
	return kmalloc(1ul << (64 - __builtin_clzl(rounded - 1)));
}

void kfree(void *p)
{
	if (!p)
		return;
	if ((uint64_t)p % PAGE_SIZE == 0)
		large_free(p);
	else
		small_free(p);
}
