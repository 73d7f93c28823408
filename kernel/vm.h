/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The address space. RAM in use, firmware's tables and devices are mapped 1:1; kernel memory and
 * most stacks lie there, guard pages are holes in it. Above VM_AREA_BASE lies what the app gets
 * by sbrk(2) and mmap(2): regions that are filled page by page when they are first touched
 * (vm_area.h, vm_map.h); above VM_AREA_END stacks that are not in one piece.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VM_AREA_BASE 0x400000000000ull /* 64 TiB: above any RAM */
#define VM_AREA_END  0x7e0000000000ull /* 126 TiB: stacks that are not 1:1 begin here, */
#define VM_STACKS_END 0x7ffffffff000ull /* and the last page of the lower half stays free */

static inline bool vm_is_area(uint64_t addr) { return addr - VM_AREA_BASE < VM_AREA_END - VM_AREA_BASE; }

enum vm_prot { VM_NONE = 0, VM_READ = 1, VM_WRITE = 2, VM_EXEC = 4, VM_UNCACHED = 8 };

/*
 * The page allocator's: maps RAM that is used from now on, at least up to end; it may go on to limit.
 * Tables were set aside for all RAM, so that this takes no memory. 0 or -ENOMEM.
 */
int vm_map_ram(uint64_t start, uint64_t end, uint64_t limit);

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

/*
 * A thread's stack: size bytes above guard bytes of nothing, each rounded up to pages. Returns the lowest usable address, NULL: out of memory,
 * or there is no such piece of it. "Anywhere" asks for no piece where none is at hand: then no device may be told the stack's addresses but
 * by way of sg.h, and who asks must be able to sleep.
 */
void *vm_stack_alloc(size_t size, size_t guard);
void *vm_stack_alloc_anywhere(size_t size, size_t guard);
void vm_stack_free(void *stack, size_t size, size_t guard);

/*
 * Moves the end of the app's heap by delta bytes and returns the old end, as sbrk(2); (void *)-1:
 * out of memory. The heap's start is random.
 */
void *vm_sbrk(intptr_t delta);

/*
 * The physical address behind addr, 0 when nothing is mapped there. In the 1:1 map it is addr
 * itself.
 */
uint64_t vm_phys(const void *addr);

/*
 * The same for what may not have been filled yet: it is now. access: what will be done with it; 0
 * where that is not allowed.
 */
uint64_t vm_phys_filled(const void *addr, unsigned access);

/*
 * Fills the page that addr lies in, if its region allows the access (enum vm_prot). False: it does
 * not, or there is none. Callable from anywhere.
 */
bool vm_fault(uint64_t addr, unsigned access);
size_t vm_count_filled(void); /* how often a page was, since boot */
