/* SPDX-License-Identifier: BSD-2-Clause */
/* What the ways in share. Also read by assembly: declarations stand behind __ASSEMBLER__. */
#pragma once

/*
 * What a loader leaves in EAX. PVH has no such register value: the entry puts start_info's own
 * magic there; the last is ours.
 */
#define BOOT_MULTIBOOT1 0x2badb002
#define BOOT_MULTIBOOT2 0x36d76289
#define BOOT_PVH        0x336ec578
#define BOOT_EFI        0x7e1be1ef

#ifndef __ASSEMBLER__

#include "kernel/boot_info.h"
#include <assert.h>
#include <stdbool.h>

/* e820 types, which multiboot, multiboot2 and PVH all use (ACPI 6.5, table 15.4). */
enum e820_type { E820_RAM = 1, E820_RESERVED = 2, E820_ACPI = 3, E820_NVS = 4 };

/*
 * Adds a region, to a neighbour of the same type if it has one. When the table is full usable
 * memory is forgotten, and any other type cuts the usable regions it overlaps, so that nothing is
 * taken for free that is not.
 */
void boot_add_memory(struct boot_info *, uint64_t base, uint64_t len, enum e820_type);

void multiboot1_read(struct boot_info *, const void *mbi);
void multiboot2_read(struct boot_info *, const void *mbi);
void pvh_read(struct boot_info *, const void *start_info);

#define BOOT_PAGE_SIZE 4096
extern const char boot_low_alias[2 * BOOT_PAGE_SIZE];

/*
 * A loader's pointer. Memory below 4 GiB is mapped 1:1, except page 0, which has an alias while
 * booting.
 */
static inline const void *boot_pointer(uint64_t physical)
{
	return physical < BOOT_PAGE_SIZE ? boot_low_alias + physical : (const void *)(uintptr_t)physical;
}

#endif
