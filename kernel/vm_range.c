/* SPDX-License-Identifier: BSD-2-Clause */
/* Ranges of addresses; see vm_range.h. */
#include "kernel/vm_range.h"
#include "kernel/page.h"
#include "kernel/random.h"
#include "kernel/vm_area.h"
#include "kernel/x86_64/vm_pages.h"
#include <errno.h>

#define MAP_LOW    (VM_AREA_BASE + (4ull << 40)) /* above wherever the heap may be */
#define MAP_SPREAD (1ull << 40)                  /* the top is a random page of as much */
#define LARGE_PAGE (2ull << 20)

int vm_range_of(struct vm_range *r, uint64_t addr, size_t len)
{
	uint64_t rounded = page_align_up(len);

	if (addr % PAGE_SIZE || rounded < len)
		return -EINVAL;
	if (addr + rounded < addr)
		return -ENOMEM;
	*r = (struct vm_range){ addr, addr + rounded };
	return 0;
}

int vm_range_own(struct vm_range *r, uint64_t addr, size_t len)
{
	int error = vm_range_of(r, addr, len);

	if (error)
		return error;
	return r->start >= VM_AREA_BASE && r->end <= VM_AREA_END ? 0 : -EACCES;
}

bool vm_range_is_free(const struct vm_range *r)
{
	const struct vm_region *at = region_from(r->start);

	return !at || at->start >= r->end;
}

static uint64_t find_gap(uint64_t len)
{
	static uint64_t top;

	if (!top)
		top = VM_AREA_END - page_align_down(random_u64() % MAP_SPREAD);
	return regions_gap(len, len < LARGE_PAGE ? PAGE_SIZE : LARGE_PAGE, MAP_LOW, top);
}

int vm_range_choose(struct vm_range *r, uint64_t addr, size_t len)
{
	uint64_t rounded = page_align_up(len);

	if (addr >= MAP_LOW && vm_range_own(r, page_align_down(addr), len) == 0 && vm_range_is_free(r))
		return 0;
	r->start = rounded >= len ? find_gap(rounded) : 0;
	r->end = r->start + rounded;
	return r->start ? 0 : -ENOMEM;
}

void vm_range_split(const struct vm_range *r)
{
	const struct vm_region *first = region_find(r->start), *last = region_find(r->end);

	if (first)
		vm_pages_split(first, r->start);
	if (last)
		vm_pages_split(last, r->end);
}
