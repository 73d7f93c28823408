/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One range of RAM, shared out by a binary buddy allocator.
 *
 * Only what lies below the range's frontier takes part: memory above it was never given out and is
 * neither mapped nor touched, nor is what the allocator notes about it. So start-up costs the
 * same for 4 MiB and for 1 TiB, and the host gives us no memory before we use it - a host with
 * transparent huge pages clears 2 MiB for the first byte written into each, which dwarfs everything
 * else we do while booting. Lower addresses go first, which keeps what is in use dense.
 *
 * Page numbers count from address 0, so that blocks are aligned absolutely. Nothing here locks.
 */
#pragma once

#include "kernel/list.h"
#include "kernel/page.h"
#include <stddef.h>
#include <stdint.h>

#define PAGE_ORDERS 40u /* the largest block is 2^39 pages: as much as x86-64 can address */
#define PAGE_UNIT_ORDER 9u

/* At the start of the memory it describes. */
struct page_range {
	struct page_range *next;       /* the owner's */
	uint64_t first, end;           /* page numbers: [first, frontier) takes part, to end it may */
	_Atomic uint64_t frontier;     /* only grows, and may be read without the owner's lock */
	uint64_t bit_base;             /* page number of bit 0, a multiple of 64 */
	uint64_t orders;               /* bit n: free[n] is not empty */
	uint64_t nblank, blank_from;   /* free units in no list; none lies below this page number */
	struct list free[PAGE_ORDERS];
	/* a free block starts here; both bits of the first two pages: a blank unit */
	uint64_t page_bits[];
};

static inline uint64_t pfn_of(const void *p) { return (uint64_t)p >> PAGE_SHIFT; }

/* The smallest power of two that npages fit into. */
static inline unsigned page_order(size_t npages)
{
	return npages <= 1 ? 0 : 64 - (unsigned)__builtin_clzl(npages - 1);
}

/*
 * Of the whole pages in [base, base + len); all but what describes them is free. NULL: hardly more
 * than that would be left, or they lie beyond what can be addressed.
 */
struct page_range *page_range_create(uint64_t base, uint64_t len);

/* The first of npages in one piece, aligned to 2^page_order(npages); 0: there is no such piece. */
uint64_t page_range_alloc(struct page_range *, size_t npages);

/* Panics where a page of them is known to be free already. */
void page_range_free(struct page_range *, uint64_t pfn, size_t npages);

/*
 * Free units that the host may have dropped: nothing is written into them before their memory is
 * needed. The unit lies below the frontier, and is aligned.
 */
void page_range_free_blank(struct page_range *, uint64_t pfn);
