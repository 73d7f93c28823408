/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processor's instructions that C has no words for, and the way to this CPU's own data. Source:
 * Intel SDM volumes 2 and 3.
 */
#pragma once

#include "kernel/x86_64/offsets.h"
#include <stdatomic.h>
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

static inline _Noreturn void cpu_halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

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

/* From here on the next bytes of the stack, a constant up to a page, are there. */
static inline __attribute__((always_inline)) void cpu_touch_stack(unsigned bytes)
{
	__asm__ volatile("orq $0, -%c0(%%rsp)" : : "i"(bytes) : "cc", "memory");
}

/* This processor's part of struct cpu (kernel/cpu.h). */
struct trap_frame;
struct cpu_arch {
	uint32_t apic_id;
	uintptr_t stack_top;           /* where it starts: its idle thread's stack */
	uint64_t tlb_seen;             /* tlb.c: up to this generation nothing stale is left */
	atomic_uint start;             /* smp.c: how far its start has come */
	struct interrupt_stacks *stacks;
	struct {
		uint64_t at_ns;
		uint32_t count;        /* 0: nothing programmed */
		bool spent;            /* has fired and was not programmed since */
		uint64_t interrupts;   /* since the start */
	} event;                       /* clock_event.c */
	_Atomic(struct trap_frame *) stopped_at;
	atomic_bool stop_sent;         /* an NMI is on its way */
};

struct cpu;
struct thread;

/* GS points at it. */
static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__ volatile("movq %%gs:0, %0" : "=r"(cpu));
	return cpu;
}

/* For threads that may migrate, too: one instruction each. */
static inline struct thread *cpu_current_thread(void)
{
	struct thread *t;

	__asm__ volatile("movq %%gs:%c1, %0" : "=r"(t) : "i"(CPU_CURRENT));
	return t;
}

static inline bool cpu_preempt_pending(void)
{
	bool pending;

	__asm__ volatile("cmpb $0, %%gs:%c1" : "=@ccne"(pending) : "i"(CPU_PREEMPT_PENDING) : "memory");
	return pending;
}
