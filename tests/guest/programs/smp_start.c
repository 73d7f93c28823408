/* SPDX-License-Identifier: BSD-2-Clause */
/* All CPUs start; with 0 for their number, as many as can. Each runs a thread then. */
#include "smp.h"

static atomic_uint visits;

static void visit(void *cpu)
{
	CHECK_EQ(cpu_current(), (uintptr_t)cpu);
	atomic_fetch_add(&visits, 1);
}

int main(int argc, char **argv)
{
	if (argc > 1 && atoi(argv[1]))
		count_cpus(argc, argv);
	else
		ncpus = cpu_count();
	for (unsigned i = 0; i < ncpus; i++)
		thread_join(start("visit", PRIO_APP, only(i), visit, i));
	CHECK_EQ(atomic_load(&visits), ncpus);
	return verdict();
}
