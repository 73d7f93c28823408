/* SPDX-License-Identifier: BSD-2-Clause */
/* Ranges of memory as a device sees them; see sg.h. */
#include "kernel/sg.h"
#include "kernel/page.h"
#include "kernel/vm.h"
#include <errno.h>

/* What a piece's length can say, in whole pages. */
#define PIECE_MAX (UINT32_MAX & ~(PAGE_SIZE - 1))

/*
 * Appends [phys, phys + len), to the last piece if it goes on there. Returns the new number of
 * pieces, or -E2BIG.
 */
static int append(struct sg *sg, int n, unsigned max, uint64_t phys, size_t len)
{
	struct sg *last = sg + n - 1;

	if (n > 0 && (uint64_t)last->addr + last->len == phys && last->len + len <= PIECE_MAX) {
		last->len += (uint32_t)len;
		return n;
	}
	if ((unsigned)n == max)
		return -E2BIG;
	sg[n] = (struct sg){ .addr = (void *)phys, .len = (uint32_t)len };
	return n + 1;
}

/* 1:1 memory is contiguous wherever it is; only a length that no piece can hold splits it. */
static int direct(struct sg *sg, unsigned max, uint64_t addr, size_t len)
{
	int n = 0;

	while (len > 0 && n >= 0) {
		size_t piece = len < PIECE_MAX ? len : PIECE_MAX;

		n = append(sg, n, max, addr, piece);
		addr += piece;
		len -= piece;
	}
	return n;
}

static int translated(struct sg *sg, unsigned max, const char *addr, size_t len, unsigned access)
{
	int n = 0;

	while (len > 0 && n >= 0) {
		size_t in_page = PAGE_SIZE - (uint64_t)addr % PAGE_SIZE;
		size_t piece = len < in_page ? len : in_page;
		uint64_t phys = vm_phys_filled(addr, access);

		if (!phys)
			return -EFAULT;
		n = append(sg, n, max, phys, piece);
		addr += piece;
		len -= piece;
	}
	return n;
}

int sg_from_range(struct sg *sg, unsigned max, const void *addr, size_t len, bool device_writes)
{
	uint64_t start = (uint64_t)addr;

	if (start < VM_AREA_BASE && len <= VM_AREA_BASE - start)
		return direct(sg, max, start, len);
	return translated(sg, max, addr, len, device_writes ? VM_WRITE : VM_READ);
}
