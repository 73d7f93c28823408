/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Four levels of tables of 512 entries; level 0 maps 4 KiB pages, levels 1 and 2 may map 2 MiB and
 * 1 GiB. Tables are 1:1 memory.
 */
#include "kernel/x86_64/page_table.h"
#include "kernel/page.h"
#include "kernel/spinlock.h"
#include "kernel/vm.h"
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/regs.h"
#include <errno.h>
#include <string.h>

#define TOP_LEVEL 3
#define ENTRIES   512

/* Pages that tables are made of. */
struct stock {
	char *next;
	size_t npages;
};

/* A leaf: whoever holds the page allocator's may take it. */
static struct spinlock lock = SPINLOCK_INIT;
static uint64_t *root;
static struct stock ram_tables;

static unsigned index_at(uint64_t virt, unsigned level)
{
	return virt >> (PAGE_SHIFT + 9 * level) & (ENTRIES - 1);
}

static uint64_t *table_of(uint64_t entry)
{
	return (uint64_t *)(entry & PTE_ADDRESS);
}

void page_table_init(void *pages, size_t npages)
{
	root = memset(pages, 0, PAGE_SIZE);
	ram_tables = (struct stock){ (char *)pages + PAGE_SIZE, npages - 1 };
}

void page_table_load(void)
{
	write_cr3((uintptr_t)root);
}

uint64_t *page_table_root(void)
{
	return root;
}

static void *take(struct stock *stock)
{
	void *page = stock->next;

	if (stock->npages == 0)
		return NULL;
	stock->npages--;
	stock->next += PAGE_SIZE;
	return page;
}

/* Not under the lock. */
static bool restock(struct stock *spare)
{
	*spare = (struct stock){ page_alloc(1), 1 };
	return spare->next;
}

static void give_back(const struct stock *spare)
{
	if (spare->next && spare->npages)
		page_free(spare->next, 1);
}

static int add_table(uint64_t *entry, struct stock *stock)
{
	void *table = take(stock);

	if (!table)
		return -ENOMEM;
	*entry = page_table_pointer(memset(table, 0, PAGE_SIZE));
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

/*
 * Fills empty entries; returns how many are done. What is mapped stays, but a table among them has
 * to be entered, so that above level 0 the first that is not empty ends the run.
 */
static uint64_t fill_run(uint64_t *entry, uint64_t n, uint64_t value, uint64_t step)
{
	uint64_t i;

#pragma GCC unroll 4 /* the boot's longest loop */
	for (i = 0; i < n; i++, value += step) {
		if (entry[i] == 0)
			entry[i] = value;
		else if (step != PAGE_SIZE)
			break;
	}
	return i;
}

/* [virt, end) lies within one table. */
static int fill(uint64_t *table, unsigned level, uint64_t virt, uint64_t end, uint64_t phys, uint64_t flags,
		struct stock *stock)
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
		if (*entry & PTE_LARGE)
			continue;
		if (*entry == 0 && add_table(entry, stock) != 0)
			return -ENOMEM;
		if (fill(table_of(*entry), level - 1, virt, virt + done, phys, flags, stock) != 0)
			return -ENOMEM;
	}
	return 0;
}

/* Again from the start for each table that it lacked: what is filled stays. */
int page_table_map(uint64_t virt, uint64_t phys, uint64_t len, uint64_t flags)
{
	struct stock spare = { 0 };
	int error;

	do {
		irq_state s = spin_lock(&lock);

		error = fill(root, TOP_LEVEL, virt, virt + len, phys, flags, &spare);
		spin_unlock(&lock, s);
	} while (error && restock(&spare));
	give_back(&spare);
	return error;
}

/* The end of the largest page that [start, end) begins with or lies in, up to limit. */
static uint64_t whole_page_end(uint64_t start, uint64_t end, uint64_t limit)
{
	unsigned level = whole_pages(2, start, limit, start) ? 2 : 1;

	end = (end + page_table_size(level) - 1) & -page_table_size(level);
	return end < limit ? end : limit;
}

int vm_map_ram(uint64_t start, uint64_t end, uint64_t limit)
{
	irq_state s = spin_lock(&lock);
	int error = fill(root, TOP_LEVEL, start, whole_page_end(start, end, limit), start, PAGE_DATA,
			 &ram_tables);

	spin_unlock(&lock, s);
	return error;
}

/* Puts a table of smaller pages with the same meaning in a large page's place. */
static int split(uint64_t *entry, unsigned level, struct stock *stock)
{
	uint64_t *table = take(stock);
	uint64_t value = *entry & ~(level == 1 ? PTE_LARGE : 0);

	if (!table)
		return -ENOMEM;
	for (unsigned i = 0; i < ENTRIES; i++, value += page_table_size(level - 1))
		table[i] = value;
	*entry = page_table_pointer(table);
	return 0;
}

static uint64_t *page_entry(uint64_t virt, struct stock *stock)
{
	uint64_t *table = root;

	for (unsigned level = TOP_LEVEL; level > 0; level--) {
		uint64_t *entry = &table[index_at(virt, level)];
		int error = 0;

		if (*entry == 0)
			error = add_table(entry, stock);
		else if (*entry & PTE_LARGE)
			error = split(entry, level, stock);
		if (error)
			return NULL;
		table = table_of(*entry);
	}
	return &table[index_at(virt, 0)];
}

int page_table_set(uint64_t virt, uint64_t value, uint64_t *former)
{
	struct stock spare = { 0 };
	uint64_t *entry;

	do {
		irq_state s = spin_lock(&lock);

		entry = page_entry(virt, &spare);
		if (entry) {
			*former = *entry;
			*entry = value;
		}
		spin_unlock(&lock, s);
	} while (!entry && restock(&spare));
	give_back(&spare);
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
