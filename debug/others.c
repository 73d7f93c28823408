/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPUs and threads that did not panic. */
#include "debug/others.h"
#include "debug/say.h"
#include "debug/where.h"
#include "kernel/cpu.h"
#include "kernel/thread.h"
#include "kernel/vm.h"
#include "kernel/x86_64/trap.h"

#define THREADS_MAX 40u /* shown */

void say_cpu(const struct cpu *cpu)
{
	const struct thread *t = cpu->current;

	if (t && vm_phys(t))
		say("cpu %u, thread %u \"%.15s\"%s\n", cpu->id, t->id, t->name,
		    cpu->interrupt_depth ? ", in an interrupt" : "");
	else
		say("before the first thread\n");
}

static void say_stopped(const struct cpu *cpu)
{
	const struct trap_frame *tf = cpu_stopped_at(cpu);

	say("\n");
	say_cpu(cpu);
	if (!tf) {
		say("it does not stop\n");
	} else if (cpu->current != cpu->idle || cpu->interrupt_depth) {
		say_frame(0, tf->rip);
		say_calls(tf->rbp, cpu->current);
	}
}

void say_other_cpus(void)
{
	uint64_t others = cpus_online & ~cpu_bit(this_cpu());

	for (uint64_t set = others; set; set &= set - 1)
		say_stopped(cpus[__builtin_ctzll(set)]);
	if (others)
		say("\n");
}

static void say_thread(const struct thread *t, void *arg)
{
	unsigned *shown = arg;
	char where[96];

	if (t->state == THREAD_RUNNING || t->priority == PRIO_IDLE)
		return;
	if (++*shown > THREADS_MAX)
		return;
	where_is(t, where, sizeof where);
	say("thread %u \"%.15s\", %s\n", t->id, t->name, where);
}

void say_other_threads(void)
{
	unsigned shown = 0;

	thread_for_each(say_thread, &shown);
	if (shown > THREADS_MAX)
		say("and %u more\n", shown - THREADS_MAX);
}
