/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables, built in the host's memory and read back as the CPU would.
 *
 * Links: kernel/x86_64/page_table.c
 */
#include "kernel/page.h"
#include "kernel/vm.h"
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/page_table.h"
#include "tests/host/test.h"
#include <errno.h>

#define K4 4096ull
#define M2 (2ull << 20)
#define G1 (1ull << 30)
#define T1 (1ull << 40)

struct cpu_features cpu_features;

/* Tables are never freed: those of one test come from a pool that the next one takes over. */
static _Alignas(K4) char pool[1100][K4];
static unsigned pool_used, pool_limit, tables_back;

void *page_alloc(size_t npages)
{
	CHECK_EQ(npages, 1);
	return pool_used < pool_limit ? pool[pool_used++] : NULL;
}

void page_free(void *page, size_t npages)
{
	CHECK(page && npages == 1);
	tables_back++;
}

/* With so many tables set aside for RAM, whose former contents must not matter. */
static void fresh_for_ram(bool page1g, unsigned ram_tables)
{
	memset(pool, 0xa5, sizeof pool);
	cpu_features.page1g = page1g;
	page_table_init(pool, 1 + ram_tables);
	pool_used = 1 + ram_tables;
	pool_limit = pool_used + 63;
	tables_back = 0;
}

static void fresh(bool page1g)
{
	fresh_for_ram(page1g, 0);
}

static uint64_t size_at(uint64_t virt)
{
	uint64_t size;

	return page_table_find(virt, &size) & PTE_PRESENT ? size : 0;
}

static uint64_t phys_at(uint64_t virt)
{
	uint64_t size, entry = page_table_find(virt, &size);

	return (entry & PTE_ADDRESS & -size) | (virt & (size - 1));
}

TEST(largest_pages_that_fit)
{
	fresh(false);
	CHECK_EQ(page_table_map(K4, K4, 3 * G1 - K4 - K4, PAGE_DATA), 0);
	CHECK_EQ(size_at(0), 0);
	CHECK_EQ(size_at(K4), K4);
	CHECK_EQ(size_at(M2 - 1), K4);
	CHECK_EQ(size_at(M2), M2);
	CHECK_EQ(size_at(G1), M2);
	CHECK_EQ(size_at(3 * G1 - M2), K4);
	CHECK_EQ(size_at(3 * G1 - K4), 0);
	fresh(true);
	CHECK_EQ(page_table_map(K4, K4, 3 * G1 - K4, PAGE_DATA), 0);
	CHECK_EQ(size_at(G1 - 1), M2);
	CHECK_EQ(size_at(G1), G1);
	CHECK_EQ(phys_at(G1 + 12345), G1 + 12345);
}

TEST(unequal_alignment_takes_small_pages)
{
	fresh(true);
	CHECK_EQ(page_table_map(G1, M2 + K4, M2, PAGE_DATA), 0);
	CHECK_EQ(size_at(G1), K4);
	CHECK_EQ(phys_at(G1 + M2 - 1), 2 * M2 + K4 - 1);
}

/* What is mapped stays, whatever is laid over it. */
TEST(fills_only_holes)
{
	uint64_t size;

	fresh(false);
	CHECK_EQ(page_table_map(M2 + 8 * K4, M2 + 8 * K4, 4 * K4, PAGE_TEXT), 0);
	CHECK_EQ(page_table_map(0, 0, 4 * M2, PAGE_DATA), 0);
	CHECK_EQ(size_at(0), M2);
	CHECK_EQ(page_table_find(M2 + 7 * K4, &size) & PTE_WRITE, PTE_WRITE);
	CHECK_EQ(page_table_find(M2 + 8 * K4, &size) & (PTE_WRITE | PTE_NX), 0);
	CHECK_EQ(page_table_find(M2 + 11 * K4, &size) & (PTE_WRITE | PTE_NX), 0);
	CHECK_EQ(page_table_find(M2 + 12 * K4, &size) & PTE_WRITE, PTE_WRITE);
	CHECK_EQ(page_table_map(0, 0, 4 * M2, PAGE_DEVICE), 0);
	CHECK_EQ(page_table_find(0, &size) & PTE_UNCACHED, 0);
}

TEST(splits_around_one_page)
{
	uint64_t former, size;

	fresh(true);
	CHECK_EQ(page_table_map(0, 0, 2 * G1, PAGE_DATA), 0);
	CHECK_EQ(size_at(G1 + 5 * M2), G1);
	CHECK_EQ(page_table_set(G1 + 5 * M2 + 3 * K4, PTE_GUARD, &former), 0);
	CHECK_EQ(former & PTE_ADDRESS, G1 + 5 * M2 + 3 * K4);
	CHECK_EQ(former & ~PTE_ADDRESS, PAGE_DATA);
	CHECK_EQ(size_at(G1 + 5 * M2 + 3 * K4), 0);
	CHECK_EQ(page_table_find(G1 + 5 * M2 + 3 * K4, &size), PTE_GUARD);
	CHECK_EQ(phys_at(G1 + 5 * M2 + 4 * K4), G1 + 5 * M2 + 4 * K4);
	CHECK_EQ(page_table_find(G1 + 5 * M2 + 4 * K4, &size) & ~PTE_ADDRESS, PAGE_DATA);
	CHECK_EQ(size_at(G1 + 6 * M2), M2);
	CHECK_EQ(phys_at(G1 + 6 * M2 + 77), G1 + 6 * M2 + 77);
}

