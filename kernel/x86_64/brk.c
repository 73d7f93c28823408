/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The app's heap: pages put one behind the other at VM_BRK_BASE, filled at once, so that running
 * out of memory is an error and not a fault.
 */
#include "kernel/page.h"
#include "kernel/mutex.h"
#include "kernel/vm.h"
#include "kernel/x86_64/page_table.h"
#include "kernel/x86_64/tlb.h"

static struct mutex lock = MUTEX_INIT;
static uint64_t brk_end = VM_BRK_BASE;    /* what the app was told */
static uint64_t mapped_end = VM_BRK_BASE; /* page-aligned */

static bool map_page(uint64_t virt)
{
	void *page = page_alloc_zeroed(1);
	uint64_t former;

	if (!page)
		return false;
	if (page_table_set(virt, (uintptr_t)page | PAGE_DATA, &former) != 0) {
		page_free(page, 1);
		return false;
	}
	return true;
}

static void unmap_down_to(uint64_t end)
{
	uint64_t former;

	for (; mapped_end > end; mapped_end -= PAGE_SIZE) {
		if (page_table_set(mapped_end - PAGE_SIZE, 0, &former) != 0)
			continue;
		tlb_flush_range(mapped_end - PAGE_SIZE, PAGE_SIZE);
		page_free((void *)(former & PTE_ADDRESS), 1);
	}
}

/*
 * All of it, or nothing changes. What cannot work is not begun: it would take every page there is,
 * and tables for them that stay.
 */
static bool map_up_to(uint64_t end)
{
	uint64_t start = mapped_end;

	if (end > start && (end - start) / PAGE_SIZE > page_count_free())
		return false;
	for (; mapped_end < end; mapped_end += PAGE_SIZE) {
		if (!map_page(mapped_end)) {
			unmap_down_to(start);
			return false;
		}
	}
	return true;
}

static void *move_end(intptr_t delta)
{
	uint64_t old = brk_end, new = old + (uint64_t)delta;

	if (new < VM_BRK_BASE || new > VM_BRK_BASE + VM_BRK_MAX || !map_up_to(page_align_up(new)))
		return (void *)-1;
	unmap_down_to(page_align_up(new));
	brk_end = new;
	return (void *)old;
}

void *vm_sbrk(intptr_t delta)
{
	void *old;

	mutex_lock(&lock);
	old = move_end(delta);
	mutex_unlock(&lock);
	return old;
}
