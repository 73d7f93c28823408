/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical pages: a binary buddy allocator per range of RAM.
 *
 * A free block's list node and order live in its own first page; beside that there is one bit per
 * page, set where a free block starts, carved from the range itself. So that start-up does not
 * touch them all, blocks of a chunk (CHUNK_PAGES) or more are noted in a small map of their own.
 * The invariant: a chunk's page bits are valid unless the whole chunk is part of one free block;
 * they are cleared when that block is taken. A range is inserted as the largest aligned blocks it
 * holds, so 1 TiB costs hardly more than 4 MiB.
 *
 * One lock guards all; it is held for a handful of list operations, with interrupts off.
 */
#include "kernel/page.h"
#include "kernel/list.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include <stdbool.h>
#include <string.h>

#define ORDERS      40u /* the largest block is 2^39 pages: as much as x86-64 can address */
#define CHUNK_ORDER 12u /* 16 MiB: 512 bytes of bits to clear at once, 8 KiB of chunk map per TiB */
#define CHUNK_PAGES (1ul << CHUNK_ORDER)

/* In the first page of every free block. */
struct free_block {
	struct list node;
	unsigned order;
};

/*
 * Page numbers count from address 0, so that blocks are aligned absolutely. At the start of the
 * range it describes.
 */
struct range {
	struct range *next;
	uint64_t first, end;      /* page numbers of what may be allocated */
	uint64_t bit_base;        /* page number of bit 0, chunk-aligned */
	uint64_t *page_bits;      /* a free block smaller than a chunk starts here */
	uint64_t *chunk_bits;     /* a free block of a chunk or more starts here */
	uint64_t orders;          /* bit n: free[n] is not empty */
	struct list free[ORDERS];
};

static struct spinlock lock = SPINLOCK_INIT;
static struct range *ranges;
static size_t pages_free, pages_total;

static struct free_block *block_at(uint64_t pfn)
{
	return (struct free_block *)(pfn << PAGE_SHIFT);
}

static uint64_t pfn_of(const void *p)
{
	return (uint64_t)p >> PAGE_SHIFT;
}

static unsigned order_for(size_t npages)
{
	return npages <= 1 ? 0 : 64 - (unsigned)__builtin_clzl(npages - 1);
}

/* The word and mask that tell whether a free block of this order's kind starts at pfn. */
static uint64_t *start_bit(struct range *r, uint64_t pfn, unsigned order, uint64_t *mask)
{
	uint64_t i = pfn - r->bit_base;

	if (order >= CHUNK_ORDER)
		i >>= CHUNK_ORDER;
	*mask = 1ull << (i % 64);
	return (order >= CHUNK_ORDER ? r->chunk_bits : r->page_bits) + i / 64;
}

static bool is_free_start(struct range *r, uint64_t pfn, unsigned order)
{
	uint64_t mask, *word = start_bit(r, pfn, order, &mask);

	return *word & mask;
}

/* Whether exactly this block is free; pfn may lie outside the range. */
static bool is_free_block(struct range *r, uint64_t pfn, unsigned order)
{
	if (pfn < r->first || pfn + (1ull << order) > r->end)
		return false;
	return is_free_start(r, pfn, order) && block_at(pfn)->order == order;
}

static void block_insert(struct range *r, uint64_t pfn, unsigned order)
{
	uint64_t mask, *word = start_bit(r, pfn, order, &mask);
	struct free_block *b = block_at(pfn);

	*word |= mask;
	b->order = order;
	list_push_front(&r->free[order], &b->node);
	r->orders |= 1ull << order;
}

static void block_remove(struct range *r, struct free_block *b)
{
	uint64_t mask, *word = start_bit(r, pfn_of(b), b->order, &mask);

	*word &= ~mask;
	list_remove(&b->node);
	if (list_empty(&r->free[b->order]))
		r->orders &= ~(1ull << b->order);
}

/*
 * Makes the page bits of the chunks in [pfn, pfn + npages) valid: none of them starts a free block.
 */
static void page_bits_clear(struct range *r, uint64_t pfn, uint64_t npages)
{
	uint64_t end = pfn + npages < r->end ? pfn + npages : r->end;

	memset(r->page_bits + (pfn - r->bit_base) / 64, 0, (end - pfn + 63) / 64 * 8);
}

/* Frees one aligned block and joins it with its buddy as long as that is free too. */
static void block_free(struct range *r, uint64_t pfn, unsigned order)
{
	if (is_free_start(r, pfn, order))
		panic("page_free: %p is free already", (void *)block_at(pfn));
	while (order + 1 < ORDERS && is_free_block(r, pfn ^ 1ull << order, order)) {
		block_remove(r, block_at(pfn ^ 1ull << order));
		pfn &= ~(1ull << order);
		order++;
	}
	block_insert(r, pfn, order);
}

