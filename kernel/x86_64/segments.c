/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GDT, TSS and the per-CPU block of each CPU. Source: Intel SDM volume 3, 3.4.5, 7.2.3 and 6.14.5
 * (interrupt stack table).
 */
#include "kernel/x86_64/segments.h"
#include "kernel/x86_64/regs.h"
#include <assert.h>
#include <stddef.h>

#define CPU_MAX 1 /* how many are started */

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7]; /* IST 1 is ist[0] */
	uint64_t reserved2;
	uint16_t reserved3, io_map_base;
} __attribute__((packed));

static_assert(offsetof(struct tss, ist) == 0x24 && sizeof(struct tss) == 104, "TSS");

struct descriptor_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static struct cpu_tables {
	struct cpu cpu;
	struct tss tss;
	uint64_t gdt[SELECTOR_TSS / 8 + 2]; /* the TSS descriptor takes two */
} tables[CPU_MAX] __attribute__((aligned(64)));

struct interrupt_stacks boot_interrupt_stacks __attribute__((aligned(PAGE_SIZE)));

static void set_gdt(struct cpu_tables *t)
{
	uint64_t base = (uintptr_t)&t->tss;

	t->gdt[SELECTOR_CODE / 8] = 0x00209b0000000000; /* 64-bit, present, executable, accessed */
	t->gdt[SELECTOR_DATA / 8] = 0x00cf93000000ffff;
	t->gdt[SELECTOR_TSS / 8] = (sizeof t->tss - 1) | (base & 0xffffff) << 16 |
				   0x89ull << 40 | (base >> 24 & 0xff) << 56;
	t->gdt[SELECTOR_TSS / 8 + 1] = base >> 32;
}

static void set_tss(struct tss *tss, struct interrupt_stacks *stacks)
{
	for (unsigned i = 0; i < IST_COUNT; i++)
		tss->ist[i] = (uintptr_t)stacks->stack[i + 1];
	tss->io_map_base = sizeof *tss; /* none */
}

/* CS, SS, DS and ES have held these selectors since the boot code. */
static void load(struct cpu_tables *t)
{
	struct descriptor_pointer gdtr = { sizeof t->gdt - 1, (uintptr_t)t->gdt };

	__asm__ volatile("lgdt %0; ltr %w1" : : "m"(gdtr), "r"(SELECTOR_TSS));
	wrmsr(MSR_GS_BASE, (uintptr_t)&t->cpu);
}

void segments_load(unsigned cpu_id, struct interrupt_stacks *stacks)
{
	struct cpu_tables *t = &tables[cpu_id];

	t->cpu.self = &t->cpu;
	t->cpu.id = cpu_id;
	t->cpu.apic_id = cpuid(1, 0).ebx >> 24; /* until the local APIC is asked */
	set_gdt(t);
	set_tss(&t->tss, stacks);
	load(t);
}
