/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spinlocks. Taking one disables interrupts on this CPU and returns their former state, so that a
 * lock shared with an interrupt handler needs no second kind. Never sleep while holding one.
 */
#pragma once

#include "kernel/cpu.h"
#include <stdatomic.h>

struct spinlock {
	atomic_uint next, serving; /* a ticket lock: CPUs are served in the order they came */
};

#define SPINLOCK_INIT { 0, 0 }

typedef unsigned long irq_state;

static inline irq_state spin_lock(struct spinlock *l)
{
	irq_state s = cpu_irq_save();
	unsigned ticket = atomic_fetch_add_explicit(&l->next, 1, memory_order_relaxed);

	while (atomic_load_explicit(&l->serving, memory_order_acquire) != ticket)
		cpu_spin();
	return s;
}

/* A thread that this one woke meanwhile may be more urgent; this is where it gets the CPU. */
void sched_preempt_voluntarily(void);

static inline void irq_restore(irq_state s)
{
	if (!(s & CPU_FLAG_IF))
		return;
	cpu_irq_enable();
	if (cpu_preempt_pending())
		sched_preempt_voluntarily();
}

static inline void spin_unlock(struct spinlock *l, irq_state s)
{
	unsigned owner = atomic_load_explicit(&l->serving, memory_order_relaxed);

	atomic_store_explicit(&l->serving, owner + 1, memory_order_release);
	irq_restore(s);
}
