/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Four levels of tables of 512 entries; level 0 maps 4 KiB pages, levels 1 and 2 may map 2 MiB and
 * 1 GiB. Tables are 1:1 memory.
 */
#include "kernel/x86_64/page_table.h"
#include "kernel/page.h"
#include "kernel/spinlock.h"
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/regs.h"
#include <errno.h>

#define TOP_LEVEL 3
#define ENTRIES   512

static struct spinlock lock = SPINLOCK_INIT;
static uint64_t *root;


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

uint64_t *page_table_root(void)
{
	return root;
}

static int add_table(uint64_t *entry)
{
	void *table = page_alloc_zeroed(1);

	if (!table)
		return -ENOMEM;
	*entry = page_table_pointer(table);
	return 0;
}

/* How many whole pages of this level [virt, end) begins with. */
static uint64_t whole_pages(unsigned level, uint64_t virt, uint64_t end, uint64_t phys)
{
	uint64_t size = page_table_size(level);

	if (level > 2 || (level == 2 && !cpu_features.page1g) || (virt | phys) & (size - 1))
		return 0;
	return (end - virt) / size;
}

/* Fills empty entries up to the first that is not; returns how many. */
static uint64_t fill_run(uint64_t *entry, uint64_t n, uint64_t value, uint64_t step)
{
	uint64_t i;

#pragma GCC unroll 4 /* the boot's longest loop */
	for (i = 0; i < n; i++, value += step) {
		if (entry[i] != 0)
			break;
		entry[i] = value;
	}
	return i;
}

/* [virt, end) lies within one table. */
static int fill(uint64_t *table, unsigned level, uint64_t virt, uint64_t end, uint64_t phys, uint64_t flags)
{
	uint64_t size = page_table_size(level), value = flags | (level ? PTE_LARGE : 0), done;

	for (; virt < end; virt += done, phys += done) {
		uint64_t *entry = &table[index_at(virt, level)];

		done = size * fill_run(entry, whole_pages(level, virt, end, phys), phys | value, size);
		if (done)
			continue;
		done = size - (virt & (size - 1));
		if (done > end - virt)
			done = end - virt;
		if (level == 0 || *entry & PTE_LARGE)
			continue;
		if (*entry == 0 && add_table(entry) != 0)
			return -ENOMEM;
		if (fill(table_of(*entry), level - 1, virt, virt + done, phys, flags) != 0)
			return -ENOMEM;
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
	for (unsigned i = 0; i < ENTRIES; i++, value += page_table_size(level - 1))
		table[i] = value;
	*entry = page_table_pointer(table);
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
	}
	spin_unlock(&lock, s);
	return entry ? 0 : -ENOMEM;
}

uint64_t *page_table_entry(uint64_t virt, unsigned level, void *(*new_table)(void))
{
	uint64_t *table = root;

	for (unsigned l = TOP_LEVEL; l > level; l--) {
		uint64_t *entry = &table[index_at(virt, l)];

		if (*entry == 0 && !new_table)
			return NULL;
		if (*entry == 0)
			*entry = page_table_pointer(new_table());
		table = table_of(*entry);
	}
	return &table[index_at(virt, level)];
}

uint64_t page_table_find(uint64_t virt, uint64_t *size)
{
	const uint64_t *table = root;

	*size = PAGE_SIZE;
	if (!root) /* a fault before paging_init() asks, too */
		return 0;
	for (unsigned level = TOP_LEVEL;; level--) {
		uint64_t entry = table[index_at(virt, level)];

		*size = page_table_size(level);
		if (level == 0 || !(entry & PTE_PRESENT) || entry & PTE_LARGE)
			return entry;
		table = table_of(entry);
	}
}
