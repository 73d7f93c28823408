/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * GDT, TSS and the per-CPU block of each CPU. Source: Intel SDM volume 3, 3.4.5, 7.2.3 and 6.14.5
 * (interrupt stack table).
 */
#include "kernel/x86_64/segments.h"
#include "kernel/heap.h"
#include "kernel/list.h"
#include "kernel/vm.h"
#include "kernel/x86_64/regs.h"
#include <assert.h>
#include <stddef.h>
#include <string.h>

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

static_assert(offsetof(struct cpu, self) == 0 && offsetof(struct cpu, current) == CPU_CURRENT, "");
static_assert(offsetof(struct cpu, preempt_pending) == CPU_PREEMPT_PENDING, "offsets.h");
static_assert(offsetof(struct cpu, arch.apic_id) == CPU_APIC_ID, "offsets.h");
static_assert(offsetof(struct cpu, arch.stack_top) == CPU_STACK_TOP, "offsets.h");
static_assert(offsetof(struct cpu, arch.tlb_seen) == CPU_TLB_SEEN, "offsets.h");

#define CACHE_LINE 64 /* CPUs' data must not share one */

struct cpu_tables {
	struct cpu cpu;
	struct tss tss;
	uint64_t gdt[SELECTOR_TSS / 8 + 2]; /* the TSS descriptor takes two */
} __attribute__((aligned(CACHE_LINE)));

static struct cpu_tables boot_tables;
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

void segments_load(struct cpu *cpu)
{
	struct cpu_tables *t = container_of(cpu, struct cpu_tables, cpu);

	cpu->self = cpu;
	set_gdt(t);
	set_tss(&t->tss, cpu->arch.stacks);
	load(t);
}

void segments_fault_stack(struct cpu *cpu, void *top)
{
	struct cpu_tables *t = container_of(cpu, struct cpu_tables, cpu);

	set_tss(&t->tss, cpu->arch.stacks);
	if (top)
		t->tss.ist[IST_FAULT - 1] = t->tss.ist[IST_PAGE_FAULT - 1] = (uintptr_t)top;
}

void segments_load_boot(void)
{
	struct cpu *cpu = &boot_tables.cpu;

	cpu->arch.stacks = &boot_interrupt_stacks;
	cpu->arch.apic_id = cpuid(1, 0).ebx >> 24; /* until the local APIC is asked */
	cpus[0] = cpu;
	segments_load(cpu);
}

#define STACKS_SIZE (sizeof boot_interrupt_stacks.stack)

/* A guard page with the stacks above it is what every thread's stack is. */
struct cpu *segments_create(void)
{
	struct cpu_tables *t = kmalloc_aligned(sizeof *t, CACHE_LINE);
	char *stacks = vm_stack_alloc(STACKS_SIZE, PAGE_SIZE);

	if (!t || !stacks) {
		kfree(t);
		if (stacks)
			vm_stack_free(stacks, STACKS_SIZE, PAGE_SIZE);
		return NULL;
	}
	memset(t, 0, sizeof *t);
	t->cpu.arch.stacks = (struct interrupt_stacks *)(stacks - offsetof(struct interrupt_stacks, stack));
	return &t->cpu;
}

void segments_destroy(struct cpu *cpu)
{
	vm_stack_free(cpu->arch.stacks->stack, STACKS_SIZE, PAGE_SIZE);
	kfree(container_of(cpu, struct cpu_tables, cpu));
}
