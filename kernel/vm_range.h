/* SPDX-License-Identifier: BSD-2-Clause */
/* Ranges of addresses as the app names them, for the calls of vm_map.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm_range {
	uint64_t start, end; /* pages' starts */
};

/* 0, -EINVAL: addr is no page's start, or no such length, -ENOMEM: no such addresses. */
int vm_range_of(struct vm_range *, uint64_t addr, size_t len);

/* The same, of addresses that are the app's to change; else -EACCES. */
int vm_range_own(struct vm_range *, uint64_t addr, size_t len);

/*
 * Between vm_begin() and vm_end(). Whether no region has a part of it; where to put a new mapping,
 * at addr if nothing is there, else anywhere: 0 or -ENOMEM.
 */
bool vm_range_is_free(const struct vm_range *);
int vm_range_choose(struct vm_range *, uint64_t addr, size_t len);

/* With vm_lock() held: afterwards no large page reaches across the range's ends. */
void vm_range_split(const struct vm_range *);
