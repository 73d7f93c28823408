/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks from one region's edge to the next and asks at each which type counts there. Quadratic in
 * the number of regions, which is a dozen; needs no memory, which there is none of yet.
 */
#include "kernel/x86_64/memory_map.h"

static uint64_t end_of(const struct mem_region *r)
{
	return r->base + r->len < r->base ? UINT64_MAX : r->base + r->len;
}

/* The type that counts at address, and in *edge how far at least that holds. */
static unsigned type_at(const struct mem_region *map, unsigned n, uint64_t address, uint64_t *edge)
{
	static const uint8_t rank[] = { [MEM_USABLE] = 1, [MEM_CLAIMED] = 2, [MEM_ACPI] = 3, [MEM_RESERVED] = 4 };
	static const uint8_t type_of_rank[] = { MEM_RESERVED, MEM_USABLE, MEM_CLAIMED, MEM_ACPI, MEM_RESERVED };
	unsigned highest = 0;

	*edge = UINT64_MAX;
	for (const struct mem_region *r = map; r < map + n; r++) {
		uint64_t end = end_of(r);

		if (address >= end)
			continue;
		if (address < r->base) {
			*edge = r->base < *edge ? r->base : *edge;
			continue;
		}
		*edge = end < *edge ? end : *edge;
		if (rank[r->type] > highest)
			highest = rank[r->type];
	}
	return type_of_rank[highest];
}

bool memory_map_next(const struct mem_region *map, unsigned n, struct memory_stretch *s)
{
	if (s->end == UINT64_MAX)
		return false;
	if (s->ahead_end == 0)
		s->ahead_type = type_at(map, n, s->end, &s->ahead_end);
	s->base = s->end;
	s->type = s->ahead_type;
	do {
		s->end = s->ahead_end;
		s->ahead_type = type_at(map, n, s->end, &s->ahead_end);
	} while (s->ahead_type == s->type && s->end != UINT64_MAX);
	return true;
}
