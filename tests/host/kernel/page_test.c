/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The buddy allocator against an oracle: a map with one byte per page of who owns it. Memory can be
 * touched from when the allocator has it mapped, and not before.
 *
 * Links: kernel/page.c kernel/page_range.c
 */
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "kernel/memgiver.h"
#include "kernel/page.h"
#include "kernel/vm.h"
#include "kernel/x86_64/cpu.h"
#include <sys/mman.h>

#define GARBAGE_PAGES 9000u /* a tebibyte has some 8200 pages of metadata */
#define POOL_PAGES 20000u /* several chunks, and no multiple of one */

static char *pool;
static unsigned char owner[POOL_PAGES];

/* Memory that is there only where it is touched, as for a range of RAM of any size. */
static char *reserve(size_t pages)
{
	void *p = mmap(NULL, pages * PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* The same at a multiple of its size, a power of two; below all that was reserved before. */
static char *aligned_reserve(size_t pages)
{
	uint64_t p = (uint64_t)reserve(2 * pages), mask = pages * PAGE_SIZE - 1;

	return (char *)((p + mask) & ~mask);
}

static size_t resident_pages(char *p, size_t pages)
{
	unsigned char *map = malloc(pages);
	size_t n = 0;

	mincore(p, pages * PAGE_SIZE, map);
	for (size_t i = 0; i < pages; i++)
		n += map[i] & 1;
	free(map);
	return n;
}

int vm_map_ram(uint64_t start, uint64_t end, uint64_t limit)
{
	CHECK(start <= end && end <= limit);
	return mprotect((void *)start, end - start, PROT_READ | PROT_WRITE);
}

static void give(char *p, size_t pages)
{
	CHECK_EQ(mprotect(p, pages * PAGE_SIZE, PROT_NONE), 0);
	page_add_range((uint64_t)p, pages * PAGE_SIZE);
}

static void pool_init(void)
{
	if (pool)
		return;
	pool = reserve(POOL_PAGES);
	memset(pool, 0xa5, POOL_PAGES * PAGE_SIZE); /* garbage must not matter */
	CHECK_EQ(mprotect(pool, POOL_PAGES * PAGE_SIZE, PROT_NONE), 0);
	page_add_range((uint64_t)pool + 100, POOL_PAGES * PAGE_SIZE - 200);
}

static size_t round_up_pow2(size_t n)
{
	size_t p = 1;

	while (p < n)
		p *= 2;
	return p;
}

/* Claims or gives back pages in the oracle; each must have been the other way round. */
static bool oracle_set(char *p, size_t n, unsigned char to)
{
	size_t first = (size_t)(p - pool) / PAGE_SIZE;

	for (size_t i = 0; i < n; i++) {
		if (first + i >= POOL_PAGES || owner[first + i] == to)
			return false;
		owner[first + i] = to;
	}
	return true;
}

TEST(page_metadata_is_small)
{
	pool_init();
	CHECK(page_count_total() >= POOL_PAGES - 2 - 3);
	CHECK_EQ(page_count_free(), page_count_total());
}

TEST(page_alloc_is_aligned_and_exact)
{
	size_t before;

	pool_init();
	before = page_count_free();
	for (size_t n = 1; n <= 4200; n += 1 + n / 3) {
		char *p = page_alloc(n);

		CHECK(p != NULL);
		CHECK_EQ((uint64_t)p % (round_up_pow2(n) * PAGE_SIZE), 0);
		CHECK_EQ(page_count_free(), before - n);
		page_free(p, n);
	}
	CHECK_EQ(page_count_free(), before);
}

TEST(page_random_against_oracle)
{
	enum { SLOTS = 400, STEPS = 60000 };
	static struct { char *p; size_t n; } slot[SLOTS];
	size_t start, out = 0;

	pool_init();
	start = page_count_free();
	srand(1);
	for (unsigned i = 0; i < STEPS; i++) {
		unsigned k = (unsigned)rand() % SLOTS;

		if (slot[k].p) {
			/* give it back in two pieces now and then */
			size_t cut = rand() % 4 == 0 ? (size_t)rand() % slot[k].n : 0;

			CHECK(oracle_set(slot[k].p, slot[k].n, 0));
			if (cut)
				page_free(slot[k].p + (slot[k].n - cut) * PAGE_SIZE, cut);
			page_free(slot[k].p, slot[k].n - cut);
			out -= slot[k].n;
			slot[k].p = NULL;
		} else {
			size_t n = 1 + (size_t)rand() % (rand() % 16 ? 40 : 6000);

			slot[k].p = page_alloc(n);
			slot[k].n = n;
			if (!slot[k].p)
				continue;
			CHECK(oracle_set(slot[k].p, n, 1));
			memset(slot[k].p, 0x5a, PAGE_SIZE);
			memset(slot[k].p + (n - 1) * PAGE_SIZE, 0x5a, PAGE_SIZE);
			out += n;
		}
		CHECK_EQ(page_count_free(), start - out);
		if (test_failures)
			return;
	}
	for (unsigned k = 0; k < SLOTS; k++)
		if (slot[k].p)
			page_free(slot[k].p, slot[k].n);
	CHECK_EQ(page_count_free(), start);
}

TEST(page_exhaustion_and_coalescing)
{
	size_t start, n = 0;
	char **all;
	void *big;

	pool_init();
	start = page_count_free();
	big = page_alloc(8192); /* the pool holds an aligned run of this size wherever it lies */
	CHECK(big != NULL);
	page_free(big, 8192);
	all = calloc(start + 1, sizeof(*all));
	while ((all[n] = page_alloc(1)) != NULL)
		n++;
	CHECK_EQ(n, start);
	CHECK_EQ(page_count_free(), 0);
	CHECK(page_alloc(1) == NULL);
	for (size_t i = 0; i < n; i += 2)
		page_free(all[i], 1);
	CHECK(page_alloc(3) == NULL); /* every other page: nothing joins */
	for (size_t i = 1; i < n; i += 2)
		page_free(all[i], 1);
	CHECK_EQ(page_count_free(), start);
	big = page_alloc(8192);
	CHECK(big != NULL);
	page_free(big, 8192);
	free(all);
}

TEST(page_zeroed)
{
	char *p;

	pool_init();
	p = page_alloc(4);
	memset(p, 1, 4 * PAGE_SIZE);
	page_free(p, 4);
	p = page_alloc_zeroed(4);
	for (size_t i = 0; i < 4 * PAGE_SIZE; i++)
		CHECK_EQ(p[i], 0);
	page_free(p, 4);
}

/* --- what the host may have --- */

static unsigned stale_found;

static void found(void)
{
	stale_found++;
}

/* All there is. */
static size_t take_stale(char **unit)
{
	size_t n = 0;

	while ((unit[n] = page_take_stale()))
		CHECK_EQ((uint64_t)unit[n++] % (PAGE_UNIT * PAGE_SIZE), 0);
	return n;
}

/* As the host may have dropped them, nobody reads or writes them: here it would be a fault. */
static void free_blank(char **unit, size_t n, int rights)
{
	for (size_t i = 0; i < n; i++) {
		CHECK_EQ(mprotect(unit[i], PAGE_UNIT * PAGE_SIZE, rights), 0);
		page_free_blank(unit[i]);
	}
}

TEST(page_blank_units)
{
	static char *unit[POOL_PAGES / PAGE_UNIT];
	size_t start, n;
	char *p, *q;

	pool_init();
	start = page_count_free();
	n = take_stale(unit);
	CHECK(n > POOL_PAGES / PAGE_UNIT * 3 / 4);
	CHECK_EQ(page_count_free(), start - n * PAGE_UNIT);
	free_blank(unit, n, PROT_NONE);
	CHECK_EQ(page_count_free(), start);
	CHECK(!page_take_stale());
	for (unsigned i = 0; i < 1000; i++) {
		p = page_alloc(1 + i % 7); /* there is room beside the units */
		q = page_alloc(1);
		page_free(p, 1 + i % 7);
		page_free(q, 1);
	}
	CHECK(!page_take_stale());
	for (size_t i = 0; i < n; i++)
		CHECK_EQ(mprotect(unit[i], PAGE_UNIT * PAGE_SIZE, PROT_READ | PROT_WRITE), 0);
	p = page_alloc(PAGE_UNIT); /* one, and no other */
	page_free(p, PAGE_UNIT);
	CHECK(page_take_stale() == p && !page_take_stale());
	page_free(p, PAGE_UNIT);
	p = page_alloc(8192); /* joins what it is made of */
	CHECK(p != NULL);
	page_free(p, 8192);
	CHECK_EQ(page_count_free(), start);
}

TEST(page_stale_is_told_once)
{
	static char *unit[POOL_PAGES / PAGE_UNIT];
	size_t n;
	char *p;

	pool_init();
	page_gather();
	n = take_stale(unit);
	free_blank(unit, n, PROT_READ | PROT_WRITE);
	stale_found = 0;
	page_watch_stale(found);
	p = page_alloc(PAGE_UNIT);
	CHECK_EQ(stale_found, 0);
	for (size_t i = 0; i < PAGE_UNIT - 32; i++)
		page_free(p + i * PAGE_SIZE, 1);
	CHECK_EQ(stale_found, 0);
	for (size_t i = PAGE_UNIT - 32; i < PAGE_UNIT; i++)
		page_free(p + i * PAGE_SIZE, 1);
	page_gather();
	CHECK_EQ(stale_found, 1);
	page_free(page_alloc(PAGE_UNIT), PAGE_UNIT);
	CHECK_EQ(stale_found, 1);
}

/* A page that a CPU keeps for its next use would hold back the unit around it. */
TEST(page_kept_pages_join_when_gathered)
{
	static char *unit[POOL_PAGES / PAGE_UNIT];
	char *p;

	pool_init();
	page_gather();
	free_blank(unit, take_stale(unit), PROT_READ | PROT_WRITE);
	p = page_alloc(PAGE_UNIT);
	page_free(p + PAGE_SIZE, PAGE_UNIT - 1);
	page_free(p, 1);
	CHECK(!page_take_stale());
	page_gather();
	CHECK(page_take_stale() == p);
}

TEST(page_promised_is_not_stale)
{
	size_t start, most;

	pool_init();
	start = page_count_free();
	most = start - start / 64;
	CHECK(page_promise(most));
	CHECK(!page_take_stale());
	page_promise_end(most);
	CHECK_EQ(page_count_free(), start);
}

/* --- promises --- */

static size_t givers_have; /* pages that givers would free */
static void **hoard;

size_t memory_givers_ask(size_t npages)
{
	size_t n = 0;

	for (; n < npages && givers_have; n++)
		page_free(hoard[--givers_have], 1);
	return n;
}

/* Takes all but n pages. */
static void hoard_all_but(size_t n)
{
	hoard = calloc(POOL_PAGES, sizeof *hoard);
	for (givers_have = 0; page_count_free() > n; givers_have++)
		hoard[givers_have] = page_alloc(1);
}

static void end_hoard(void)
{
	while (givers_have)
		page_free(hoard[--givers_have], 1);
	free(hoard);
}

TEST(page_promise_is_kept)
{
	enum { PROMISED = 1000 };
	static void *taken[PROMISED];
	size_t start, got = 0;
	void **all = calloc(POOL_PAGES, sizeof *all);

	pool_init();
	start = page_count_free();
	CHECK(!page_promise(start));
	CHECK(!page_promise(SIZE_MAX));
	CHECK(page_promise(PROMISED));
	CHECK_EQ(page_count_free(), start - PROMISED);
	while ((all[got] = page_alloc(1)))
		got++;
	CHECK_EQ(got, start - PROMISED);
	CHECK(!page_promise(1));
	for (unsigned i = 0; i < PROMISED; i++) {
		taken[i] = page_alloc_promised(1);
		CHECK(taken[i] != NULL);
	}
	CHECK_EQ(page_count_free(), 0);
	for (unsigned i = 0; i < PROMISED; i += 2)
		page_free_promised(taken[i], 1);
	CHECK(!page_alloc(1));
	for (unsigned i = 1; i < PROMISED; i += 2)
		page_free(taken[i], 1);
	page_promise_end(PROMISED / 2);
	while (got)
		page_free(all[--got], 1);
	CHECK_EQ(page_count_free(), start);
	free(all);
}

TEST(page_givers_are_asked)
{
	size_t start;
	void *p;

	pool_init();
	start = page_count_free();
	shim_flags = CPU_FLAG_IF;
	hoard_all_but(10);
	CHECK(page_promise(500));
	CHECK(page_count_free() < 1000);
	p = page_alloc(200);
	CHECK(p != NULL);
	page_free(p, 200);
	page_promise_end(500);
	shim_flags = 0; /* a caller that may hold a giver's lock */
	CHECK(!page_alloc(POOL_PAGES / 2));
	CHECK(givers_have > 0);
	end_hoard();
	CHECK_EQ(page_count_free(), start);
}

/* Every kind of call in any order: what is free, taken and promised adds up. */
TEST(page_promises_at_random)
{
	enum { SLOTS = 300 };
	static void *slot[SLOTS];
	size_t start, promised = 0, out = 0;

	pool_init();
	start = page_count_free();
	memset(owner, 0, sizeof owner);
	srand(7);
	for (unsigned i = 0; i < 60000 && !test_failures; i++) {
		unsigned k = (unsigned)rand() % SLOTS, how = (unsigned)rand() % 4;

		if (how == 0 && promised < 5000) {
			size_t n = (size_t)rand() % 700;

			promised += page_promise(n) ? n : 0;
		} else if (how == 1) {
			size_t n = promised ? (size_t)rand() % promised : 0;

			page_promise_end(n);
			promised -= n;
		} else if (!slot[k]) {
			bool due = promised && how == 2;

			slot[k] = due ? page_alloc_promised(1) : page_alloc(1);
			CHECK(slot[k] && oracle_set(slot[k], 1, 1));
			promised -= due;
			out++;
		} else {
			CHECK(oracle_set(slot[k], 1, 0));
			if (how == 2)
				page_free_promised(slot[k], 1);
			else
				page_free(slot[k], 1);
			promised += how == 2;
			slot[k] = NULL;
			out--;
		}
		CHECK_EQ(page_count_free(), start - promised - out);
	}
	page_promise_end(promised);
	for (unsigned k = 0; k < SLOTS; k++) {
		if (!slot[k])
			continue;
		oracle_set(slot[k], 1, 0);
		page_free(slot[k], 1);
	}
	CHECK_EQ(page_count_free(), start);
}

TEST(page_refuses_nonsense)
{
	static char elsewhere[PAGE_SIZE];
	void *p;

	pool_init();
	CHECK(page_alloc(0) == NULL);
	CHECK(page_alloc(SIZE_MAX) == NULL);
	CHECK(page_alloc((size_t)1 << 40) == NULL);
	CHECK(SHIM_CATCH(page_free(elsewhere, 1)));
	CHECK(strstr(shim_panic_text, "never allocated") != NULL);
	page_add_range(1, 100);           /* not one whole page */
	page_add_range((uint64_t)elsewhere, 0);
	p = page_alloc(1);
	page_free(p, 1);
}

/* A host with huge pages clears 2 MiB for the first byte we write into each. */
TEST(page_untouched_until_needed)
{
	size_t pages = (64ul << 20) / PAGE_SIZE;
	char *p = aligned_reserve(pages), *q[100];

	give(p, pages);
	CHECK(resident_pages(p, pages) <= 2);
	for (size_t i = 0; i < 100; i++)
		q[i] = page_alloc(1);
	CHECK(resident_pages(p + (2ul << 20), pages - 512) == 0);
	for (size_t i = 0; i < 100; i++)
		page_free(q[i], 1);
	CHECK(resident_pages(p + (2ul << 20), pages - 512) == 0);
}

TEST(page_is_ram_says_what_is_in_a_range)
{
	char *p = aligned_reserve(512), *end = p + 512 * PAGE_SIZE;

	CHECK(!page_is_ram((uint64_t)p, (uint64_t)end));
	give(p + PAGE_SIZE, 510);
	CHECK(page_is_ram((uint64_t)p + PAGE_SIZE, (uint64_t)p + 2 * PAGE_SIZE)); /* what describes it is, too */
	CHECK(page_is_ram((uint64_t)p, (uint64_t)p + PAGE_SIZE + 1));
	CHECK(!page_is_ram((uint64_t)p, (uint64_t)p + PAGE_SIZE));
	CHECK(page_is_ram((uint64_t)end - PAGE_SIZE - 1, (uint64_t)end));
	CHECK(!page_is_ram((uint64_t)end - PAGE_SIZE, (uint64_t)end));
}

/* The last aligned block of a range lies half below and half above the frontier. */
TEST(page_joins_across_the_frontier)
{
	size_t pages = 2048;
	char *p = aligned_reserve(pages), *low, *high;

	give(p, pages);
	low = page_alloc(2); /* single ones may come from what the CPU keeps */
	CHECK(low >= p && low < p + pages * PAGE_SIZE);
	high = page_alloc(1024); /* needs both of the upper half's steps */
	CHECK_EQ((uint64_t)high, (uint64_t)p + 1024 * PAGE_SIZE);
	page_free(high, 1024);
	high = page_alloc(1024);
	CHECK_EQ((uint64_t)high, (uint64_t)p + 1024 * PAGE_SIZE);
	page_free(high, 1024);
	page_free(low, 2);
}

/* Last, as the lock stays held where panic left it. */
TEST(page_range_of_a_tebibyte_costs_nothing)
{
	size_t pages = (1ull << 40) / PAGE_SIZE, total, start;
	char *p = reserve(pages), *q;

	pool_init();
	CHECK(p != NULL);
	total = page_count_total();
	memset(p, 0xa5, GARBAGE_PAGES * PAGE_SIZE); /* where the metadata will lie, and some more */
	give(p, pages);
	CHECK(page_count_total() - total > pages - pages / 1000);
	CHECK_EQ(resident_pages(p + GARBAGE_PAGES * PAGE_SIZE, 4096), 0);
	start = page_count_free();
	for (size_t n = 2; n < 5000; n = n * 3 + 1) {
		q = page_alloc(n);
		CHECK(q >= p && q < p + (64ul << 20)); /* metadata, then the lowest pages */
		page_free(q, n);
		CHECK_EQ(page_count_free(), start);
	}
	q = page_alloc((1ull << 38) / PAGE_SIZE); /* 256 GiB in one piece */
	CHECK(q != NULL);
	page_free(q, (1ull << 38) / PAGE_SIZE);
	CHECK_EQ(page_count_free(), start);
}

TEST(page_double_free_panics)
{
	void *p;

	pool_init();
	p = page_alloc(1);
	page_free(p, 1);
	CHECK(SHIM_CATCH(page_free(p, 1)));
}

TEST_MAIN
