/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CPUs. What belongs to one of them is found by this_cpu(), which only means something to code
 * that cannot migrate: with interrupts off, or in an idle thread. Any other thread may find itself
 * on another CPU between two instructions; what it wants to know of its own CPU it reads in one
 * (the cpu_ functions of kernel/x86_64/cpu.h).
 */
#pragma once

#include "kernel/x86_64/cpu.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CPU_MAX 64u /* sets of CPUs are words of 64 bits */

struct thread;
struct run_queue;
struct timer_queue;

struct cpu {
	struct cpu *self;
	struct thread *current;
	bool preempt_pending;         /* somebody more urgent waits; looked at when interrupts open */
	unsigned id;                  /* 0: the boot CPU */
	unsigned interrupt_depth;     /* > 0: in an interrupt handler */
	struct thread *idle;
	struct run_queue *run_queue;
	struct timer_queue *timer_queue;
	struct cpu_arch arch;
	uint64_t interrupts, switches; /* so far */
};

extern struct cpu *cpus[CPU_MAX + 1];   /* by id, the boot CPU first; NULL behind the last */
extern _Atomic uint64_t cpus_online;    /* bit n: CPU n runs threads; bits are only ever added */

static inline uint64_t cpu_bit(const struct cpu *cpu)
{
	return 1ull << cpu->id;
}

/*
 * Starts the machine's other CPUs, one of which then runs whatever the rest of the work is left to;
 * called by the boot thread once main()'s thread waits to run, and lets that go first.
 */
void cpus_start(void);

/* Whether cpu_count() has something to wait for. */
void cpus_starting(bool);

/* Makes another CPU look at its run queue. */
void cpu_kick(struct cpu *);

/*
 * For loops that wait, with interrupts off, for what another CPU does: a pause in which this one
 * does what that other may be waiting for.
 */
void cpu_spin(void);

/* Interrupts off: halts until one comes, and returns with them off. For idle threads. */
void cpu_idle(void);

/*
 * Every other CPU stops where it is, whatever it does. Returns those that have, and keeps the
 * registers they had; tf: this one's, if it had better ones than those of here. Never waits for
 * long, but where another CPU stopped this one first: until that lets it go on. Interrupts are off.
 */
struct trap_frame;
uint64_t cpus_stop(struct trap_frame *tf);
void cpus_resume(void);
/*
 * Of the one that stopped them: another, which has stopped, is that one from here on, and this one
 * stands still like the rest, at tf. True: it was handed back; false: everything goes on.
 */
bool cpus_hand_over(struct cpu *to, struct trap_frame *tf);
_Noreturn void cpus_halt(void);                    /* and this one too, for good */
_Noreturn void cpu_stop_here(struct trap_frame *); /* this one, of its own accord */
/* NULL: has not stopped. What is changed there it goes on with. */
struct trap_frame *cpu_stopped_at(const struct cpu *);
