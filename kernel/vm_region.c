/* SPDX-License-Identifier: BSD-2-Clause */
/* The ordered array of regions; see vm_region.h. */
#include "kernel/vm_region.h"
#include "kernel/heap.h"
#include "kernel/vm_area.h"
#include <string.h>

#define FIRST_ROOM 8u /* a program that maps nothing has one region: its heap */
#define CHANGE_MAX 3u /* regions more after one change: a new one inside another */

static struct vm_region first[FIRST_ROOM];
static struct vm_region *regions = first;
static size_t count, room = FIRST_ROOM;

/*
 * What the last search for a gap has passed: where it found nothing, and so neither will one for
 * more, until a region is taken from there. The mutex of vm_area.h guards it.
 */
static struct {
	uint64_t len, align, high; /* searched for, and below what */
	uint64_t from;             /* no gap that ends above this would do */
} passed = { .from = UINT64_MAX };

/* How many regions end at or before addr: the index of the first that does not. */
static size_t index_of(uint64_t addr)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (regions[middle].end > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool same_kind(const struct vm_region *a, const struct vm_region *b)
{
	return a->prot == b->prot && a->flags == b->flags;
}

/* Makes room for one at index i, or closes the gap that n left there. */
static void open_gap(size_t i)
{
	memmove(regions + i + 1, regions + i, (count - i) * sizeof *regions);
	count++;
}

static void close_gap(size_t i, size_t n)
{
	count -= n;
	memmove(regions + i, regions + i + n, (count - i) * sizeof *regions);
}

/* Makes addr a border where it lies inside a region. Returns the index of what begins there. */
static size_t split(uint64_t addr)
{
	size_t i = index_of(addr);

	if (i == count || regions[i].start >= addr)
		return i;
	open_gap(i);
	regions[i].end = regions[i + 1].start = addr;
	return i + 1;
}

/* Makes one of a region and the one before it, where nothing tells them apart. */
static void join(size_t i)
{
	if (i == 0 || i >= count)
		return;
	if (regions[i - 1].end != regions[i].start || !same_kind(&regions[i - 1], &regions[i]))
		return;
	regions[i - 1].end = regions[i].end;
	close_gap(i, 1);
}

bool regions_make_room(void)
{
	struct vm_region *larger, *former = regions;
	irq_state s;

	if (count + CHANGE_MAX <= room)
		return true;
	larger = kmalloc(2 * room * sizeof *larger);
	if (!larger)
		return false;
	s = vm_lock();
	regions = memcpy(larger, former, count * sizeof *larger);
	room *= 2;
	vm_unlock(s);
	if (former != first)
		kfree(former);
	return true;
}

struct vm_region *region_from(uint64_t addr)
{
	size_t i = index_of(addr);

	return i < count ? &regions[i] : NULL;
}

struct vm_region *region_find(uint64_t addr)
{
	struct vm_region *r = region_from(addr);

	return r && r->start <= addr ? r : NULL;
}

struct vm_region *region_next(const struct vm_region *r)
{
	size_t i = (size_t)(r - regions) + 1;

	return i < count ? &regions[i] : NULL;
}

uint64_t regions_end_before(uint64_t start)
{
	size_t i = index_of(start);

	if (i < count && regions[i].start < start)
		return start;
	return i ? regions[i - 1].end : 0;
}

uint64_t regions_start_behind(uint64_t end)
{
	const struct vm_region *r = region_from(end);

	if (!r)
		return UINT64_MAX;
	return r->start > end ? r->start : end;
}

bool regions_cover(uint64_t start, uint64_t end)
{
	for (const struct vm_region *r = region_find(start); r; r = region_next(r)) {
		if (r->start > start)
			return false;
		if (r->end >= end)
			return true;
		start = r->end;
	}
	return false;
}

uint64_t regions_gap(uint64_t len, uint64_t align, uint64_t low, uint64_t high)
{
	bool known = len >= passed.len && align >= passed.align && high <= passed.high && high > passed.from;
	size_t first_tried = index_of((known ? passed.from : high) - 1);

	for (size_t i = first_tried;; i--) {
		uint64_t end = i < count && regions[i].start < high ? regions[i].start : high;
		uint64_t start = i > 0 && regions[i - 1].end > low ? regions[i - 1].end : low;
		uint64_t at = (end - len) & -align;

		if (end >= len && at >= start) {
			if (!known || i < first_tried)
				passed = (typeof(passed)){ len, align, high, end };
			return at;
		}
		if (i == 0 || regions[i - 1].end <= low)
			return 0;
	}
}

void regions_insert(uint64_t start, uint64_t end, unsigned prot, unsigned flags)
{
	size_t i = index_of(start);

	open_gap(i);
	regions[i] = (struct vm_region){ start, end, (uint8_t)prot, (uint8_t)flags };
	join(i + 1);
	join(i);
}

void regions_remove(uint64_t start, uint64_t end)
{
	size_t i = split(start);

	close_gap(i, split(end) - i);
	if (i == count || regions[i].start > passed.from)
		passed.from = i < count ? regions[i].start : UINT64_MAX;
}

void regions_change(uint64_t start, uint64_t end, unsigned prot, unsigned set, unsigned clear)
{
	size_t i = split(start), last = split(end);

	for (size_t k = i; k < last; k++) {
		regions[k].prot = (uint8_t)prot;
		regions[k].flags = (uint8_t)((regions[k].flags | set) & ~clear);
	}
	for (size_t k = last; k + 1 > i; k--)
		join(k);
}
