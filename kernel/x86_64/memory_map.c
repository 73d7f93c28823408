/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks from one region's edge to the next and asks at each which type counts there. Quadratic in the number of regions,
 * which is a dozen; needs no memory, which there is none of yet.
 */
#include "kernel/x86_64/memory_map.h"

#define NO_TYPE -1 /* no region covers the address */

static uint64_t end_of(const struct mem_region *r)
{
	return r->base + r->len < r->base ? UINT64_MAX : r->base + r->len;
}

static int stricter(int a, int b)
{
	static const int rank[] = { [MEM_USABLE] = 1, [MEM_ACPI] = 2, [MEM_RESERVED] = 3 };

	return a == NO_TYPE || rank[b] > rank[a] ? b : a;
}

/* The type that counts at address, and in *edge how far at least that holds. */
static int type_at(const struct mem_region *map, unsigned n, uint64_t address, uint64_t *edge)
{
	int type = NO_TYPE;

	*edge = UINT64_MAX;
	for (const struct mem_region *r = map; r < map + n; r++) {
		uint64_t end = end_of(r);
		uint64_t next = address < r->base ? r->base : end;

		if (next > address && next < *edge)
			*edge = next;
		if (r->base <= address && address < end)
			type = stricter(type, r->type);
	}
	return type;
}

bool memory_map_next(const struct mem_region *map, unsigned n, enum mem_type type, uint64_t *base, uint64_t *end)
{
	uint64_t at = *end, edge;

	while (type_at(map, n, at, &edge) != (int)type) {
		if (edge == UINT64_MAX)
			return false;
		at = edge;
	}
	*base = at;
	while (type_at(map, n, at, &edge) == (int)type && edge != UINT64_MAX)
		at = edge;
	*end = at;
	return true;
}