/* Frees [pfn, end) as the largest aligned blocks it is made of. */
static void span_free(struct range *r, uint64_t pfn, uint64_t end)
{
	while (pfn < end) {
		unsigned aligned = (unsigned)__builtin_ctzl(pfn); /* page 0 is in no range */
		unsigned fits = 63 - (unsigned)__builtin_clzl(end - pfn);
		unsigned order = aligned < fits ? aligned : fits;

		block_free(r, pfn, order);
		pfn += 1ull << order;
	}
}

/* Takes npages from the smallest block that is large enough and gives the rest back. */
static uint64_t range_alloc(struct range *r, size_t npages, unsigned order)
{
	uint64_t fitting = r->orders >> order << order;
	struct free_block *b;
	uint64_t pfn;
	unsigned have;

	if (!fitting)
		return 0;
	b = container_of(r->free[__builtin_ctzl(fitting)].next, struct free_block, node);
	have = b->order;
	pfn = pfn_of(b);
	block_remove(r, b);
	if (have >= CHUNK_ORDER)
		page_bits_clear(r, pfn, order > CHUNK_ORDER ? 1ull << order : CHUNK_PAGES);
	while (have-- > order)
		block_insert(r, pfn + (1ull << have), have);
	span_free(r, pfn + npages, pfn + (1ull << order));
	return pfn;
}

static struct range *range_of(uint64_t pfn)
{
	struct range *r = ranges;

	while (r && (pfn < r->first || pfn >= r->end))
		r = r->next;
	return r;
}

static size_t words_for(uint64_t nbits)
{
	return (nbits + 63) / 64;
}

static uint64_t chunks_for(uint64_t npages)
{
	return (npages + CHUNK_PAGES - 1) / CHUNK_PAGES;
}

/* What describes a range: the struct, its chunk map, its page bits. npages counts from bit_base. */
static size_t metadata_pages(uint64_t npages)
{
	size_t words = words_for(chunks_for(npages)) + words_for(npages);

	return page_align_up(sizeof(struct range) + words * sizeof(uint64_t)) >> PAGE_SHIFT;
}

static void range_init(struct range *r, uint64_t first, uint64_t end)
{
	uint64_t bit_base = first & ~(CHUNK_PAGES - 1), npages = end - bit_base;
	size_t chunk_words = words_for(chunks_for(npages));

	r->first = first + metadata_pages(npages);
	r->end = end;
	r->bit_base = bit_base;
	r->chunk_bits = (uint64_t *)(r + 1);
	r->page_bits = r->chunk_bits + chunk_words;
	r->orders = 0;
	for (unsigned i = 0; i < ORDERS; i++)
		list_init(&r->free[i]);
	memset(r->chunk_bits, 0, chunk_words * sizeof(uint64_t));
	/* The chunks at both ends may not be whole, and then no block will ever cover them. */
	page_bits_clear(r, r->first & ~(CHUNK_PAGES - 1), CHUNK_PAGES);
	page_bits_clear(r, (end - 1) & ~(CHUNK_PAGES - 1), CHUNK_PAGES);
}

void page_add_range(uint64_t base, uint64_t len)
{
	uint64_t first = page_align_up(base) >> PAGE_SHIFT, end = (base + len) >> PAGE_SHIFT;
	struct range *r;
	irq_state s;

	first += first == 0; /* page 0 stays unmapped: its address is NULL */
	if (end <= first || end > 1ull << (ORDERS - 1))
		return;
	if (metadata_pages(end - (first & ~(CHUNK_PAGES - 1))) >= end - first)
		return;
	r = (struct range *)(first << PAGE_SHIFT);
	range_init(r, first, end);
	s = spin_lock(&lock);
	span_free(r, r->first, end);
	pages_free += end - r->first;
	pages_total += end - r->first;
	r->next = ranges; /* the last, highest range serves first: some need low memory */
	ranges = r;
	spin_unlock(&lock, s);
}

void *page_alloc(size_t npages)
{
	unsigned order = order_for(npages);
	uint64_t pfn = 0;
	irq_state s;

	if (npages == 0 || order >= ORDERS)
		return NULL;
	s = spin_lock(&lock);
	for (struct range *r = ranges; r && !pfn; r = r->next)
		pfn = range_alloc(r, npages, order);
	if (pfn)
		pages_free -= npages;
	spin_unlock(&lock, s);
	return (void *)(pfn << PAGE_SHIFT);
}

void *page_alloc_zeroed(size_t npages)
{
	void *p = page_alloc(npages);

	return p ? memset(p, 0, npages << PAGE_SHIFT) : NULL;
}

void page_free(void *pages, size_t npages)
{
	uint64_t pfn = pfn_of(pages);
	struct range *r = range_of(pfn);
	irq_state s;

	if (!r || (uint64_t)pages % PAGE_SIZE || npages > r->end - pfn)
		panic("page_free: %p (%zu pages) was never allocated", pages, npages);
	s = spin_lock(&lock);
	span_free(r, pfn, pfn + npages);
	pages_free += npages;
	spin_unlock(&lock, s);
}

size_t page_count_free(void)
{
	return pages_free;
}

size_t page_count_total(void)
{
	return pages_total;
}
