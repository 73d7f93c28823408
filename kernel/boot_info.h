/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every loader hands over, and all the kernel knows of booting.
 *
 * A loader (multiboot, multiboot2, PVH, UEFI) fills one struct boot_info and calls kmain() in long mode: interrupts off, the image
 * mapped W^X, memory below 4 GiB mapped 1:1. Strings and modules may lie anywhere in memory below 4 GiB that the loader
 * did not report as MEM_USABLE, or in usable memory: kmain() copies or reserves them before it allocates anything.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum mem_type {
	MEM_RESERVED,     /* firmware, devices, holes: never touched */
	MEM_USABLE,       /* RAM, free for the kernel once it has reserved image, initrd and command line */
	MEM_ACPI,         /* RAM that holds ACPI tables; mapped read-only, not allocated */
};

struct mem_region {
	uint64_t base;    /* bytes; need not be page-aligned */
	uint64_t len;     /* bytes */
	enum mem_type type;
};

#define BOOT_MEM_MAX 64

struct boot_info {
	const char *loader;        /* "multiboot", "multiboot2", "pvh", "efi"; never NULL */
	const char *cmdline;       /* NUL-terminated, without the kernel's own path; never NULL */
	uint64_t acpi_rsdp;        /* physical address of the RSDP, 0: search the BIOS area */
	const void *initrd;        /* a newc cpio given by the loader, NULL: use the embedded one */
	size_t initrd_len;         /* bytes */
	uint8_t seed[32];          /* random bytes of the firmware's */
	unsigned seed_bits;        /* that it vouches for; 0: it has none */
	unsigned nmem;
	struct mem_region mem[BOOT_MEM_MAX]; /* any order; overlaps: the more restrictive type wins */
};

_Noreturn void kmain(const struct boot_info *);
