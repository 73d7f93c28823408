/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical pages, mapped 1:1: an address returned here is valid for the CPU and for a device alike.
 * A buddy allocator per range of RAM; its start-up cost does not grow with the size of memory.
 * Callable with interrupts off.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1ul << PAGE_SHIFT)

static inline uint64_t page_align_down(uint64_t a) { return a & ~(PAGE_SIZE - 1); }
static inline uint64_t page_align_up(uint64_t a) { return (a + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1); }

/*
 * Gives [base, base + len) to the allocator; partial pages at either end are dropped. Called while
 * booting only.
 */
void page_add_range(uint64_t base, uint64_t len);

/*
 * npages physically contiguous pages, aligned to npages rounded up to a power of two; contents
 * undefined. NULL: out of memory, after the memory givers (memgiver.h) were asked, which happens
 * only where interrupts are on.
 */
void *page_alloc(size_t npages);
void *page_alloc_zeroed(size_t npages);
void page_free(void *pages, size_t npages);

/*
 * Promises of single pages, for memory that is filled later. False: not so many are free, though
 * the givers were asked. What was promised is there whenever it is asked for, in any context: a
 * page from page_alloc_promised(1) is never NULL. More than one in one piece may not be there, and
 * then the promise stands. page_free_promised() turns pages back into promises.
 */
bool page_promise(size_t npages);
void page_promise_end(size_t npages);
void *page_alloc_promised(size_t npages);

/*
 * In one piece of what is promised to nobody and at hand, or NULL: nothing is done for it. Either
 * the borrower keeps them in place of as many promises of his, which he ends, or page_free().
 */
void *page_borrow(size_t npages);
void page_free_promised(void *pages, size_t npages);

/*
 * For those who give free memory to the host: units of PAGE_UNIT pages, aligned, that hold what
 * somebody left in them. Take: one that is promised to nobody, NULL: there is none at hand, and
 * memory that was never in use is not looked at. Back it comes by page_free(), or blank: the host may
 * have dropped its contents, so it is not touched before somebody needs it, nor taken so again before
 * somebody had it.
 */
#define PAGE_UNIT 512u
void *page_take_stale(void);
void page_free_blank(void *unit);

/* Single pages that CPUs keep go back to where they join, or else a few of them hold whole units. */
void page_gather(void);

/*
 * Once memory that was in use has become a unit to take, calls found(), and not again before the
 * next page_watch_stale(). It runs where pages are freed, with the allocator's lock held.
 */
void page_watch_stale(void (*found)(void));

/* Whether any of this is the allocator's, in use or not. */
bool page_is_ram(uint64_t start, uint64_t end);

size_t page_count_free(void); /* that are promised to nobody */
size_t page_count_total(void);