TEST(a_guard_is_not_filled)
{
	uint64_t former, size;

	fresh(false);
	CHECK_EQ(page_table_set(M2 + K4, (M2 + K4) | PTE_GUARD, &former), 0);
	CHECK_EQ(former, 0);
	CHECK_EQ(page_table_map(0, 0, 4 * M2, PAGE_DATA), 0);
	CHECK_EQ(page_table_find(M2 + K4, &size) & PTE_PRESENT, 0);
	CHECK_EQ(size_at(M2), K4);
}

TEST(random_maps_agree_with_a_model)
{
	static unsigned char model[4096]; /* who mapped a page first */

	srand(4);
	for (int round = 0; round < 50; round++) {
		memset(model, 0, sizeof model);
		fresh(false);
		for (int n = 1; n < 8; n++) {
			uint64_t first = rand() % 4096, len = 1 + rand() % (4096 - first);

			CHECK_EQ(page_table_map(first * K4, (first + n * 4096ull) * K4, len * K4, PAGE_DATA), 0);
			for (uint64_t i = first; i < first + len; i++)
				if (!model[i])
					model[i] = n;
		}
		for (uint64_t i = 0; i < 4096; i++)
			CHECK_EQ(size_at(i * K4) ? phys_at(i * K4) / K4 : 0, model[i] ? i + model[i] * 4096ull : 0);
	}
}

/* As the frontier goes: 2 MiB for 2 MiB; and then all of it is there. */
static void map_ram_in_steps(uint64_t start, uint64_t end)
{
	for (uint64_t at = start, next; at < end; at = next) {
		next = (at / M2 + 1) * M2;
		if (size_at(at) == 0)
			CHECK_EQ(vm_map_ram(at, next < end ? next : end, end), 0);
		CHECK(size_at(at) && phys_at(at) == at);
	}
	CHECK_EQ(size_at(end), 0);
	CHECK_EQ(size_at(start - 1), 0);
}

/* Borders off 2 MiB: a table at each end, one for each of 1025 GiB, one for each of 3 times 512 GiB. */
TEST(a_tebibyte_in_steps)
{
	fresh_for_ram(false, 2 + 1025 + 3);
	pool_limit = 0;
	map_ram_in_steps(G1 / 2 + 3 * K4, T1 + G1 / 2 + 7 * K4);
	CHECK_EQ(vm_map_ram(4 * T1, 4 * T1 + K4, 5 * T1), -ENOMEM); /* that was the last of them */
}

/* Large pages of 1 GiB wherever one lies in the RAM as a whole: then few tables are needed. */
TEST(a_tebibyte_by_large_pages)
{
	fresh_for_ram(true, 2 + 2 + 3);
	pool_limit = 0;
	map_ram_in_steps(G1 / 2 + 3 * K4, T1 + G1 / 2 + 7 * K4);
	CHECK_EQ(size_at(G1 / 2 + 3 * K4), K4);
	CHECK_EQ(size_at(G1 - 1), M2);
	CHECK_EQ(size_at(G1), G1);
	CHECK_EQ(size_at(T1), M2);
}

/* The part of it that is asked for, and no more than the rest of a large page. */
TEST(ram_is_mapped_as_it_is_used)
{
	fresh_for_ram(false, 3);
	CHECK_EQ(vm_map_ram(4 * G1, 4 * G1 + K4, 8 * G1), 0);
	CHECK_EQ(size_at(4 * G1), M2);
	CHECK_EQ(size_at(4 * G1 + M2), 0);
	fresh_for_ram(true, 3);
	CHECK_EQ(vm_map_ram(4 * G1, 4 * G1 + K4, 8 * G1), 0);
	CHECK_EQ(size_at(4 * G1), G1);
	CHECK_EQ(size_at(5 * G1), 0);
	CHECK_EQ(vm_map_ram(5 * G1, 5 * G1 + K4, 6 * G1 - K4), 0); /* not as a whole */
	CHECK_EQ(size_at(5 * G1), M2);
	CHECK_EQ(size_at(5 * G1 + M2), 0);
}

TEST(one_piece_of_many_gibibytes)
{
	fresh_for_ram(false, 256 + 2);
	CHECK_EQ(vm_map_ram(G1, 257 * G1, 300 * G1), 0);
	CHECK_EQ(size_at(257 * G1 - 1), M2);
	CHECK_EQ(size_at(257 * G1), 0);
}

TEST(out_of_memory)
{
	uint64_t former;

	for (unsigned limit = 1; limit <= 3; limit++) {
		fresh(false);
		pool_limit = limit;
		CHECK_EQ(page_table_map(K4, K4, K4, PAGE_DATA), -ENOMEM);
		CHECK_EQ(tables_back, 0); /* they stay where they were entered */
		pool_limit = 64;
		CHECK_EQ(page_table_map(K4, K4, K4, PAGE_DATA), 0);
	}
	CHECK_EQ(page_table_map(0, 0, 4 * M2, PAGE_DATA), 0);
	pool_limit = pool_used;
	CHECK_EQ(page_table_set(2 * M2, 0, &former), -ENOMEM);
	CHECK_EQ(size_at(2 * M2), M2);
}

TEST_MAIN
