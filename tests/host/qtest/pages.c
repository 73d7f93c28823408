/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages out of the heap in QEMU's RAM, for tests that are not about kernel/page.c. */
#include "kernel/heap.h"
#include "kernel/page.h"
#include "tests/host/qtest/memory.h"
#include <string.h>

void *page_alloc(size_t npages)
{
	size_t align = PAGE_SIZE;

	while (align < npages * PAGE_SIZE)
		align *= 2;
	return kmalloc_aligned(npages * PAGE_SIZE, align);
}

void *page_alloc_zeroed(size_t npages)
{
	void *p = page_alloc(npages);

	return p ? memset(p, 0, npages * PAGE_SIZE) : NULL;
}

void page_free(void *p, size_t npages)
{
	(void)npages;
	kfree(p);
}

size_t page_count_free(void)
{
	return page_count_total();
}

size_t page_count_total(void)
{
	return (QEMU_RAM_END - QEMU_RAM_START) / PAGE_SIZE;
}
