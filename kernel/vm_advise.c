/* SPDX-License-Identifier: BSD-2-Clause */
/* What the app says and asks about memory that is mapped; see vm_map.h. */
#include "kernel/page.h"
#include "kernel/vm_area.h"
#include "kernel/vm_map.h"
#include "kernel/vm_range.h"
#include "kernel/x86_64/page_table.h"
#include "kernel/x86_64/vm_pages.h"
#include <errno.h>

/* What a call says about a range that is mapped as a whole. */
static int advise(uint64_t addr, size_t len, int (*apply)(struct vm_range))
{
	struct vm_range r;
	int error = vm_range_of(&r, addr, len);

	if (error || !len)
		return error;
	vm_begin();
	error = regions_cover(r.start, r.end) ? apply(r) : -ENOMEM;
	vm_end();
	return error;
}

static int nothing(struct vm_range r)
{
	(void)r;
	return 0;
}

int vm_check_mapped(uint64_t addr, size_t len)
{
	return advise(addr, len, nothing);
}

static int fill(struct vm_range r)
{
	for (uint64_t at = r.start; at < r.end; at += PAGE_SIZE)
		if (!vm_phys_filled((void *)at, VM_READ))
			return -ENOMEM;
	return 0;
}

int vm_fill(uint64_t addr, size_t len)
{
	return advise(addr, len, fill);
}

/* Up to the range's end or where something else begins; returns where that is. */
static uint64_t discard_piece(const struct vm_range *left)
{
	irq_state s = vm_lock();
	const struct vm_region *at = region_find(left->start);
	struct vm_range r = { left->start, left->end < at->end ? left->end : at->end };

	if (at->flags & REGION_COMMITTED && !(at->flags & REGION_FILE)) {
		r.end = vm_pages_piece(r.start, r.end);
		vm_range_split(&r);
		vm_pages_empty(r.start, r.end);
	}
	vm_unlock(s);
	return r.end;
}

static int discard(struct vm_range left)
{
	while (left.start < left.end)
		left.start = discard_piece(&left);
	return 0;
}

int vm_discard(uint64_t addr, size_t len)
{
	return advise(addr, len, discard);
}

static int set_kind(struct vm_range left, unsigned set, unsigned clear)
{
	while (left.start < left.end) {
		const struct vm_region *at = region_find(left.start);
		uint64_t end = at->end < left.end ? at->end : left.end;
		irq_state s;

		if (!regions_make_room())
			return -ENOMEM;
		s = vm_lock();
		at = region_find(left.start);
		regions_change(left.start, end, at->prot, set, clear);
		vm_unlock(s);
		left.start = end;
	}
	return 0;
}

static int prefer_large(struct vm_range r)
{
	return set_kind(r, 0, REGION_SMALL);
}

static int prefer_small(struct vm_range r)
{
	return set_kind(r, REGION_SMALL, 0);
}

int vm_prefer_large(uint64_t addr, size_t len, bool large)
{
	return advise(addr, len, large ? prefer_large : prefer_small);
}

static bool is_filled(uint64_t addr)
{
	uint64_t size;

	return page_table_find(addr, &size) != 0;
}

int vm_residence(uint64_t addr, size_t len, unsigned char *pages)
{
	struct vm_range r;
	int error = vm_range_of(&r, addr, len);

	if (error)
		return error;
	vm_begin();
	error = regions_cover(r.start, r.end) || !len ? 0 : -ENOMEM;
	for (uint64_t at = r.start; !error && at < r.end; at += PAGE_SIZE)
		*pages++ = is_filled(at);
	vm_end();
	return error;
}
