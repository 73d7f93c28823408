/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The regions of lazily filled memory: an ordered array, in which a page fault finds its region by
 * bisection. Few programs have more than some dozens, and what a change moves is 24 bytes each.
 *
 * Whoever calls holds the lock that guards them (vm_area.h); nothing here sleeps or allocates but
 * regions_make_room(), which is called without it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum region_flags {
	REGION_COMMITTED = 1,  /* each page is there or promised (kernel/page.h) */
	REGION_HEAP = 2,       /* moved by sbrk(2) */
	REGION_FILE = 4,       /* a file's contents cannot be forgotten and filled again */
	REGION_SMALL = 8,      /* no large pages: MADV_NOHUGEPAGE */
};

/* Never empty; page-aligned. */
struct vm_region {
	uint64_t start, end;
	uint8_t prot;  /* enum vm_prot */
	uint8_t flags;
};

/* Makes sure that the next change finds room. False: out of memory. Takes the lock itself. */
bool regions_make_room(void);

/* The region that addr lies in, NULL: none. */
struct vm_region *region_find(uint64_t addr);

/* The first region that ends behind addr, and the one behind a region; NULL: no more. */
struct vm_region *region_from(uint64_t addr);
struct vm_region *region_next(const struct vm_region *);

/* What surrounds [start, end), which lies in no region or in one: up to where nothing else is. */
uint64_t regions_end_before(uint64_t start);
uint64_t regions_start_behind(uint64_t end);

bool regions_cover(uint64_t start, uint64_t end); /* without a hole */

/* The highest start in [low, high - len] of len bytes that are free; 0: none. */
uint64_t regions_gap(uint64_t len, uint64_t align, uint64_t low, uint64_t high);

/* Takes a free range; neighbours of the same kind become one region. */
void regions_insert(uint64_t start, uint64_t end, unsigned prot, unsigned flags);

/* Regions that reach beyond the range keep what lies outside. */
void regions_remove(uint64_t start, uint64_t end);

/* Of whatever regions lie in the range: prot, and flags set and cleared. */
void regions_change(uint64_t start, uint64_t end, unsigned prot, unsigned set, unsigned clear);
