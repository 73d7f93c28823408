/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mappings asked for after start: devices, firmware's tables, and guard pages; and the question where
 * an address really is.
 */
#include "kernel/vm.h"
#include "kernel/page.h"
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/page_table.h"
#include "kernel/x86_64/tlb.h"
#include <errno.h>

/* Addresses that a 1:1 mapping can serve: not page 0, not the app's, and existing. */
static bool mappable(uint64_t start, uint64_t end)
{
	uint64_t limit = 1ull << cpu_features.physical_bits;

	return start >= PAGE_SIZE && start < end && end <= (limit < VM_AREA_BASE ? limit : VM_AREA_BASE);
}

/* What is RAM, whatever firmware says, is mapped as such: the allocator may give it out one day. */
static void *map_1to1(uint64_t phys, size_t len, uint64_t flags)
{
	uint64_t start = page_align_down(phys), end = page_align_up(phys + len);

	if (phys + len < phys || !mappable(start, end))
		return NULL;
	if (page_is_ram(start, end))
		flags = PAGE_DATA;
	if (page_table_map(start, start, end - start, flags) != 0)
		return NULL;
	return (void *)phys;
}

volatile void *vm_map_device(uint64_t phys, size_t len)
{
	return map_1to1(phys, len, PAGE_DEVICE);
}

const void *vm_map_rom(uint64_t phys, size_t len)
{
	return map_1to1(phys, len, PAGE_RODATA);
}

/* The former translation leads nowhere else, so nobody needs to wait until it is forgotten. */
int vm_guard(void *addr)
{
	uint64_t former;
	int error = page_table_set((uintptr_t)addr, (uintptr_t)addr | PTE_GUARD, &former);

	tlb_flush_later();
	return error;
}

int vm_unguard(void *addr)
{
	uint64_t former;

	return page_table_set((uintptr_t)addr, (uintptr_t)addr | PAGE_DATA, &former);
}

bool vm_is_guard(uint64_t addr)
{
	uint64_t size, entry;

	if (vm_is_area(addr))
		return false;
	entry = page_table_find(addr, &size);
	return !(entry & PTE_PRESENT) && entry & PTE_GUARD;
}

uint64_t vm_phys(const void *addr)
{
	uint64_t size, entry;

	if ((uintptr_t)addr >= VIRTUAL_END)
		return 0;
	entry = page_table_find((uintptr_t)addr, &size);
	return entry & PTE_PRESENT ? (entry & PTE_ADDRESS & -size) | ((uintptr_t)addr & (size - 1)) : 0;
}

uint64_t vm_phys_filled(const void *addr, unsigned access)
{
	uint64_t size, entry;

	if (!vm_is_area((uintptr_t)addr))
		return vm_phys(addr);
	entry = page_table_find((uintptr_t)addr, &size);
	if (!(entry & PTE_PRESENT) || (access & VM_WRITE && !(entry & PTE_WRITE)))
		return vm_fault((uintptr_t)addr, access) ? vm_phys(addr) : 0;
	return (entry & PTE_ADDRESS & -size) | ((uintptr_t)addr & (size - 1));
}
