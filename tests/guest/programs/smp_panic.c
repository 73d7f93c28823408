/* SPDX-License-Identifier: BSD-2-Clause */
/* A panic while other CPUs compute, hold locks with interrupts off, sleep, or panic as well. */
#include "smp.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include <string.h>

static atomic_uint there;
static struct spinlock lock = SPINLOCK_INIT;

static __attribute__((noinline)) void compute_elsewhere(void)
{
	atomic_fetch_add(&there, 1);
	for (;;)
		__asm__ volatile("pause");
}

static void computer(void *unused)
{
	(void)unused;
	compute_elsewhere();
}

static __attribute__((noinline)) void hold_lock_elsewhere(void)
{
	spin_lock(&lock);
	atomic_fetch_add(&there, 1);
	for (;;)
		__asm__ volatile("pause");
}

static void holder(void *unused)
{
	(void)unused;
	hold_lock_elsewhere();
}

static void sleeper(void *unused)
{
	(void)unused;
	atomic_fetch_add(&there, 1);
	thread_sleep_until(UINT64_MAX - 1);
}

static atomic_bool now;

static void other_panic(void *unused)
{
	(void)unused;
	atomic_fetch_add(&there, 1);
	while (!atomic_load(&now))
		;
	panic("there");
}

int main(int argc, char **argv)
{
	void (*entry)(void *) = computer;
	struct thread *dreamer;

	count_cpus(argc, argv);
	if (argc > 2 && strcmp(argv[2], "locked") == 0)
		entry = holder;
	else if (argc > 2 && strcmp(argv[2], "both") == 0)
		entry = other_panic;
	dreamer = start("dreamer", PRIO_APP, ANYWHERE, sleeper, 0);
	while (atomic_load(&there) < 1 || atomic_load(&dreamer->state) != THREAD_BLOCKED)
		thread_yield();
	CHECK_EQ(thread_set_affinity(thread_current(), only(0)), 0);
	start("victim", PRIO_APP, only(ncpus - 1), entry, 0);
	while (atomic_load(&there) < 2)
		;
	atomic_store(&now, true);
	panic("here");
}
