/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Found by walking the page tables: what the app was promised and never touched is not there, nor is
 * RAM above the page allocator's frontiers. Found once, as the dump itself changes memory.
 */
#include "debug/dump/stretches.h"
#include "debug/target/target.h"
#include "kernel/page.h"
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/page_table.h"
#include <string.h>

#define ZERO_RUN (16 * PAGE_SIZE) /* shorter ones are not worth a stretch of their own */

struct stretch dump_stretches[STRETCHES_MAX];
unsigned dump_nstretches;

/* Not in the image: there gdb takes what a core lacks from the ELF file. */
static bool is_zero(uint64_t page)
{
	static uint8_t bytes[PAGE_SIZE];

	if (page - (uintptr_t)image_start < (uintptr_t)image_end - (uintptr_t)image_start)
		return false;
	if (target_read(page, bytes, PAGE_SIZE) != PAGE_SIZE)
		return true;
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, PAGE_SIZE - 1) == 0;
}

static bool push(uint64_t start, bool zero)
{
	if (dump_nstretches == STRETCHES_MAX)
		return false;
	dump_stretches[dump_nstretches++] = (struct stretch){ start, start + PAGE_SIZE, zero };
	return true;
}

/* Between data a few zeroes are data. */
static void join_short_zeroes(void)
{
	struct stretch *zero = &dump_stretches[dump_nstretches - 1], *before = zero - 1;

	if (dump_nstretches < 2 || !zero->zero || before->zero || before->end != zero->start ||
	    zero->end - zero->start >= ZERO_RUN)
		return;
	before->end = zero->end;
	dump_nstretches--;
}

static bool add_page(uint64_t page)
{
	bool zero = is_zero(page);
	struct stretch *last;

	if (dump_nstretches && !zero && dump_stretches[dump_nstretches - 1].end == page)
		join_short_zeroes();
	last = dump_nstretches ? &dump_stretches[dump_nstretches - 1] : NULL;
	if (!last || last->end != page || last->zero != zero)
		return push(page, zero);
	last->end += PAGE_SIZE;
	return true;
}

static bool add(uint64_t start, uint64_t end)
{
	for (; start < end; start += PAGE_SIZE)
		if (!add_page(start))
			return false;
	return true;
}

bool dump_stretches_find(void)
{
	bool all = true;

	dump_nstretches = 0;
	for (uint64_t at = 0, size; all && at < VIRTUAL_END; at = (at | (size - 1)) + 1) {
		uint64_t entry = page_table_find(at, &size);

		if (entry & PTE_PRESENT && (entry & PTE_UNCACHED) != PTE_UNCACHED)
			all = add(at, (at | (size - 1)) + 1);
	}
	return all;
}
