/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host stand-in for a machine with several processors: each is a pthread, and which one code runs on is asked of machine.c anew each time, since a thread's next
 * line may be another processor's.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CPU_FLAG_IF (1ul << 9)

struct cpu;
struct thread;

struct cpu_arch {
	atomic_uint pending;         /* interrupts that other CPUs have sent; also what cpu_idle() sleeps on */
	uint64_t event_ns;           /* when the timer fires */
	bool interruptible;
};

struct cpu *this_cpu(void);
struct thread *cpu_current_thread(void);
bool cpu_preempt_pending(void);

unsigned long cpu_irq_save(void);
void cpu_irq_restore(unsigned long flags);
void cpu_irq_enable(void);
void cpu_irq_disable(void);
void cpu_relax(void);
static inline void cpu_touch_stack(unsigned bytes) { (void)bytes; }
uint64_t cpu_tsc(void);
