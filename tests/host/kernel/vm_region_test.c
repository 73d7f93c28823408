/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The regions against a model: one entry for each page, changed at random.
 *
 * Links: kernel/vm_region.c
 */
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "kernel/page.h"
#include "kernel/vm_area.h"

#define PAGES 300u
#define BASE  (VM_AREA_BASE + 77 * PAGE_SIZE)

irq_state vm_lock(void) { return 0; }
void vm_unlock(irq_state s) { (void)s; }

/* Prot and flags of each page, 0: free. No kind has neither. */
static unsigned char model[PAGES];

static uint64_t address(unsigned page)
{
	return BASE + page * PAGE_SIZE;
}

static void mark(unsigned first, unsigned end, unsigned char kind)
{
	memset(model + first, kind, end - first);
}

static unsigned run_end(unsigned page)
{
	unsigned end = page + 1;

	while (end < PAGES && model[end] == model[page])
		end++;
	return end;
}

/* Regions are exactly the model's runs: what could be one region is one. */
static void check_runs(void)
{
	const struct vm_region *r = region_from(BASE);

	for (unsigned page = 0; page < PAGES; page = run_end(page)) {
		if (!model[page])
			continue;
		if (!r)
			return test_fail(__FILE__, __LINE__, "a region is missing");
		CHECK_EQ(r->start, address(page));
		CHECK_EQ(r->end, address(run_end(page)));
		CHECK_EQ(r->prot | r->flags << 3, model[page]);
		r = region_next(r);
	}
	CHECK(!r);
}

static bool covered(unsigned first, unsigned end)
{
	return !memchr(model + first, 0, end - first);
}

static bool is_free(unsigned first, unsigned end)
{
	for (unsigned i = first; i < end; i++)
		if (model[i])
			return false;
	return true;
}

static unsigned highest_gap(unsigned len, unsigned align)
{
	for (unsigned at = PAGES - len + 1; at-- > 0;)
		if (address(at) / PAGE_SIZE % align == 0 && is_free(at, at + len))
			return at;
	return PAGES;
}

/* A search profits from what those before it have passed: so some of any kind, in any order. */
static void check_gaps(void)
{
	for (unsigned i = (unsigned)rand() % 4; i > 0; i--) {
		unsigned len = 1 + (unsigned)rand() % 16, align = 1u << (unsigned)rand() % 4, gap = highest_gap(len, align);

		CHECK_EQ(regions_gap(len * PAGE_SIZE, align * PAGE_SIZE, BASE, address(PAGES)),
			 gap == PAGES ? 0 : address(gap));
	}
}

static void check_questions(unsigned first, unsigned end)
{
	const struct vm_region *r = region_find(address(first) + 5);
	unsigned len = end - first, gap = highest_gap(len, 1), below = first, above = end;

	CHECK_EQ(r != NULL, model[first] != 0);
	CHECK_EQ(regions_cover(address(first), address(end)), covered(first, end));
	CHECK_EQ(regions_gap(len * PAGE_SIZE, PAGE_SIZE, BASE, address(PAGES)),
		 gap == PAGES ? 0 : address(gap));
	while (below > 0 && !model[below - 1])
		below--;
	while (above < PAGES && !model[above])
		above++;
	CHECK_EQ(regions_end_before(address(first)), below ? address(below) : 0);
	CHECK_EQ(regions_start_behind(address(end)), above < PAGES ? address(above) : UINT64_MAX);
}

static void change(unsigned first, unsigned end)
{
	unsigned prot = 1 + (unsigned)rand() % 7, flags = (unsigned)rand() % 4;
	unsigned set = 1u << rand() % 2, clear = 3 - set;

	CHECK(regions_make_room());
	switch (rand() % 3) {
	case 0:
		if (!is_free(first, end))
			return;
		regions_insert(address(first), address(end), prot, flags);
		return mark(first, end, (unsigned char)(prot | flags << 3));
	case 1:
		regions_remove(address(first), address(end));
		return mark(first, end, 0);
	default:
		regions_change(address(first), address(end), prot, set, clear);
		for (unsigned i = first; i < end; i++)
			if (model[i])
				model[i] = (unsigned char)(prot | ((model[i] >> 3 | set) & ~clear) << 3);
	}
}

TEST(regions_agree_with_a_model)
{
	srand(3);
	for (unsigned i = 0; i < 30000 && !test_failures; i++) {
		unsigned first = (unsigned)rand() % PAGES;
		unsigned end = first + 1 + (unsigned)rand() % (i % 3 ? 12 : PAGES - first);

		if (end > PAGES)
			end = PAGES;
		change(first, end);
		check_runs();
		check_questions(first, end);
		check_gaps();
	}
	regions_remove(BASE, address(PAGES));
	CHECK(!region_from(0));
}

TEST(gaps_are_aligned)
{
	uint64_t low = VM_AREA_BASE, high = VM_AREA_BASE + (16ull << 20) + PAGE_SIZE, large = 2ull << 20;

	CHECK(regions_make_room());
	CHECK_EQ(regions_gap(large, large, low, high), low + (14ull << 20));
	regions_insert(low + (15ull << 20), low + (16ull << 20), 1, 0);
	CHECK_EQ(regions_gap(large, large, low, high), low + (12ull << 20));
	CHECK_EQ(regions_gap(PAGE_SIZE, PAGE_SIZE, low, high), low + (16ull << 20));
	CHECK_EQ(regions_gap(17ull << 20, PAGE_SIZE, low, high), 0);
	CHECK_EQ(regions_gap(UINT64_MAX & -large, large, low, high), 0);
	regions_remove(low, high);
}

TEST(no_memory_for_more_regions)
{
	unsigned n = 0;

	for (shim_fail_alloc = 1; regions_make_room() && n < 1000; n++) {
		shim_fail_alloc = 1;
		regions_insert(address(2 * n), address(2 * n + 1), 1, 0);
	}
	shim_fail_alloc = 0;
	CHECK(n < 1000);
	CHECK(regions_make_room());
	CHECK(region_find(address(0)) && !region_find(address(1)));
	regions_remove(BASE, address(2 * n));
}

TEST_MAIN
