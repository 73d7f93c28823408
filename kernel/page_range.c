/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The buddy allocator of page_range.h. A free block's list node and order live in its own first
 * page; beside that there is one bit per page, set where a free block starts, carved from the range
 * itself.
 *
 * A blank unit has no node: the host would have to bring its first page back for that. Its mark is
 * one that free blocks cannot leave, as two free pages at an even number would have joined. Blank
 * units join with nothing; they serve once the lists have nothing that fits.
 */
#include "kernel/page_range.h"
#include "kernel/panic.h"
#include "kernel/vm.h"
#include <stdbool.h>
#include <string.h>

#define STEP_PAGES 512u /* the frontier moves by at least a host's huge page */

/* In the first page of every free block. */
struct free_block {
	struct list node;
	unsigned order;
};

static struct free_block *block_at(uint64_t pfn)
{
	return (struct free_block *)(pfn << PAGE_SHIFT);
}

static uint64_t align_up(uint64_t n, uint64_t power_of_two)
{
	return (n + power_of_two - 1) & ~(power_of_two - 1);
}

static size_t words_for(uint64_t nbits)
{
	return (nbits + 63) / 64;
}

/* The word and mask that tell whether a free block starts at pfn. */
static uint64_t *start_bit(struct page_range *r, uint64_t pfn, uint64_t *mask)
{
	uint64_t i = pfn - r->bit_base;

	*mask = 1ull << (i % 64);
	return r->page_bits + i / 64;
}

static bool is_free_start(struct page_range *r, uint64_t pfn)
{
	uint64_t mask, *word = start_bit(r, pfn, &mask);

	return *word & mask;
}

/* Of the first two pages of a unit. */
#define BLANK 3ull

static bool is_blank(struct page_range *r, uint64_t pfn)
{
	uint64_t mask;

	return (*start_bit(r, pfn, &mask) & BLANK) == BLANK;
}

/* Whether exactly this block is free and in a list; pfn may lie outside the range. */
static bool is_free_block(struct page_range *r, uint64_t pfn, unsigned order)
{
	if (pfn < r->first || pfn + (1ull << order) > r->frontier || !is_free_start(r, pfn))
		return false;
	if (order >= PAGE_UNIT_ORDER && is_blank(r, pfn))
		return false;
	return block_at(pfn)->order == order;
}

static void block_insert(struct page_range *r, uint64_t pfn, unsigned order)
{
	uint64_t mask, *word = start_bit(r, pfn, &mask);
	struct free_block *b = block_at(pfn);

	*word |= mask;
	b->order = order;
	list_push_front(&r->free[order], &b->node);
	r->orders |= 1ull << order;
}

static void block_remove(struct page_range *r, struct free_block *b)
{
	uint64_t mask, *word = start_bit(r, pfn_of(b), &mask);

	*word &= ~mask;
	list_remove(&b->node);
	if (list_empty(&r->free[b->order]))
		r->orders &= ~(1ull << b->order);
}

/* Frees one aligned block and joins it with its buddy as long as that is free too. */
static void block_free(struct page_range *r, uint64_t pfn, unsigned order)
{
	if (is_free_start(r, pfn))
		panic("page_free: %p is free already", (void *)block_at(pfn));
	while (order + 1 < PAGE_ORDERS && is_free_block(r, pfn ^ 1ull << order, order)) {
		block_remove(r, block_at(pfn ^ 1ull << order));
		pfn &= ~(1ull << order);
		order++;
	}
	block_insert(r, pfn, order);
}

/* Frees [pfn, end) as the largest aligned blocks it is made of. */
static void span_free(struct page_range *r, uint64_t pfn, uint64_t end)
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
static bool frontier_move(struct page_range *r, uint64_t to)
{
	uint64_t from = r->frontier, word = (from - r->bit_base) / 64;

	if (vm_map_ram(from << PAGE_SHIFT, to << PAGE_SHIFT, r->end << PAGE_SHIFT) != 0)
		return false;
	/* Whole words: only the first frontier is no multiple of 64, and no bit below it counts. */
	memset(r->page_bits + word, 0, (words_for(to - r->bit_base) - word) * sizeof(uint64_t));
	r->frontier = to;
	span_free(r, from, to);
	return true;
}

