/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All CPUs start; with 0 for their number, as many as can: one without memory does not, nor one whose turn on a busy
 * host does not come in seconds. Each that did runs a thread then.
 */
#include "smp.h"

static atomic_uint visits;

static void visit(void *cpu)
{
	CHECK_EQ(cpu_current(), (uintptr_t)cpu);
	atomic_fetch_add(&visits, 1);
}

int main(int argc, char **argv)
{
	bool all = argc > 1 && atoi(argv[1]);
	uint64_t started;

	if (all)
		count_cpus(argc, argv);
	else
		ncpus = cpu_count();
	started = atomic_load(&cpus_online);
	for (unsigned i = 0; i < ncpus; i++)
		if (all || started >> i & 1)
			thread_join(start("visit", PRIO_APP, only(i), visit, i));
	CHECK_EQ(atomic_load(&visits), all ? ncpus : (unsigned)__builtin_popcountll(started));
	return verdict();
}
