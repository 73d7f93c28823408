/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stopping the other CPUs for a panic, by an NMI, which comes through wherever they are. Each keeps
 * its registers on its NMI stack and halts for good.
 */
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/smp.h"
#include <stddef.h>

#define PATIENCE_TICKS 2000000000ull /* of the TSC: a second or so; who has not stopped by then will not */

static _Atomic(const struct cpu *) stopper;

void cpu_stop_here(const struct trap_frame *tf)
{
	this_cpu()->arch.stopped_at = tf;
	cpu_halt();
}

void stop_if_asked(const struct trap_frame *tf)
{
	if (stopper && stopper != this_cpu())
		cpu_stop_here(tf);
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

uint64_t cpus_stop(void)
{
	const struct cpu *self = this_cpu(), *first = NULL;
	uint64_t others = cpus_online & ~cpu_bit(self), start = cpu_tsc();

	if (!atomic_compare_exchange_strong(&stopper, &first, self))
		return 0;
	for (uint64_t set = others; set; set &= set - 1)
		lapic_send_nmi(cpus[__builtin_ctzll(set)]->arch.apic_id);
	while (stopped(others) != others && cpu_tsc() - start < PATIENCE_TICKS)
		cpu_relax();
	return stopped(others);
}

const struct trap_frame *cpu_stopped_at(const struct cpu *cpu)
{
	return cpu->arch.stopped_at;
}
