/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stacks where no memory is in one piece: which addresses they get, and what is left where memory
 * runs out on the way.
 *
 * Links: kernel/x86_64/vm_stack.c kernel/x86_64/page_table.c kernel/mutex.c
 */
#include "kernel/page.h"
#include "kernel/vm.h"
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/page_table.h"
#include "tests/host/test.h"

#define PAGES  2000u
#define TABLES 16u

struct cpu_features cpu_features;

static _Alignas(4096) char tables[TABLES][PAGE_SIZE], pages[PAGES][PAGE_SIZE];
static bool used[PAGES];
static unsigned tables_used, tables_limit;
static size_t promised, promise_limit, npages_used;
static uint64_t ending, ending_end; /* what is being freed */

static void fresh(unsigned limit)
{
	memset(tables, 0, sizeof tables);
	memset(used, 0, sizeof used);
	page_table_init(tables, 1);
	tables_used = 1;
	tables_limit = limit;
	promised = npages_used = 0;
	promise_limit = PAGES;
	ending = ending_end = 0;
}

static uint64_t entry_at(uint64_t virt)
{
	uint64_t size;

	return page_table_find(virt, &size);
}

void *page_alloc(size_t npages)
{
	return npages == 1 && tables_used < tables_limit ? tables[tables_used++] : NULL;
}

void *page_borrow(size_t npages)
{
	(void)npages;
	return NULL;
}

bool page_promise(size_t npages)
{
	if (npages > promise_limit - promised - npages_used)
		return false;
	promised += npages;
	return true;
}

void page_promise_end(size_t npages)
{
	promised -= npages;
}

/* Never two side by side. */
void *page_alloc_promised(size_t npages)
{
	unsigned i = 0;

	CHECK(npages == 1 && promised-- > 0);
	while (used[i])
		i = i + 2 < PAGES ? i + 2 : 1;
	used[i] = true;
	npages_used++;
	return pages[i];
}

/* Nothing leads to any of them when the first one goes. */
void page_free(void *p, size_t npages)
{
	size_t i = (size_t)((char *)p - pages[0]) / PAGE_SIZE;

	if (i >= PAGES) /* a table that was not needed after all */
		return;
	CHECK(npages == 1 && used[i]);
	for (uint64_t at = ending; at < ending_end; at += PAGE_SIZE)
		CHECK(!(entry_at(at) & PTE_PRESENT));
	used[i] = false;
	npages_used--;
}

int vm_guard(void *addr) { (void)addr; return 0; }
int vm_unguard(void *addr) { (void)addr; return 0; }

static uint64_t stack(size_t npages, size_t nguard)
{
	return (uint64_t)vm_stack_alloc_anywhere(npages * PAGE_SIZE, nguard * PAGE_SIZE);
}

static void end(uint64_t base, size_t npages, size_t nguard)
{
	ending = base;
	ending_end = base + npages * PAGE_SIZE;
	vm_stack_free((void *)base, npages * PAGE_SIZE, nguard * PAGE_SIZE);
}

static uint64_t nth(size_t page)
{
	return VM_AREA_END + page * PAGE_SIZE;
}

TEST(pages_above_guards)
{
	fresh(TABLES);
	CHECK_EQ(stack(70, 2), nth(2));
	CHECK_EQ(npages_used, 70);
	CHECK_EQ(promised, 0);
	for (size_t i = 0; i < 72; i++)
		CHECK(i < 2 ? entry_at(nth(i)) == PTE_GUARD
			    : (entry_at(nth(i)) & ~PTE_ADDRESS) == PAGE_DATA);
	CHECK_EQ(entry_at(nth(72)), 0);
	end(nth(2), 70, 2);
	CHECK_EQ(npages_used, 0);
	for (size_t i = 0; i < 72; i++)
		CHECK_EQ(entry_at(nth(i)), 0);
}

TEST(lowest_addresses_serve_again)
{
	fresh(TABLES);
	CHECK_EQ(stack(3, 1), nth(1));
	CHECK_EQ(stack(5, 1), nth(5));
	CHECK_EQ(stack(3, 1), nth(11));
	end(nth(1), 3, 1);
	CHECK_EQ(stack(4, 1), nth(15)); /* too large for the gap, which remains */
	CHECK_EQ(stack(2, 2), nth(2));
	end(nth(11), 3, 1);
	end(nth(5), 5, 1);
	CHECK_EQ(stack(9, 1), nth(5)); /* two gaps are one */
	end(nth(5), 9, 1);
	end(nth(2), 2, 2);
	end(nth(15), 4, 1);
	CHECK_EQ(stack(600, 1), nth(1));
	end(nth(1), 600, 1);
	CHECK_EQ(npages_used, 0);
}

/* It reaches over two tables; two levels more are above these. */
TEST(without_memory_for_tables)
{
	for (unsigned limit = 1; limit < 5; limit++) {
		fresh(limit);
		CHECK_EQ(stack(600, 1), 0);
		CHECK_EQ(promised + npages_used, 0);
		tables_limit = TABLES;
		CHECK_EQ(stack(600, 1), nth(1));
		end(nth(1), 600, 1);
	}
	fresh(5);
	CHECK_EQ(stack(600, 1), nth(1));
	end(nth(1), 600, 1);
}

TEST(without_pages)
{
	fresh(TABLES);
	promise_limit = 99;
	CHECK_EQ(stack(100, 1), 0);
	CHECK_EQ(tables_used, 1);
	CHECK_EQ(stack(99, 1), nth(1));
	end(nth(1), 99, 1);
}

TEST(more_than_there_are_addresses)
{
	fresh(TABLES);
	CHECK_EQ(stack(1, (2ull << 40) / PAGE_SIZE), 0);
	CHECK_EQ(stack(1, SIZE_MAX / PAGE_SIZE), 0);
	CHECK_EQ(promised + npages_used, 0);
	CHECK_EQ(tables_used, 1);
}

TEST_MAIN
