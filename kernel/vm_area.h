/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Lazily filled memory, as sbrk(2) and mmap(2) see it from inside: regions of addresses
 * (vm_region.h), and the pages behind them (kernel/x86_64/vm_pages.h).
 *
 * Two locks. Calls that change regions exclude each other with a mutex, so that a change may take
 * several steps. The regions and page tables are guarded by a spinlock, held for one step at a
 * time; it is a leaf but for the page allocator's and the TLB's, so that a page fault can be served
 * wherever it happens, inside a copy under another spinlock too.
 */
#pragma once

#include "kernel/spinlock.h"
#include "kernel/vm.h"
#include "kernel/vm_region.h"
#include <stddef.h>
#include <stdint.h>

void vm_begin(void);
void vm_end(void);

irq_state vm_lock(void);
void vm_unlock(irq_state);

/* --- between vm_begin() and vm_end() --- */

/*
 * Makes a region of free addresses. If flags say REGION_COMMITTED, all its pages are promised, of
 * which `paid` have been before. 0 or -ENOMEM.
 */
int vm_area_add(uint64_t start, uint64_t end, unsigned prot, unsigned flags, size_t paid);

/* Removes what regions there are in [start, end), and their pages. 0 or -ENOMEM. */
int vm_area_remove(uint64_t start, uint64_t end);
