/* SPDX-License-Identifier: BSD-2-Clause */
/* Mapping, unmapping and protecting; see vm_map.h. */
#include "kernel/vm_map.h"
#include "kernel/page.h"
#include "kernel/vm_area.h"
#include "kernel/vm_range.h"
#include "kernel/x86_64/vm_pages.h"
#include <errno.h>

static int place(struct vm_range *r, uint64_t addr, size_t len, unsigned flags)
{
	int error;

	if (!(flags & (VM_FIXED | VM_NOREPLACE)))
		return vm_range_choose(r, addr, len);
	error = vm_range_own(r, addr, len);
	if (error || vm_range_is_free(r))
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
	struct vm_range r;
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
	struct vm_range r;
	int error = vm_range_own(&r, addr, len);

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

static int commit_all(struct vm_range left)
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

static void set_rights(struct vm_range left, unsigned prot)
{
	irq_state s = vm_lock();

	vm_range_split(&left);
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

static int protect(struct vm_range r, unsigned prot)
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
	struct vm_range r;
	int error = vm_range_own(&r, addr, len);

	if (error || !len)
		return error;
	vm_begin();
	error = regions_cover(r.start, r.end) ? protect(r, prot) : -ENOMEM;
	vm_end();
	return error;
}
