/* SPDX-License-Identifier: BSD-2-Clause */
/* For the programs about several CPUs. The first argument is how many there should be. */
#pragma once

#include "check.h"
#include "kernel/clock.h"
#include "kernel/cpu.h"
#include "kernel/futex.h"
#include "kernel/thread.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define US 1000ull
#define MS 1000000ull

static unsigned ncpus;

static inline void count_cpus(int argc, char **argv)
{
	unsigned want = argc > 1 ? (unsigned)atoi(argv[1]) : 1;

	ncpus = cpu_count();
	CHECK_EQ(ncpus, want);
}

static inline struct thread *start(const char *name, enum thread_priority p, uint64_t affinity,
				   void (*entry)(void *), uintptr_t arg)
{
	struct thread *t = thread_prepare(name, p, (struct thread_stack){ 0 }, entry, (void *)arg);

	CHECK(t);
	if (!t)
		abort();
	CHECK_EQ(thread_set_affinity(t, affinity), 0);
	thread_start(t);
	return t;
}

static inline uint64_t only(unsigned cpu)
{
	return 1ull << cpu;
}

#define ANYWHERE UINT64_MAX

static inline void sleep_ns(uint64_t ns)
{
	thread_sleep_until(clock_now_ns() + ns);
}
