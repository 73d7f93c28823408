/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of CPUs, and who waits for it to be complete. */
#include "kernel/cpu.h"
#include "kernel/futex.h"
#include "kernel/thread.h"
#include <limits.h>

struct cpu *cpus[CPU_MAX + 1];
_Atomic uint64_t cpus_online = 1;
static atomic_uint starting; /* futex: others than the boot CPU may be on their way */

void cpus_starting(bool yes)
{
	starting = yes;
	if (!yes)
		futex_wake(&starting, UINT_MAX);
}

unsigned cpu_count(void)
{
	while (atomic_load(&starting))
		futex_wait(&starting, 1, DEADLINE_NEVER);
	return (unsigned)__builtin_popcountll(atomic_load(&cpus_online));
}
