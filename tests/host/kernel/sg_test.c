/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ranges of memory turned into pieces, over a made-up page table.
 *
 * Links: kernel/sg.c
 */
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "kernel/page.h"
#include "kernel/sg.h"
#include "kernel/vm.h"
#include <errno.h>

/*
 * Where each page of the app's heap lies; 0: nowhere. Pages 1 and 2 are neighbours, as are 3 and 4.
 */
static const uint64_t frames[] = { 0x50000, 0x80000, 0x81000, 0x20000, 0x21000, 0 };

static unsigned asked_for;

uint64_t vm_phys_filled(const void *addr, unsigned access)
{
	uint64_t offset = (uint64_t)addr - VM_AREA_BASE;

	asked_for = access;
	if (offset / PAGE_SIZE >= sizeof(frames) / sizeof(frames[0]) || !frames[offset / PAGE_SIZE])
		return 0;
	return frames[offset / PAGE_SIZE] + offset % PAGE_SIZE;
}

static const char *heap(size_t offset)
{
	return (const char *)VM_AREA_BASE + offset;
}

TEST(sg_one_to_one_is_one_piece)
{
	struct sg sg[2];

	CHECK_EQ(sg_from_range(sg, 1, (void *)0x123456, 1000000, false), 1);
	CHECK_EQ(sg[0].addr, (void *)0x123456);
	CHECK_EQ(sg[0].len, 1000000);
	CHECK_EQ(sg_from_range(sg, 1, (void *)0x123456, 0, false), 0);
	CHECK_EQ(sg_from_range(sg, 2, (void *)0x1000, 0x100000000ull, false), 2);
	CHECK_EQ((uint64_t)sg[0].len + sg[1].len, 0x100000000ull);
	CHECK_EQ((uint64_t)sg[1].addr, 0x1000 + (uint64_t)sg[0].len);
	CHECK_EQ(sg_from_range(sg, 1, (void *)0x1000, 0x100000000ull, false), -E2BIG);
}

TEST(sg_neighbours_are_joined)
{
	struct sg sg[8];

	CHECK_EQ(sg_from_range(sg, 8, heap(100), 5 * PAGE_SIZE - 200, false), 3);
	CHECK_EQ(sg[0].addr, (void *)0x50064);
	CHECK_EQ(sg[0].len, PAGE_SIZE - 100);
	CHECK_EQ(sg[1].addr, (void *)0x80000);
	CHECK_EQ(sg[1].len, 2 * PAGE_SIZE);
	CHECK_EQ(sg[2].addr, (void *)0x20000);
	CHECK_EQ(sg[2].len, 2 * PAGE_SIZE - 100);
	CHECK_EQ(sg_from_range(sg, 2, heap(100), 5 * PAGE_SIZE - 200, false), -E2BIG);
	CHECK_EQ(sg_from_range(sg, 8, heap(PAGE_SIZE + 10), 20, false), 1);
	CHECK_EQ(sg[0].addr, (void *)0x8000a);
	CHECK_EQ(sg[0].len, 20);
}

TEST(sg_unmapped_is_refused)
{
	struct sg sg[8];

	CHECK_EQ(sg_from_range(sg, 8, heap(5 * PAGE_SIZE), 1, false), -EFAULT);
	CHECK_EQ(sg_from_range(sg, 8, heap(4 * PAGE_SIZE), PAGE_SIZE + 1, false), -EFAULT);
	CHECK_EQ(sg_from_range(sg, 8, heap(4 * PAGE_SIZE), PAGE_SIZE, false), 1);
}

/* A range that starts in the 1:1 map and leaves it is no 1:1 range. */
TEST(sg_range_across_the_border_is_refused)
{
	struct sg sg[8];

	CHECK_EQ(sg_from_range(sg, 8, heap(0) - 10, 20, false), -EFAULT);
}

/* What the device writes, the app must be allowed to write. */
TEST(sg_asks_for_the_right_access)
{
	struct sg sg[1];

	CHECK_EQ(sg_from_range(sg, 1, heap(0), 10, false), 1);
	CHECK_EQ(asked_for, VM_READ);
	CHECK_EQ(sg_from_range(sg, 1, heap(0), 10, true), 1);
	CHECK_EQ(asked_for, VM_WRITE);
}

TEST_MAIN
