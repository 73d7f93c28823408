/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scatter/gather: pieces of memory as a device sees them. The one place where addresses are
 * translated.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sg {
	void *addr;    /* 1:1 memory: the physical address as well */
	uint32_t len;  /* bytes */
};

/*
 * Describes [addr, addr + len) as pieces that are contiguous for a device, neighbours joined. Pages
 * of the app's that were never touched are filled now. Returns the number of pieces, -EFAULT: not
 * mapped, or read-only and the device writes; -E2BIG: more than max pieces.
 */
int sg_from_range(struct sg *sg, unsigned max, const void *addr, size_t len, bool device_writes);
