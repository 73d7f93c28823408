/* SPDX-License-Identifier: BSD-2-Clause */
/* What the portable kernel asks of the processor's folder, in the order it starts. */
#pragma once

#include "kernel/boot_info.h"
#include <stddef.h>
#include <stdint.h>

/*
 * GDT, IDT with its stacks, per-CPU block in GS, FPU and protection features (SMEP, SMAP, UMIP,
 * FSGSBASE, XSAVE). After it, a fault is a clear panic.
 */
void arch_init(void);

/*
 * Ends the boot page tables' generosity: maps RAM 1:1 (read-write, never executable), the image
 * W^X, nothing else; hands free RAM to page_add_range().
 */
void paging_init(const struct boot_info *);

/* LAPIC (x2APIC where offered) and I/O APICs from the ACPI tables, 8259s masked. */
void interrupts_init(void);

/*
 * The first 16550: registers console ttyS0. And, once there are interrupts and console= is known, the
 * others, and those that are no consoles as ports.
 */
void serial_init(void);
void serial_start(void);

/* A random value from the CPU (RDSEED, RDRAND), or a TSC-jitter mixture; bits_vouched: 64 or 0. */
uint64_t cpu_random_u64(unsigned *bits_vouched);

/*
 * Thread control block and TLS image (System V, variant II). Returns the FS base; *allocation is
 * what to kfree(). 0: out of memory.
 */
uint64_t tls_create(void **allocation);
void tls_set_current(uint64_t fs_base);

/* The boot CPU's first stack, above a guard page. */
extern char boot_stack[], boot_stack_end[];

/* The image's own landmarks (image.ld). */
extern const char image_start[], image_text_end[], image_rodata_end[], image_end[];
extern const char ksyms_start[], ksyms_end[], initrd_start[], initrd_end[];
