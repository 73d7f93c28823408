/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All CPUs are there and run threads; each has its own idea of who it is, its own timer, and costs
 * no time while it idles or has but one thread to run.
 */
#include "smp.h"

static atomic_uint visits[CPU_MAX];

static void visit(void *cpu)
{
	unsigned wanted = (unsigned)(uintptr_t)cpu;

	CHECK_EQ(cpu_current(), wanted);
	sleep_ns(MS); /* by this CPU's timer */
	CHECK_EQ(cpu_current(), wanted);
	atomic_fetch_add(&visits[cpu_current()], 1);
}

static void check_every_cpu_runs(void)
{
	struct thread *t[CPU_MAX];

	for (unsigned i = 0; i < ncpus; i++)
		t[i] = start("visit", PRIO_APP, only(i), visit, i);
	for (unsigned i = 0; i < ncpus; i++) {
		thread_join(t[i]);
		CHECK_EQ(visits[i], 1);
		CHECK_EQ(cpus[i]->id, i);
	}
	CHECK(!cpus[ncpus]);
	CHECK_EQ(thread_set_affinity(thread_current(), ncpus < 64 ? ~(only(ncpus) - 1) : 0), -EINVAL);
}

/* --- no tick --- */

#define WATCH_NS (300 * MS)

/*
 * The clock's own readings while it learns how fast the TSC is, and a timer that a busy host lets
 * fire early, again and again. A tick of a slice's 10 ms would be twice as many.
 */
#define STRAY 12

static uint64_t timer_interrupts(unsigned cpu)
{
	return ((volatile struct cpu *)cpus[cpu])->arch.event.interrupts;
}

static void compute(void *until)
{
	while (clock_now_ns() < (uint64_t)until)
		;
}

/* Every CPU but this one either idles or computes; this one sleeps. */
static void check_quiet(bool busy)
{
	uint64_t before[CPU_MAX], until = clock_now_ns() + WATCH_NS;
	struct thread *t[CPU_MAX];

	for (unsigned i = 1; i < ncpus && busy; i++)
		t[i] = start("compute", PRIO_APP, only(i), compute, until);
	sleep_ns(20 * MS);
	for (unsigned i = 0; i < ncpus; i++)
		before[i] = timer_interrupts(i);
	thread_sleep_until(until - 20 * MS);
	for (unsigned i = 0; i < ncpus; i++)
		CHECK(timer_interrupts(i) - before[i] <= STRAY);
	for (unsigned i = 1; i < ncpus && busy; i++)
		thread_join(t[i]);
}

/* One thread that computes all the time, on each CPU, and nobody else anywhere. */
static void check_single_thread_is_left_alone(void)
{
	uint64_t before[CPU_MAX], until = clock_now_ns() + WATCH_NS;
	struct thread *t[CPU_MAX];

	for (unsigned i = 1; i < ncpus; i++)
		t[i] = start("compute", PRIO_APP, only(i), compute, until);
	for (unsigned i = 0; i < ncpus; i++)
		before[i] = timer_interrupts(i);
	compute((void *)(until - 20 * MS));
	for (unsigned i = 0; i < ncpus; i++)
		CHECK(timer_interrupts(i) - before[i] <= STRAY);
	for (unsigned i = 1; i < ncpus; i++)
		thread_join(t[i]);
}

/* --- CPU time --- */

static void check_cpu_time(void)
{
	uint64_t until = clock_now_ns() + 50 * MS, all = thread_cpu_ns_all(), spent;
	struct thread *t = start("compute", PRIO_APP, only(ncpus - 1), compute, until);

	thread_sleep_until(until - 10 * MS);
	spent = thread_cpu_ns(t);
	CHECK(spent > 0 && spent <= clock_now_ns() - (until - 50 * MS) + MS);
	thread_join(t);
	CHECK(thread_cpu_ns_all() - all >= spent);
}

int main(int argc, char **argv)
{
	sleep_ns(60 * MS); /* the clock has measured the TSC, and CPU 0 its timer */
	count_cpus(argc, argv);
	check_every_cpu_runs();
	check_quiet(false);
	check_quiet(true);
	check_single_thread_is_left_alone();
	check_cpu_time();
	return verdict();
}
