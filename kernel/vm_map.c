/* SPDX-License-Identifier: BSD-2-Clause */
/* mmap(2) and its sisters; see vm_map.h. */
#include "kernel/vm_map.h"
#include "kernel/page.h"
#include "kernel/random.h"
#include "kernel/vm_area.h"
#include "kernel/x86_64/page_table.h"
#include "kernel/x86_64/vm_pages.h"
#include <errno.h>

#define MAP_LOW      (VM_AREA_BASE + (4ull << 40)) /* above wherever the heap may be */
#define MAP_SPREAD   (1ull << 40)                  /* the top is a random page of as much */
#define LARGE_PAGE   (2ull << 20)

/* --- ranges --- */

struct range {
	uint64_t start, end;
};

/* A range as the app named it. 0, -EINVAL: no pages' start or no length, -ENOMEM: no addresses. */
static int range_of(struct range *r, uint64_t addr, size_t len)
{
	uint64_t rounded = page_align_up(len);

	if (addr % PAGE_SIZE || rounded < len)
		return -EINVAL;
	if (addr + rounded < addr)
		return -ENOMEM;
	*r = (struct range){ addr, addr + rounded };
	return 0;
}

/* The same, of addresses that are the app's to change. */
static int own_range(struct range *r, uint64_t addr, size_t len)
{
	int error = range_of(r, addr, len);

	if (error)
		return error;
	return r->start >= VM_AREA_BASE && r->end <= VM_AREA_END ? 0 : -EACCES;
}

static bool is_free(const struct range *r)
{
	const struct vm_region *at = region_from(r->start);

	return !at || at->start >= r->end;
}

/* --- mapping --- */

static uint64_t find_gap(uint64_t len)
{
	static uint64_t top;

	if (!top)
		top = VM_AREA_END - page_align_down(random_u64() % MAP_SPREAD);
	return regions_gap(len, len < LARGE_PAGE ? PAGE_SIZE : LARGE_PAGE, MAP_LOW, top);
}

/* Where the app wishes, if nothing is there, else anywhere. */
static int choose(struct range *r, uint64_t addr, size_t len)
{
	uint64_t rounded = page_align_up(len);

	if (addr >= MAP_LOW && own_range(r, page_align_down(addr), len) == 0 && is_free(r))
		return 0;
	r->start = rounded >= len ? find_gap(rounded) : 0;
	r->end = r->start + rounded;
	return r->start ? 0 : -ENOMEM;
}

static int place(struct range *r, uint64_t addr, size_t len, unsigned flags)
{
	int error;

	if (!(flags & (VM_FIXED | VM_NOREPLACE)))
		return choose(r, addr, len);
	error = own_range(r, addr, len);
	if (error || is_free(r))
		return error;
	return flags & VM_NOREPLACE ? -EEXIST : vm_area_remove(r->start, r->end);
}

/* Memory that nobody may touch is promised when that changes. */
static unsigned kind_of(unsigned prot, unsigned flags)
{
	return (prot ? REGION_COMMITTED : 0) | (flags & VM_FILE ? REGION_FILE : 0);
}

intptr_t vm_map(uint64_t addr, size_t len, unsigned prot, unsigned flags)
{
	struct range r;
	int error;

	if (!len)
		return -EINVAL;
	vm_begin();
	error = place(&r, addr, len, flags);
	if (!error)
		error = vm_area_add(r.start, r.end, prot, kind_of(prot, flags), 0);
	vm_end();
	if (!error && prot && flags & VM_FILLED)
		vm_fill(r.start, len);
	return error ? error : (intptr_t)r.start;
}

int vm_unmap(uint64_t addr, size_t len)
{
	struct range r;
	int error = own_range(&r, addr, len);

	if (error || !len)
		return -EINVAL;
	vm_begin();
	error = vm_area_remove(r.start, r.end);
	vm_end();
	return error;
}

/* --- protecting --- */

/* Promises the pages of what nobody was allowed to touch so far. */
static int commit(uint64_t start, uint64_t end)
{
	size_t cost = vm_pages_cost(end - start);
	irq_state s;

	if (!regions_make_room() || !page_promise(cost))
		return -ENOMEM;
	s = vm_lock();
	cost -= vm_pages_prepare(start, end);
	regions_change(start, end, VM_NONE, REGION_COMMITTED, 0);
	vm_unlock(s);
	page_promise_end(cost);
	return 0;
}

static int commit_all(struct range left)
{
	while (left.start < left.end) {
		const struct vm_region *at = region_find(left.start);
		uint64_t end = at->end < left.end ? at->end : left.end;
		int error = at->flags & REGION_COMMITTED ? 0 : commit(left.start, end);

		if (error)
			return error;
		left.start = end;
	}
	return 0;
}

/* The lock is held: no large page reaches across the range's ends. */
static void make_borders(const struct range *r)
{
	const struct vm_region *first = region_find(r->start), *last = region_find(r->end);

	if (first)
		vm_pages_split(first, r->start);
	if (last)
		vm_pages_split(last, r->end);
}

