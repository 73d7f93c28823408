/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stopping the other CPUs, for a panic or a debugger, by an NMI, which comes through wherever they
 * are. Each waits in its handler, where its registers can be found, until the one that stopped them
 * lets them go on.
 *
 * One CPU stops all others. Another that wants to meanwhile waits like the rest, and has its turn
 * afterwards, or when it is handed over to it. Who leaves its wait takes back that it waits and then looks whether it is to stop
 * again; who stops the others does these two in the other order: so one of them sees the other.
 */
#include "kernel/debugger.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/smp.h"
#include <stddef.h>

#define PATIENCE_TICKS 2000000000ull /* of the TSC: a second or so; who has not stopped by then will not */

static _Atomic(struct cpu *) stopper;
static atomic_bool for_good;

static void stand_still(struct trap_frame *tf)
{
	struct cpu *self = this_cpu();

	do {
		self->arch.stopped_at = tf;
		while (stopper && stopper != self)
			for_good ? cpu_halt() : cpu_relax();
		self->arch.stopped_at = NULL;
	} while (stopper && stopper != self);
}

/*
 * tf: the registers to be seen meanwhile; NULL: those of the NMI that will come. True: all others stand
 * still, and this CPU is the one that stopped them.
 */
static bool wait_to_go_on(struct trap_frame *tf)
{
	if (debugger_cpu_waits)
		debugger_cpu_waits(stand_still, tf);
	else
		stand_still(tf);
	return stopper == this_cpu();
}

void cpu_stop_here(struct trap_frame *tf)
{
	this_cpu()->arch.stopped_at = tf;
	cpu_halt();
}

bool stop_asked(struct trap_frame *tf)
{
	struct cpu *self = this_cpu();

	if (!atomic_exchange(&self->arch.stop_sent, false))
		return false;
	if (stopper && stopper != self && !self->arch.stopped_at && wait_to_go_on(tf))
		debugger_takes_over(tf);
	return true;
}

static void ask(struct cpu *cpu)
{
	if (!atomic_exchange(&cpu->arch.stop_sent, true))
		lapic_send_nmi(cpu->arch.apic_id);
}

void stop_late(void)
{
	if (stopper)
		ask(this_cpu());
}

static uint64_t stopped(uint64_t set)
{
	uint64_t done = 0;

	for (; set; set &= set - 1) {
		const struct cpu *cpu = cpus[__builtin_ctzll(set)];

		if (cpu->arch.stopped_at)
			done |= cpu_bit(cpu);
	}
	return done;
}

/* False: this CPU has stopped the others already. */
static bool become_stopper(struct cpu *self, struct trap_frame *tf)
{
	struct cpu *other = NULL;

	while (!atomic_compare_exchange_strong(&stopper, &other, self)) {
		if (other == self)
			return false;
		wait_to_go_on(tf);
		other = NULL;
	}
	return true;
}

uint64_t cpus_stop(struct trap_frame *tf)
{
	struct cpu *self = this_cpu();
	uint64_t others = cpus_online & ~cpu_bit(self), start = cpu_tsc();

	if (!become_stopper(self, tf))
		return stopped(others);
	self->arch.stopped_at = tf;
	for (uint64_t set = others; set; set &= set - 1)
		ask(cpus[__builtin_ctzll(set)]);
	while (stopped(others) != others && cpu_tsc() - start < PATIENCE_TICKS)
		cpu_relax();
	return stopped(others);
}

void cpus_resume(void)
{
	this_cpu()->arch.stopped_at = NULL;
	stopper = NULL;
}

bool cpus_hand_over(struct cpu *to, struct trap_frame *tf)
{
	stopper = to;
	return wait_to_go_on(tf);
}

void cpus_halt(void)
{
	cpus_stop(NULL);
	for_good = true;
	cpu_halt();
}

struct trap_frame *cpu_stopped_at(const struct cpu *cpu)
{
	return cpu->arch.stopped_at;
}
