/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scatter/gather: pieces of memory as a device sees them. The one place where addresses are
 * translated.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct sg {
	void *addr;    /* 1:1 memory: the physical address as well */
	uint32_t len;  /* bytes */
};

/*
 * Describes [addr, addr + len) as pieces that are contiguous for a device, neighbours joined.
 * Returns the number of pieces, -EFAULT: not mapped, -E2BIG: more than max pieces.
 */
int sg_from_range(struct sg *sg, unsigned max, const void *addr, size_t len);
