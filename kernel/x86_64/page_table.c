/* SPDX-License-Identifier: BSD-2-Clause */
/* Four levels of tables of 512 entries; level 0 maps 4 KiB pages, levels 1 and 2 may map 2 MiB and 1 GiB. Tables are 1:1 memory. */
#include "kernel/x86_64/page_table.h"
#include "kernel/page.h"
#include "kernel/spinlock.h"
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/regs.h"
#include "kernel/x86_64/tlb.h"
#include <errno.h>

#define TOP_LEVEL 3
#define ENTRIES   512

static struct spinlock lock = SPINLOCK_INIT;
static uint64_t *root;

static uint64_t level_size(unsigned level)
{
	return PAGE_SIZE << (9 * level);
}

static unsigned index_at(uint64_t virt, unsigned level)
{
	return virt >> (PAGE_SHIFT + 9 * level) & (ENTRIES - 1);
}

static uint64_t *table_of(uint64_t entry)
{
	return (uint64_t *)(entry & PTE_ADDRESS);
}

int page_table_init(void)
{
	root = page_alloc_zeroed(1);
	return root ? 0 : -ENOMEM;
}

void page_table_load(void)
{
	write_cr3((uintptr_t)root);
}

/* What an entry points at may do anything; the last level decides. */
static int add_table(uint64_t *entry)
{
	void *table = page_alloc_zeroed(1);

	if (!table)
		return -ENOMEM;
	*entry = (uintptr_t)table | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
	return 0;
}

static bool fits_large(unsigned level, uint64_t virt, uint64_t phys, uint64_t len)
{
	if (level != 1 && (level != 2 || !cpu_features.page1g))
		return false;
	return len == level_size(level) && ((virt | phys) & (level_size(level) - 1)) == 0;
}

static void fill_pages(uint64_t *entry, uint64_t npages, uint64_t value)
{
#pragma GCC unroll 8 /* the boot's longest loop */
	for (uint64_t i = 0; i < npages; i++, value += PAGE_SIZE)
		if (entry[i] == 0)
			entry[i] = value;
}

static int fill(uint64_t *table, unsigned level, uint64_t virt, uint64_t end, uint64_t phys, uint64_t flags)
{
	if (level == 0) {
		fill_pages(&table[index_at(virt, 0)], (end - virt) >> PAGE_SHIFT, phys | flags);
		return 0;
	}
	while (virt < end) {
		uint64_t *entry = &table[index_at(virt, level)];
		uint64_t next = (virt & -level_size(level)) + level_size(level);
		uint64_t stop = next < end ? next : end;

		if (*entry == 0 && fits_large(level, virt, phys, stop - virt))
			*entry = phys | flags | PTE_LARGE;
		else if (*entry == 0 && add_table(entry) != 0)
			return -ENOMEM;
		if (!(*entry & PTE_LARGE) && fill(table_of(*entry), level - 1, virt, stop, phys, flags) != 0)
			return -ENOMEM;
		phys += stop - virt;
		virt = stop;
	}
	return 0;
}

int page_table_map(uint64_t virt, uint64_t phys, uint64_t len, uint64_t flags)
{
	irq_state s = spin_lock(&lock);
	int error = fill(root, TOP_LEVEL, virt, virt + len, phys, flags);

	spin_unlock(&lock, s);
	return error;
}

/* Puts a table of smaller pages with the same meaning in a large page's place. */
static int split(uint64_t *entry, unsigned level)
{
	uint64_t *table = page_alloc(1);
	uint64_t value = *entry & ~(level == 1 ? PTE_LARGE : 0);

	if (!table)
		return -ENOMEM;
	for (unsigned i = 0; i < ENTRIES; i++, value += level_size(level - 1))
		table[i] = value;
	*entry = (uintptr_t)table | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
	return 0;
}

static uint64_t *page_entry(uint64_t virt)
{
	uint64_t *table = root;

	for (unsigned level = TOP_LEVEL; level > 0; level--) {
		uint64_t *entry = &table[index_at(virt, level)];
		int error = 0;

		if (*entry == 0)
			error = add_table(entry);
		else if (*entry & PTE_LARGE)
			error = split(entry, level);
		if (error)
			return NULL;
		table = table_of(*entry);
	}
	return &table[index_at(virt, 0)];
}

int page_table_set(uint64_t virt, uint64_t value, uint64_t *former)
{
	irq_state s = spin_lock(&lock);
	uint64_t *entry = page_entry(virt);

	if (entry) {
		*former = *entry;
		*entry = value;
		if (*former & PTE_PRESENT)
			tlb_invalidate(virt);
	}
	spin_unlock(&lock, s);
	return entry ? 0 : -ENOMEM;
}

uint64_t page_table_find(uint64_t virt, uint64_t *size)
{
	const uint64_t *table = root;

	for (unsigned level = TOP_LEVEL;; level--) {
		uint64_t entry = table[index_at(virt, level)];

		*size = level_size(level);
		if (level == 0 || !(entry & PTE_PRESENT) || entry & PTE_LARGE)
			return entry;
		table = table_of(entry);
	}
}
