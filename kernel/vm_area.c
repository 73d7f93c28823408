/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Regions made, filled and removed; and the app's heap, which is one of them. mmap(2) and its
 * sisters stand on this (vm_map.h), which a program that maps nothing does not have.
 */
#include "kernel/vm_area.h"
#include "kernel/mutex.h"
#include "kernel/page.h"
#include "kernel/random.h"
#include "kernel/x86_64/tlb.h"
#include "kernel/x86_64/vm_pages.h"
#include <errno.h>
#include <string.h>

/* More than all that is called with the lock held needs, the page allocator included. */
#define LOCKED_STACK 4096u

static struct mutex change = MUTEX_INIT;
static struct spinlock lock = SPINLOCK_INIT;

void vm_begin(void)
{
	mutex_lock(&change);
}

void vm_end(void)
{
	mutex_unlock(&change);
}

/* On a stack that is itself lazily filled, what the lock's holder needs of it has to be there. */
irq_state vm_lock(void)
{
	cpu_touch_stack(LOCKED_STACK);
	return spin_lock(&lock);
}

void vm_unlock(irq_state s)
{
	spin_unlock(&lock, s);
}

static const struct vm_region *region_allowing(uint64_t addr, unsigned access)
{
	const struct vm_region *r = region_find(addr);

	return r && r->prot & access ? r : NULL;
}

/*
 * A large page takes long to clear, so that happens between two holds of the lock; it is borrowed,
 * as the promise has to stand meanwhile: what is true before need not be so after.
 */
bool vm_fault(uint64_t addr, unsigned access)
{
	irq_state s = vm_lock();
	const struct vm_region *r = region_allowing(addr, access);
	void *large = r && vm_pages_want_large(r, addr) ? page_borrow(VM_LARGE_PAGES) : NULL;

	if (large) {
		vm_unlock(s);
		memset(large, 0, VM_LARGE_PAGES * PAGE_SIZE);
		s = vm_lock();
		r = region_allowing(addr, access);
	}
	if (r)
		vm_pages_fill(r, addr, &large);
	vm_unlock(s);
	if (large)
		page_free(large, VM_LARGE_PAGES);
	return r;
}

int vm_area_add(uint64_t start, uint64_t end, unsigned prot, unsigned flags, size_t paid)
{
	size_t cost = 0;
	irq_state s;

	if (flags & REGION_COMMITTED)
		cost = vm_pages_cost(end - start) - paid;
	if (!regions_make_room() || !page_promise(cost))
		return -ENOMEM;
	s = vm_lock();
	if (flags & REGION_COMMITTED)
		cost -= vm_pages_prepare(start, end) - paid;
	regions_insert(start, end, prot, flags);
	vm_unlock(s);
	page_promise_end(cost);
	return 0;
}

/* As much as is worth one round of the TLBs, from start on. Returns where that ends. */
static uint64_t remove_piece(uint64_t start, uint64_t end)
{
	const struct vm_region *r = region_from(start);

	if (!r || r->start >= end)
		return end;
	if (r->start > start)
		start = r->start;
	if (r->end < end)
		end = r->end;
	if (r->flags & REGION_COMMITTED) {
		end = vm_pages_piece(start, end);
		vm_pages_split(r, start);
		vm_pages_split(r, end);
		vm_pages_remove(start, end, regions_end_before(start), regions_start_behind(end));
	}
	regions_remove(start, end);
	return end;
}

/* Piece by piece: the lock is not held for longer than some hundred pages take. */
int vm_area_remove(uint64_t start, uint64_t end)
{
	if (!regions_make_room())
		return -ENOMEM;
	while (start < end) {
		irq_state s = vm_lock();

		start = remove_piece(start, end);
		vm_unlock(s);
	}
	return 0;
}

/* --- the heap --- */

#define HEAP_SPREAD (1ull << 40) /* its start is a random page of as much */
#define HEAP_MAX    (1ull << 40)

static uint64_t heap_start, heap_end; /* the end as the app was told */

static bool heap_resize(uint64_t old_end, uint64_t new_end)
{
	const struct vm_region *next = region_from(old_end);

	if (new_end <= old_end)
		return vm_area_remove(new_end, old_end) == 0;
	if (next && next->start < new_end)
		return false;
	return vm_area_add(old_end, new_end, VM_READ | VM_WRITE, REGION_COMMITTED | REGION_HEAP,
			   0) == 0;
}

static void *move_heap_end(intptr_t delta)
{
	uint64_t old = heap_end, new = old + (uint64_t)delta;

	if (new < heap_start || new > heap_start + HEAP_MAX)
		return (void *)-1;
	if (!heap_resize(page_align_up(old), page_align_up(new)))
		return (void *)-1;
	heap_end = new;
	return (void *)old;
}

void *vm_sbrk(intptr_t delta)
{
	void *old;

	vm_begin();
	if (!heap_start)
		heap_start = heap_end = VM_AREA_BASE + page_align_down(random_u64() % HEAP_SPREAD);
	old = move_heap_end(delta);
	vm_end();
	return old;
}
