/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address space beyond the 1:1 map: the mapping of device registers, guard pages, and the app's heap.
 * Kernel memory and every stack are 1:1; only [VM_BRK_BASE, VM_BRK_BASE + VM_BRK_MAX) is not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VM_BRK_BASE 0x100000000000ull /* 16 TiB: above any RAM mapped 1:1 */
#define VM_BRK_MAX  0x010000000000ull /* 1 TiB */

enum vm_prot { VM_READ = 1, VM_WRITE = 2, VM_EXEC = 4, VM_UNCACHED = 8 };

/* Maps a device's registers 1:1, uncached. Returns the address, NULL: no memory for page tables. Mapping twice is harmless. */
volatile void *vm_map_device(uint64_t phys, size_t len);

/*
 * Maps firmware tables 1:1, read-only, cached, whatever the memory map says of them. Returns the address, NULL: the range wraps, touches page 0, lies beyond
 * the CPU's physical addresses, or there is no memory for page tables. Mapping twice is harmless.
 */
const void *vm_map_rom(uint64_t phys, size_t len);

/* The end of the highest region of the boot memory map, of any type, that ends at or below 0xfec00000: above it is room for devices' registers. */
uint64_t vm_low_memory_end(void);

/* Punches a hole in the 1:1 map (guard page), or mends it. addr is page-aligned. 0 or -ENOMEM (a large page had to be split). */
int vm_guard(void *addr);
int vm_unguard(void *addr);
bool vm_is_guard(uint64_t addr); /* for the page-fault handler: did somebody run off a stack? */

/* A thread's stack: size bytes (rounded up to pages) above one guard page. Returns the lowest usable address, NULL: out of memory. */
void *vm_stack_alloc(size_t size);
void vm_stack_free(void *stack, size_t size);

/* Moves the end of the app's heap by delta bytes and returns the old end, as sbrk(2); (void *)-1: out of memory. */
void *vm_sbrk(intptr_t delta);

/* The physical address behind addr, 0 when nothing is mapped there. In the 1:1 map it is addr itself. */
uint64_t vm_phys(const void *addr);
