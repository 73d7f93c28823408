/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The page tables, seen as one map from virtual to physical addresses. One lock guards changes; the
 * CPU's own walks need none. Source: Intel SDM volume 3, 4.5 (4-level paging).
 */
#pragma once

#include "kernel/page.h"
#include <stddef.h>
#include <stdint.h>

#define PTE_PRESENT  (1ull << 0)
#define PTE_WRITE    (1ull << 1)
#define PTE_UNCACHED (3ull << 3)  /* PWT and PCD: entry 3 of the PAT, uncacheable since reset */
#define PTE_ACCESSED (1ull << 5)
#define PTE_DIRTY    (1ull << 6)
#define PTE_LARGE    (1ull << 7)
#define PTE_GUARD    (1ull << 9)  /* ours, in entries that are not present: a hole left on purpose */
#define PTE_NX       (1ull << 63)
#define PTE_ADDRESS  0x000ffffffffff000ull

/* Accessed and dirty from the start, so that the CPU need not write them. */
#define PAGE_TEXT   (PTE_PRESENT | PTE_ACCESSED)
#define PAGE_RODATA (PTE_PRESENT | PTE_ACCESSED | PTE_NX)
#define PAGE_DATA   (PTE_PRESENT | PTE_WRITE | PTE_ACCESSED | PTE_DIRTY | PTE_NX)
#define PAGE_DEVICE (PAGE_DATA | PTE_UNCACHED)

#define VIRTUAL_END (1ull << 47) /* of the lower half, the only one in use */

/* An empty map, not yet in use. The pages: one for it, the others for the tables vm_map_ram() needs. */
void page_table_init(void *pages, size_t npages);
void page_table_load(void); /* makes it the CPU's */

/*
 * Fills what is not yet mapped of [virt, virt + len), by the largest pages that fit. All
 * page-aligned, below VIRTUAL_END. 0 or -ENOMEM.
 */
int page_table_map(uint64_t virt, uint64_t phys, uint64_t len, uint64_t flags);

/*
 * Replaces one 4 KiB page's entry, 0 included, and returns the former one; a large page around it
 * is split. 0 or -ENOMEM. What TLBs still hold of a present one is the caller's business (tlb.h).
 */
int page_table_set(uint64_t virt, uint64_t entry, uint64_t *former);

/*
 * The entry that maps virt; *size: bytes it covers. An entry that is not present is returned as it
 * is (0, or a guard).
 */
uint64_t page_table_find(uint64_t virt, uint64_t *size);

/*
 * For lazily filled memory (vm_pages.h), which has the entries of its own addresses and a lock for
 * them. What a page covers at each level, 0 to 2, and what an entry at 3; an entry that points at a
 * table, with all rights, as the last level decides; and the way to the entry for virt at a level,
 * NULL if a table is missing on it and new_table is.
 */
static inline uint64_t page_table_size(unsigned level) { return PAGE_SIZE << (9 * level); }

static inline uint64_t page_table_pointer(const void *table)
{
	return (uintptr_t)table | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
}

uint64_t *page_table_root(void);
uint64_t *page_table_entry(uint64_t virt, unsigned level, void *(*new_table)(void));
