/* SPDX-License-Identifier: BSD-2-Clause */
/* The loader's memory map as disjoint stretches of one type. */
#pragma once

#include "kernel/boot_info.h"
#include <stdbool.h>

/*
 * The first stretch of this type at or above *end, as long as possible: sets *base and *end. Start with *end = 0. False: there is none.
 * Where regions overlap, the more restrictive type counts: MEM_RESERVED before MEM_ACPI before MEM_USABLE.
 */
bool memory_map_next(const struct mem_region *, unsigned n, enum mem_type, uint64_t *base, uint64_t *end);
