/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spinlocks. Taking one disables interrupts on this CPU and returns their former state, so that a
 * lock shared with an interrupt handler needs no second kind. Never sleep while holding one.
 */
#pragma once

#include "kernel/cpu.h"
#include "kernel/spinlock_check.h"
#include <stdatomic.h>

/*
 * Whoever comes at the right moment gets it. A queue would be fair, but where the host runs fewer
 * CPUs than the guest has, the next in line is often one that does not run.
 */
struct spinlock {
	atomic_uint held;
	struct spinlock_check check; /* of no size but in the debug build */
};

#define SPINLOCK_INIT { 0 }

typedef unsigned long irq_state;

/* A thread that was woken under a lock may be more urgent; this is where it gets the CPU. */
void sched_preempt_voluntarily(void);

static inline void irq_restore(irq_state s)
{
	if (!(s & CPU_FLAG_IF))
		return;
	cpu_irq_enable();
	if (cpu_preempt_pending())
		sched_preempt_voluntarily();
}

/* What is compiled for size shares one copy, kernel/spinlock.c. */
#if defined(__OPTIMIZE_SIZE__) || defined(SPINLOCK_BODIES)
irq_state spin_lock(struct spinlock *);
void spin_unlock(struct spinlock *, irq_state);
#define SPINLOCK_INLINE
#else
#define SPINLOCK_INLINE static inline
#endif

#if !defined(__OPTIMIZE_SIZE__) || defined(SPINLOCK_BODIES)
SPINLOCK_INLINE irq_state spin_lock(struct spinlock *l)
{
	irq_state s = cpu_irq_save();

	spinlock_wanted(l);
	while (atomic_exchange_explicit(&l->held, 1, memory_order_acquire))
		while (atomic_load_explicit(&l->held, memory_order_relaxed)) {
			spinlock_awaited(l);
			cpu_spin();
		}
	spinlock_taken(l);
	return s;
}

SPINLOCK_INLINE void spin_unlock(struct spinlock *l, irq_state s)
{
	spinlock_released(l);
	atomic_store_explicit(&l->held, 0, memory_order_release);
	irq_restore(s);
}
#endif
