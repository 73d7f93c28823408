/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical pages: a binary buddy allocator per range of RAM.
 *
 * A free block's list node and order live in its own first page; beside that there is one bit per
 * page, set where a free block starts, carved from the range itself.
 *
 * Only what lies below a range's frontier takes part: memory above it was never given out and is
 * never touched, neither its pages nor their bits. So start-up costs the same for 4 MiB and for
 * 1 TiB, and the host gives us no memory before we use it - a host with transparent huge pages
 * clears 2 MiB for the first byte written into each, which dwarfs everything else we do while
 * booting. Lower addresses go first, which keeps what is in use dense.
 *
 * One lock guards all; it is held for a handful of list operations, with interrupts off.
 */
#include "kernel/page.h"
#include "kernel/list.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include <stdbool.h>
#include <string.h>

#define ORDERS     40u /* the largest block is 2^39 pages: as much as x86-64 can address */
#define STEP_PAGES 512u /* the frontier moves by at least a host's huge page */
#define LOW_END    256u /* page number of 1 MiB: what starts other CPUs needs memory below it */

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
	uint64_t first, frontier, end; /* page numbers: [first, frontier) takes part, to end it may */
	uint64_t bit_base;             /* page number of bit 0, a multiple of 64 */
	uint64_t orders;               /* bit n: free[n] is not empty */
	struct list free[ORDERS];
	uint64_t page_bits[];          /* a free block starts here */
};

static struct spinlock lock = SPINLOCK_INIT;
static struct range *ranges; /* in the order they serve */
static size_t pages_free, pages_total;

static struct free_block *block_at(uint64_t pfn)
{
	return (struct free_block *)(pfn << PAGE_SHIFT);
}

static uint64_t pfn_of(const void *p)
{
	return (uint64_t)p >> PAGE_SHIFT;
}

static uint64_t align_up(uint64_t n, uint64_t power_of_two)
{
	return (n + power_of_two - 1) & ~(power_of_two - 1);
}

static size_t words_for(uint64_t nbits)
{
	return (nbits + 63) / 64;
}

static unsigned order_for(size_t npages)
{
	return npages <= 1 ? 0 : 64 - (unsigned)__builtin_clzl(npages - 1);
}

/* The word and mask that tell whether a free block starts at pfn. */
static uint64_t *start_bit(struct range *r, uint64_t pfn, uint64_t *mask)
{
	uint64_t i = pfn - r->bit_base;

	*mask = 1ull << (i % 64);
	return r->page_bits + i / 64;
}

static bool is_free_start(struct range *r, uint64_t pfn)
{
	uint64_t mask, *word = start_bit(r, pfn, &mask);

	return *word & mask;
}

/* Whether exactly this block is free; pfn may lie outside the range. */
static bool is_free_block(struct range *r, uint64_t pfn, unsigned order)
{
	if (pfn < r->first || pfn + (1ull << order) > r->frontier)
		return false;
	return is_free_start(r, pfn) && block_at(pfn)->order == order;
}

static void block_insert(struct range *r, uint64_t pfn, unsigned order)
{
	uint64_t mask, *word = start_bit(r, pfn, &mask);
	struct free_block *b = block_at(pfn);

	*word |= mask;
	b->order = order;
	list_push_front(&r->free[order], &b->node);
	r->orders |= 1ull << order;
}

static void block_remove(struct range *r, struct free_block *b)
{
	uint64_t mask, *word = start_bit(r, pfn_of(b), &mask);

	*word &= ~mask;
	list_remove(&b->node);
	if (list_empty(&r->free[b->order]))
		r->orders &= ~(1ull << b->order);
}

/* Frees one aligned block and joins it with its buddy as long as that is free too. */
static void block_free(struct range *r, uint64_t pfn, unsigned order)
{
	if (is_free_start(r, pfn))
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

/* Frees [frontier, to), which nobody had yet. */
static void frontier_move(struct range *r, uint64_t to)
{
	uint64_t from = r->frontier, word = (from - r->bit_base) / 64;

	/* Whole words: only the first frontier is no multiple of 64, and no bit below it counts. */
	memset(r->page_bits + word, 0, (words_for(to - r->bit_base) - word) * sizeof(uint64_t));
	r->frontier = to;
	span_free(r, from, to);
}

/*
 * Moves the frontier so far that there may be a free block of this order below it. False: all of
 * the range is below it, or it is too small.
 */
static bool frontier_advance(struct range *r, unsigned order)
{
	uint64_t size = 1ull << order;
	uint64_t enough = align_up(align_up(r->frontier, size) + size, STEP_PAGES);

	if (r->frontier == r->end || size > r->end - r->first)
		return false;
	/* Where too little is left, it may do with what is free just below. */
	frontier_move(r, enough < r->end ? enough : r->end);
	return true;
}

/* Takes npages from the smallest block that is large enough and gives the rest back. */
static uint64_t range_alloc(struct range *r, size_t npages, unsigned order)
{
	uint64_t fitting = r->orders >> order << order;
	struct free_block *b;
	uint64_t pfn;
	unsigned have;

	if (!fitting)
		return frontier_advance(r, order) ? range_alloc(r, npages, order) : 0;
	b = container_of(r->free[__builtin_ctzl(fitting)].next, struct free_block, node);
	have = b->order;
	pfn = pfn_of(b);
	block_remove(r, b);
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

/* What describes a range: the struct and its page bits. npages counts from bit_base. */
static size_t metadata_pages(uint64_t npages)
{
	return page_align_up(sizeof(struct range) + words_for(npages) * 8) >> PAGE_SHIFT;
}

static void range_init(struct range *r, uint64_t first, uint64_t end)
{
	r->bit_base = first & ~63ull;
	r->first = r->frontier = first + metadata_pages(end - r->bit_base);
	r->end = end;
	r->orders = 0;
	for (unsigned i = 0; i < ORDERS; i++)
		list_init(&r->free[i]);
}

/* By address, but for memory below 1 MiB: that serves last. */
static void range_link(struct range *r)
{
	struct range **at = &ranges;

	while (*at && (*at)->first - LOW_END < r->first - LOW_END) /* below it, these wrap around */
		at = &(*at)->next;
	r->next = *at;
	*at = r;
}

void page_add_range(uint64_t base, uint64_t len)
{
	uint64_t first = page_align_up(base) >> PAGE_SHIFT, end = (base + len) >> PAGE_SHIFT;
	struct range *r;
	irq_state s;

	first += first == 0; /* page 0 stays unmapped: its address is NULL */
	if (end <= first || end > 1ull << (ORDERS - 1))
		return;
	if (metadata_pages(end - (first & ~63ull)) >= end - first)
		return;
	r = (struct range *)(first << PAGE_SHIFT);
	range_init(r, first, end);
	s = spin_lock(&lock);
	pages_free += end - r->first;
	pages_total += end - r->first;
	range_link(r);
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

	if (!r || (uint64_t)pages % PAGE_SIZE || pfn + npages > r->frontier)
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