/*
 * Moves the frontier so far that there may be a free block of this order below it. False: all of
 * the range is below it, or it is too small.
 */
static bool frontier_advance(struct page_range *r, unsigned order)
{
	uint64_t size = 1ull << order;
	uint64_t enough = align_up(align_up(r->frontier, size) + size, STEP_PAGES);

	if (r->frontier == r->end || size > r->end - r->first)
		return false;
	/* Where too little is left, it may do with what is free just below. */
	return frontier_move(r, enough < r->end ? enough : r->end);
}

/* --- blank units --- */

void page_range_free_blank(struct page_range *r, uint64_t pfn)
{
	uint64_t mask, *word = start_bit(r, pfn, &mask);

	if (*word & mask)
		panic("page_free: %p is free already", (void *)block_at(pfn));
	*word |= BLANK;
	if (r->nblank++ == 0 || pfn < r->blank_from)
		r->blank_from = pfn;
}

/* The lowest, which is an ordinary free block from now on. */
static void blank_end(struct page_range *r)
{
	uint64_t mask;

	while (!is_blank(r, r->blank_from))
		r->blank_from += PAGE_UNIT;
	*start_bit(r, r->blank_from, &mask) &= ~BLANK;
	r->nblank--;
	block_free(r, r->blank_from, PAGE_UNIT_ORDER);
}

/* So many that there may be a free block of this order. False: there are none. */
static bool blanks_end(struct page_range *r, unsigned order)
{
	if (r->nblank == 0)
		return false;
	do
		blank_end(r);
	while (r->nblank && !(r->orders >> order));
	return true;
}

/* --- taking and freeing --- */

/* Takes npages from the smallest block that is large enough and gives the rest back. */
uint64_t page_range_alloc(struct page_range *r, size_t npages)
{
	unsigned order = page_order(npages);
	uint64_t fitting = r->orders >> order << order;
	struct free_block *b;
	uint64_t pfn;
	unsigned have;

	if (!fitting)
		return blanks_end(r, order) || frontier_advance(r, order) ? page_range_alloc(r, npages) : 0;
	b = container_of(r->free[__builtin_ctzl(fitting)].next, struct free_block, node);
	have = b->order;
	pfn = pfn_of(b);
	block_remove(r, b);
	while (have-- > order)
		block_insert(r, pfn + (1ull << have), have);
	span_free(r, pfn + npages, pfn + (1ull << order));
	return pfn;
}

void page_range_free(struct page_range *r, uint64_t pfn, size_t npages)
{
	span_free(r, pfn, pfn + npages);
}

/* What describes a range: the struct and its page bits. npages counts from bit_base. */
static size_t metadata_pages(uint64_t npages)
{
	return page_align_up(sizeof(struct page_range) + words_for(npages) * 8) >> PAGE_SHIFT;
}

static void range_init(struct page_range *r, uint64_t bit_base, uint64_t first, uint64_t end)
{
	r->bit_base = bit_base;
	r->first = first;
	r->frontier = first;
	r->end = end;
	r->orders = 0;
	r->nblank = 0;
	for (unsigned i = 0; i < PAGE_ORDERS; i++)
		list_init(&r->free[i]);
}

struct page_range *page_range_create(uint64_t base, uint64_t len)
{
	uint64_t start = page_align_up(base) >> PAGE_SHIFT, end = (base + len) >> PAGE_SHIFT, first;
	struct page_range *r;

	start += start == 0; /* page 0 stays unmapped: its address is NULL */
	if (end <= start || end > 1ull << (PAGE_ORDERS - 1))
		return NULL;
	first = start + metadata_pages(end - (start & ~63ull));
	if (first >= end || vm_map_ram(start << PAGE_SHIFT, first << PAGE_SHIFT, end << PAGE_SHIFT) != 0)
		return NULL;
	r = (struct page_range *)(start << PAGE_SHIFT);
	range_init(r, start & ~63ull, first, end);
	return r;
}
