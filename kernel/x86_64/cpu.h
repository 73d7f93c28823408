/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processor's instructions that C has no words for, and this CPU's own data. Source: Intel SDM
 * volumes 2 and 3.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CPU_FLAG_IF (1ul << 9)

/* Disables interrupts and returns the former state for cpu_irq_restore(). */
static inline unsigned long cpu_irq_save(void)
{
	unsigned long flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
	return flags;
}

static inline void cpu_irq_restore(unsigned long flags)
{
	if (flags & CPU_FLAG_IF)
		__asm__ volatile("sti" : : : "memory");
}

static inline void cpu_irq_enable(void) { __asm__ volatile("sti" : : : "memory"); }
static inline void cpu_irq_disable(void) { __asm__ volatile("cli" : : : "memory"); }
static inline void cpu_relax(void) { __asm__ volatile("pause"); }

/*
 * Enables interrupts and halts until one comes; nothing can slip between the two (sti shadows one
 * instruction).
 */
static inline void cpu_wait_for_interrupt(void) { __asm__ volatile("sti; hlt" : : : "memory"); }

static inline uint64_t cpu_tsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

/*
 * Every store before it is visible to a device before any load after it is made. MFENCE says all of
 * that. But QEMU before 8.1 leaves memory barriers, the lock prefix's included, out of its
 * translation where the guest has one CPU, although its devices run on other host threads. Reading
 * the TSC takes a lock inside QEMU, which is a barrier on the host; a real processor needs some 20
 * cycles for it.
 */
static inline void cpu_device_barrier(void)
{
	__asm__ volatile("mfence; rdtsc" : : : "rax", "rdx", "memory");
}

/*
 * What belongs to one CPU, found through GS. Only touch it with interrupts off or from a context
 * that cannot migrate.
 */
struct thread;
struct run_queue;
struct timer_queue;
struct cpu {
	struct cpu *self;             /* %gs:0 */
	struct thread *current;       /* %gs:8 */
	struct thread *idle;
	unsigned id;                  /* 0: the boot CPU */
	uint32_t apic_id;
	bool preempt_pending;         /* set by sched_make_runnable, looked at when an interrupt returns */
	unsigned interrupt_depth;     /* > 0: in an interrupt handler */
	struct run_queue *run_queue;
	struct timer_queue *timer_queue;
};

static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__ volatile("movq %%gs:0, %0" : "=r"(cpu));
	return cpu;
}