static void set_rights(struct range left, unsigned prot)
{
	irq_state s = vm_lock();

	make_borders(&left);
	regions_change(left.start, left.end, prot, 0, 0);
	vm_unlock(s);
	while (left.start < left.end) {
		uint64_t end = vm_pages_piece(left.start, left.end);

		s = vm_lock();
		vm_pages_protect(left.start, end, prot);
		vm_unlock(s);
		left.start = end;
	}
}

static int protect(struct range r, unsigned prot)
{
	int error = prot ? commit_all(r) : 0;

	if (error)
		return error;
	if (!regions_make_room())
		return -ENOMEM;
	set_rights(r, prot);
	return 0;
}

int vm_protect(uint64_t addr, size_t len, unsigned prot)
{
	struct range r;
	int error = own_range(&r, addr, len);

	if (error || !len)
		return error;
	vm_begin();
	error = regions_cover(r.start, r.end) ? protect(r, prot) : -ENOMEM;
	vm_end();
	return error;
}

/* --- advice --- */

/* What a call says about a range that is mapped as a whole. */
static int advise(uint64_t addr, size_t len, int (*apply)(struct range))
{
	struct range r;
	int error = range_of(&r, addr, len);

	if (error || !len)
		return error;
	vm_begin();
	error = regions_cover(r.start, r.end) ? apply(r) : -ENOMEM;
	vm_end();
	return error;
}

static int nothing(struct range r)
{
	(void)r;
	return 0;
}

int vm_check_mapped(uint64_t addr, size_t len)
{
	return advise(addr, len, nothing);
}

static int fill(struct range r)
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
static uint64_t discard_piece(const struct range *left)
{
	irq_state s = vm_lock();
	const struct vm_region *at = region_find(left->start);
	struct range r = { left->start, left->end < at->end ? left->end : at->end };

	if (at->flags & REGION_COMMITTED && !(at->flags & REGION_FILE)) {
		r.end = vm_pages_piece(r.start, r.end);
		make_borders(&r);
		vm_pages_empty(r.start, r.end);
	}
	vm_unlock(s);
	return r.end;
}

static int discard(struct range left)
{
	while (left.start < left.end)
		left.start = discard_piece(&left);
	return 0;
}

int vm_discard(uint64_t addr, size_t len)
{
	return advise(addr, len, discard);
}

static int set_kind(struct range left, unsigned set, unsigned clear)
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

static int prefer_large(struct range r)
{
	return set_kind(r, 0, REGION_SMALL);
}

static int prefer_small(struct range r)
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
	struct range r;
	int error = range_of(&r, addr, len);

	if (error)
		return error;
	vm_begin();
	error = regions_cover(r.start, r.end) || !len ? 0 : -ENOMEM;
	for (uint64_t at = r.start; !error && at < r.end; at += PAGE_SIZE)
		*pages++ = is_filled(at);
	vm_end();
	return error;
}

/* --- resizing and moving --- */

/* The lock is held. As much of the range as is one piece goes to `to`; returns its end. */
static uint64_t move_piece(const struct range *from, uint64_t to)
{
	const struct vm_region *at = region_find(from->start);
	struct range r = *from;

	if (at->flags & REGION_COMMITTED) {
		r.end = vm_pages_piece(r.start, r.end);
		make_borders(&r);
		vm_pages_move(r.start, r.end, to, regions_end_before(r.start),
			      regions_start_behind(r.end));
	}
	regions_remove(r.start, r.end);
	return r.end;
}

static void move(struct range from, uint64_t to)
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
static intptr_t relocate(struct range from, struct range to)
{
	struct vm_region at = *region_find(from.start);
	size_t paid = at.flags & REGION_COMMITTED ? (from.end - from.start) / PAGE_SIZE : 0;
	int error = vm_area_add(to.start, to.end, at.prot, at.flags & ~REGION_HEAP, paid);

	if (error)
		return error;
	move(from, to.start); /* there is room for a region less */
	return (intptr_t)to.start;
}

static intptr_t grow(struct range r, size_t new_len, unsigned flags)
{
	struct vm_region at = *region_find(r.start);
	struct range more = { r.end, r.start + new_len }, elsewhere;

	if (more.end > more.start && more.end <= VM_AREA_END && is_free(&more)) {
		int error = vm_area_add(more.start, more.end, at.prot, at.flags, 0);

		return error ? error : (intptr_t)r.start;
	}
	if (!(flags & VM_MAY_MOVE) || choose(&elsewhere, 0, new_len) != 0)
		return -ENOMEM;
	return relocate(r, elsewhere);
}

static intptr_t remap(struct range r, size_t new_len, unsigned flags, uint64_t new_addr)
{
	const struct vm_region *at = region_find(r.start);
	struct range to;
	int error = 0;

	if (!at || at->end < r.end)
		return -EFAULT;
	if (flags & VM_MOVE_TO) {
		error = own_range(&to, new_addr, new_len);
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
	struct range r;
	size_t rounded = page_align_up(new_len);
	intptr_t result = own_range(&r, addr, old_len);

	if (result || !old_len || !new_len || rounded < new_len)
		return -EINVAL;
	vm_begin();
	result = remap(r, rounded, flags, new_addr);
	vm_end();
	return result;
}
