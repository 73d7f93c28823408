/* SPDX-License-Identifier: BSD-2-Clause */
/* The loader's memory map as disjoint stretches of one type. */
#pragma once

#include "kernel/boot_info.h"
#include <stdbool.h>

/* Beside the loader's types: usable memory that is in use already. */
#define MEM_CLAIMED 3

struct memory_stretch {
	uint64_t base, end;
	unsigned type; /* an enum mem_type, or MEM_CLAIMED */

	/* memory_map_next()'s own: what comes after end. */
	unsigned ahead_type;
	uint64_t ahead_end;
};

/*
 * Makes s the next stretch of one type, as long as possible; start with .end = where to start and
 * all else zero. Where regions overlap, the more restrictive type counts: reserved, ACPI, claimed,
 * usable. What no region covers is reserved. False: that was the last.
 */
bool memory_map_next(const struct mem_region *, unsigned n, struct memory_stretch *s);
