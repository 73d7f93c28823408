/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stacks, each above a hole that whoever runs off it falls into. Best in one piece of the 1:1 map;
 * where memory has none so large, of single pages under addresses of their own, from VM_AREA_END to
 * VM_STACKS_END. All pages are there from the start either way: an interrupt that pushes its frame
 * must not fault.
 */
#include "kernel/mutex.h"
#include "kernel/page.h"
#include "kernel/vm.h"
#include "kernel/x86_64/page_table.h"
#include "kernel/x86_64/tlb.h"
#include <stdatomic.h>

static size_t pages_of(size_t bytes)
{
	return bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0);
}

/* --- in one piece --- */

/* The tables of the nguard first pages exist: to mend them cannot fail. */
static void release(char *low, size_t nguard, size_t npages)
{
	for (size_t i = 0; i < nguard; i++)
		vm_unguard(low + i * PAGE_SIZE);
	page_free(low, npages);
}

/* Makes one of these pages, if there are any. NULL: no memory for tables. */
static char *piece(char *low, size_t nguard, size_t npages)
{
	for (size_t i = 0; low && i < nguard; i++) {
		if (vm_guard(low + i * PAGE_SIZE) == 0)
			continue;
		release(low, i, npages);
		return NULL;
	}
	return low;
}

/* --- scattered --- */

/* Who looks for free addresses keeps others away until they are taken. */
static struct mutex taking = MUTEX_INIT;
static _Atomic uint64_t free_from = VM_AREA_END; /* nothing below it is free */

/*
 * Tables made here stay, and this finds the lowest addresses, so that they serve again. 0: there
 * are none.
 */
static uint64_t find_free(uint64_t from, size_t npages)
{
	uint64_t start = from, size;

	for (uint64_t at = from; (at - start) / PAGE_SIZE < npages; at = (at | (size - 1)) + 1) {
		if (at >= VM_STACKS_END)
			return 0;
		if (page_table_find(at, &size))
			start = at + PAGE_SIZE;
	}
	return start;
}

/* Makes them free again. They are known to exist. */
static void give_up(uint64_t low, size_t npages)
{
	uint64_t from = atomic_load(&free_from);

	for (size_t i = 0; i < npages; i++) {
		uint64_t *entry = page_table_entry(low + i * PAGE_SIZE, 0, NULL);
		uint64_t page = *entry & PTE_ADDRESS;

		*entry = 0;
		if (page)
			page_free((void *)page, 1);
	}
	while (low < from && !atomic_compare_exchange_weak(&free_from, &from, low))
		;
}

/* Takes addresses, all of them guards so far; 0: there are none, or no memory for tables. */
static uint64_t take(size_t npages)
{
	uint64_t from = atomic_load(&free_from), low = find_free(from, npages), former;

	for (size_t i = 0; low && i < npages; i++) {
		if (page_table_set(low + i * PAGE_SIZE, PTE_GUARD, &former) == 0)
			continue;
		give_up(low, i);
		return 0;
	}
	if (low == from) /* and has not become lower meanwhile */
		atomic_compare_exchange_strong(&free_from, &from, low + npages * PAGE_SIZE);
	return low;
}

static char *scattered(size_t nguard, size_t npages)
{
	uint64_t low;

	if (!page_promise(npages - nguard))
		return NULL;
	mutex_lock(&taking);
	low = take(npages);
	mutex_unlock(&taking);
	if (!low)
		page_promise_end(npages - nguard);
	for (size_t i = nguard; low && i < npages; i++)
		*page_table_entry(low + i * PAGE_SIZE, 0, NULL) =
			(uintptr_t)page_alloc_promised(1) | PAGE_DATA;
	return (char *)low;
}

/* Not under the mutex: a thread that nobody joins goes with interrupts off. */
static void gather(uint64_t low, size_t npages)
{
	for (size_t i = 0; i < npages; i++)
		*page_table_entry(low + i * PAGE_SIZE, 0, NULL) &= ~PTE_PRESENT;
	tlb_flush_range(low, npages * PAGE_SIZE);
	give_up(low, npages);
}

/* --- either --- */

void *vm_stack_alloc(size_t size, size_t guard)
{
	size_t nguard = pages_of(guard), npages = nguard + pages_of(size);
	char *low = page_alloc(npages);

	low = piece(low, nguard, npages);
	return low ? low + nguard * PAGE_SIZE : NULL;
}

void *vm_stack_alloc_anywhere(size_t size, size_t guard)
{
	size_t nguard = pages_of(guard), npages = nguard + pages_of(size);
	char *low = piece(page_borrow(npages), nguard, npages);

	if (!low)
		low = scattered(nguard, npages);
	return low ? low + nguard * PAGE_SIZE : NULL;
}

void vm_stack_free(void *stack, size_t size, size_t guard)
{
	size_t nguard = pages_of(guard), npages = nguard + pages_of(size);
	char *low = (char *)stack - nguard * PAGE_SIZE;

	if ((uint64_t)low < VM_AREA_END)
		release(low, nguard, npages);
	else
		gather((uint64_t)low, npages);
}
