/* SPDX-License-Identifier: BSD-2-Clause */
/* Resizing and moving mappings; see vm_map.h. */
#include "kernel/page.h"
#include "kernel/vm_area.h"
#include "kernel/vm_map.h"
#include "kernel/vm_range.h"
#include "kernel/x86_64/vm_pages.h"
#include <errno.h>

/* The lock is held. As much of the range as is one piece goes to `to`; returns its end. */
static uint64_t move_piece(const struct vm_range *from, uint64_t to)
{
	const struct vm_region *at = region_find(from->start);
	struct vm_range r = *from;

	if (at->flags & REGION_COMMITTED) {
		r.end = vm_pages_piece(r.start, r.end);
		vm_range_split(&r);
		vm_pages_move(r.start, r.end, to, regions_end_before(r.start),
			      regions_start_behind(r.end));
	}
	regions_remove(r.start, r.end);
	return r.end;
}

static void move(struct vm_range from, uint64_t to)
{
	while (from.start < from.end) {
		irq_state s = vm_lock();
		uint64_t end = move_piece(&from, to);

		vm_unlock(s);
		to += end - from.start;
		from.start = end;
	}
}

/* The pages' promises go along. What is cut off by a shorter new range is gone already. */
static intptr_t relocate(struct vm_range from, struct vm_range to)
{
	struct vm_region at = *region_find(from.start);
	size_t paid = at.flags & REGION_COMMITTED ? (from.end - from.start) / PAGE_SIZE : 0;
	int error = vm_area_add(to.start, to.end, at.prot, at.flags & ~REGION_HEAP, paid);

	if (error)
		return error;
	move(from, to.start); /* there is room for a region less */
	return (intptr_t)to.start;
}

static intptr_t grow(struct vm_range r, size_t new_len, unsigned flags)
{
	struct vm_region at = *region_find(r.start);
	struct vm_range more = { r.end, r.start + new_len }, elsewhere;

	if (more.end > more.start && more.end <= VM_AREA_END && vm_range_is_free(&more)) {
		int error = vm_area_add(more.start, more.end, at.prot, at.flags, 0);

		return error ? error : (intptr_t)r.start;
	}
	if (!(flags & VM_MAY_MOVE) || vm_range_choose(&elsewhere, 0, new_len) != 0)
		return -ENOMEM;
	return relocate(r, elsewhere);
}

static intptr_t remap(struct vm_range r, size_t new_len, unsigned flags, uint64_t new_addr)
{
	const struct vm_region *at = region_find(r.start);
	struct vm_range to;
	int error = 0;

	if (!at || at->end < r.end)
		return -EFAULT;
	if (flags & VM_MOVE_TO) {
		error = vm_range_own(&to, new_addr, new_len);
		if (error || (to.start < r.end && to.end > r.start))
			return -EINVAL;
		error = vm_area_remove(to.start, to.end);
	}
	if (!error && r.start + new_len < r.end) {
		error = vm_area_remove(r.start + new_len, r.end);
		r.end = r.start + new_len;
	}
	if (error)
		return error;
	if (flags & VM_MOVE_TO)
		return relocate(r, to);
	return r.start + new_len == r.end ? (intptr_t)r.start : grow(r, new_len, flags);
}

intptr_t vm_remap(uint64_t addr, size_t old_len, size_t new_len, unsigned flags, uint64_t new_addr)
{
	struct vm_range r;
	size_t rounded = page_align_up(new_len);
	intptr_t result = vm_range_own(&r, addr, old_len);

	if (result || !old_len || !new_len || rounded < new_len)
		return -EINVAL;
	vm_begin();
	result = remap(r, rounded, flags, new_addr);
	vm_end();
	return result;
}
