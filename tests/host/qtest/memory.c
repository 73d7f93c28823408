/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's heap in QEMU's RAM, out of which everything comes that a device is told of. Nothing is given out twice: what
 * was freed, and what lies between, AddressSanitizer watches as it watches its own heap.
 */
#include "tests/host/qtest/memory.h"
#include "kernel/heap.h"
#include "tests/host/qtest/qemu.h"
#include <sanitizer/asan_interface.h>
#include <string.h>

#define GUARD 32u /* bytes before each piece, which begin with its size */

static uintptr_t next = QEMU_RAM_START;

static size_t *size_of(void *p)
{
	return (size_t *)((char *)p - GUARD);
}

void *kmalloc_aligned(size_t size, size_t align)
{
	uintptr_t at;
	void *p;

	if (align < GUARD)
		align = GUARD;
	at = (next + GUARD + align - 1) & -align;
	if (at + size + GUARD > MEMORY_HEAP_END)
		return NULL;
	next = at + size;
	p = (void *)at;
	__asan_unpoison_memory_region(size_of(p), GUARD + size);
	*size_of(p) = size;
	__asan_poison_memory_region(size_of(p), GUARD);
	__asan_poison_memory_region((void *)next, GUARD);
	return p;
}

void *kmalloc(size_t size)
{
	return kmalloc_aligned(size, 16);
}

void *kzalloc(size_t size)
{
	void *p = kmalloc(size);

	return p ? memset(p, 0, size) : NULL;
}

void kfree(void *p)
{
	if (!p)
		return;
	__asan_unpoison_memory_region(size_of(p), sizeof(size_t));
	__asan_poison_memory_region(size_of(p), GUARD + *size_of(p));
}
