/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where threads run: affinity of the caller, of running, waiting and sleeping threads; stealing;
 * wake-ups across CPUs; slices on each CPU; priorities lent and taken back; hand-overs in number.
 */
#include "smp.h"
#include "kernel/mutex.h"
#include "kernel/spinlock.h"
#include "kernel/timer.h"

/* --- affinity --- */

static _Thread_local unsigned mine;

/* Registers, TLS and errno are this thread's, whatever CPU it is on. */
static void check_tour(void)
{
	unsigned *mine_at = &mine;
	int *errno_at = &errno;

	for (unsigned i = 0; i < 300; i++) {
		mine = i;
		CHECK_EQ(thread_set_affinity(thread_current(), only(i % ncpus)), 0);
		CHECK_EQ(cpu_current(), i % ncpus);
		CHECK_EQ(mine, i);
		CHECK(&mine == mine_at && &errno == errno_at);
	}
	CHECK_EQ(thread_affinity(thread_current()), only(299 % ncpus));
	CHECK_EQ(thread_set_affinity(thread_current(), ANYWHERE), 0);
	CHECK_EQ(thread_affinity(thread_current()), ncpus < 64 ? only(ncpus) - 1 : ANYWHERE);
}

static atomic_bool stop;
static atomic_uint where;

static void report(void *unused)
{
	(void)unused;
	while (!atomic_load(&stop))
		atomic_store(&where, cpu_current());
}

/* A thread that computes is moved while it runs; a sleeping one wakes where it may. */
static void check_move_others(void)
{
	struct thread *t;

	atomic_store(&stop, false);
	t = start("report", PRIO_APP, only(0), report, 0);
	for (unsigned i = 0; i < 100; i++) {
		CHECK_EQ(thread_set_affinity(t, only(i % ncpus)), 0);
		while (atomic_load(&where) != i % ncpus)
			thread_yield();
	}
	atomic_store(&stop, true);
	thread_join(t);
}

static atomic_uint gate;

static void wake_up_at(void *cpu)
{
	while (!atomic_load(&gate))
		futex_wait(&gate, 0, DEADLINE_NEVER);
	CHECK_EQ(cpu_current(), (uintptr_t)cpu);
}

static void check_move_sleeper(void)
{
	struct thread *t[CPU_MAX];

	atomic_store(&gate, 0);
	for (unsigned i = 0; i < ncpus; i++)
		t[i] = start("sleeper", PRIO_APP, only(i), wake_up_at, (i + 1) % ncpus);
	sleep_ns(2 * MS);
	for (unsigned i = 0; i < ncpus; i++)
		CHECK_EQ(thread_set_affinity(t[i], only((i + 1) % ncpus)), 0);
	atomic_store(&gate, 1);
	futex_wake(&gate, ncpus);
	for (unsigned i = 0; i < ncpus; i++)
		thread_join(t[i]);
}

/* --- stealing --- */

static atomic_bool release;
static atomic_uint holding;

/* Takes no slice of its own accord, so who waits behind it waits. */
static void hold_cpu(void *unused)
{
	(void)unused;
	atomic_fetch_add(&holding, 1);
	while (!atomic_load(&release))
		;
}

static void set_release(void *unused)
{
	(void)unused;
	atomic_store(&release, true);
}

/* What waits in a busy CPU's queue and may run elsewhere is taken by an idle CPU. */
static void check_steal(void)
{
	struct thread *holder, *waiter;

	if (ncpus < 2)
		return;
	atomic_store(&release, false);
	CHECK_EQ(thread_set_affinity(thread_current(), only(0)), 0);
	holder = start("holder", PRIO_APP + 2, only(1), hold_cpu, 0);
	while (!atomic_load(&holding))
		;
	waiter = start("waiter", PRIO_APP, only(1), set_release, 0);
	CHECK_EQ(thread_set_affinity(waiter, only(0) | only(1)), 0);
	thread_join(holder); /* CPU 0 idles now */
	thread_join(waiter);
	CHECK_EQ(thread_set_affinity(thread_current(), ANYWHERE), 0);
}

/* A busy CPU's new and woken threads go to idle ones: all hold a CPU at once. */
static void check_spread(void)
{
	struct thread *t[CPU_MAX];

	atomic_store(&release, false);
	atomic_store(&holding, 0);
	for (unsigned i = 1; i < ncpus; i++)
		t[i] = start("holder", PRIO_APP, ANYWHERE, hold_cpu, 0);
	while (atomic_load(&holding) < ncpus - 1)
		; /* this one is held by us */
	atomic_store(&release, true);
	for (unsigned i = 1; i < ncpus; i++)
		thread_join(t[i]);
}

/* --- slices, on each CPU --- */

static atomic_uint rounds[CPU_MAX * 2];

/* Goes on only when its neighbour on the same CPU has had a turn, and neither yields. */
static void take_turns(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg, other = me ^ 1;

	for (unsigned i = 1; i <= 4; i++) {
		atomic_store(&rounds[me], i);
		while (atomic_load(&rounds[other]) < i)
			;
	}
}

static void check_slices(void)
{
	struct thread *t[CPU_MAX * 2];

	for (unsigned i = 0; i < 2 * ncpus; i++)
		t[i] = start("turns", PRIO_APP, only(i / 2), take_turns, i);
	for (unsigned i = 0; i < 2 * ncpus; i++)
		thread_join(t[i]);
}

/* --- priorities --- */

static atomic_bool low_ran;

static void set_low_ran(void *unused)
{
	(void)unused;
	atomic_store(&low_ran, true);
}

/* Behind a thread of higher priority on its CPU; lent a higher one, it goes first. */
static void check_boost(void)
{
	unsigned cpu = ncpus - 1;
	struct thread *holder, *low;

	if (ncpus < 2)
		return;
	CHECK_EQ(thread_set_affinity(thread_current(), only(0)), 0);
	atomic_store(&release, false);
	atomic_store(&holding, 0);
	holder = start("holder", PRIO_APP + 2, only(cpu), hold_cpu, 0);
	while (!atomic_load(&holding))
		;
	low = start("low", PRIO_APP, only(cpu), set_low_ran, 0);
	sleep_ns(5 * MS);
	CHECK(!atomic_load(&low_ran));
	thread_boost(low, PRIO_APP + 3);
	thread_join(low);
	CHECK(atomic_load(&low_ran));
	thread_set_priority(holder, PRIO_APP);
	atomic_store(&release, true);
	thread_join(holder);
	CHECK_EQ(thread_set_affinity(thread_current(), ANYWHERE), 0);
}

/* A woken thread that is more urgent than what some CPU runs does not wait for its own CPU. */
static atomic_uint urgent_gate, urgent_ran;

static void urgent(void *unused)
{
	(void)unused;
	while (!atomic_load(&urgent_gate))
		futex_wait(&urgent_gate, 0, DEADLINE_NEVER);
	atomic_store(&urgent_ran, 1);
}

static void check_urgent_pushes_aside_elsewhere(void)
{
	struct thread *device, *holder[CPU_MAX];

	if (ncpus < 2)
		return;
	CHECK_EQ(thread_set_affinity(thread_current(), only(0)), 0);
	device = start("urgent", PRIO_APP + 1, only(1), urgent, 0); /* has last run on CPU 1 */
	while (atomic_load(&device->state) != THREAD_BLOCKED)
		sleep_ns(MS);
	CHECK_EQ(thread_set_affinity(device, only(1) | only(ncpus - 1) | only(0)), 0);
	atomic_store(&release, false);
	atomic_store(&holding, 0);
	for (unsigned i = 1; i < ncpus; i++)
		holder[i] = start("holder", i == 1 ? PRIO_APP + 2 : PRIO_APP, only(i), hold_cpu, 0);
	while (atomic_load(&holding) < ncpus - 1)
		;
	atomic_store(&urgent_gate, 1);
	futex_wake(&urgent_gate, 1);
	while (!atomic_load(&urgent_ran))
		;
	atomic_store(&release, true);
	for (unsigned i = 1; i < ncpus; i++)
		thread_join(holder[i]);
	thread_join(device);
	CHECK_EQ(thread_set_affinity(thread_current(), ANYWHERE), 0);
}

/* --- hand-overs --- */

#define EXCHANGES 3000

static struct semaphore turn[CPU_MAX];
static unsigned passed;

/* A token goes round all CPUs. */
static void pass(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < EXCHANGES / ncpus; i++) {
		CHECK_EQ(semaphore_wait(&turn[me], DEADLINE_NEVER), 0);
		passed++;
		semaphore_post(&turn[(me + 1) % ncpus]);
	}
}

static void check_ring(uint64_t (*affinity)(unsigned))
{
	struct thread *t[CPU_MAX];

	passed = 0;
	for (unsigned i = 0; i < ncpus; i++)
		atomic_store(&turn[i].count, i == 0);
	for (unsigned i = 0; i < ncpus; i++)
		t[i] = start("pass", PRIO_APP, affinity(i), pass, i);
	for (unsigned i = 0; i < ncpus; i++)
		thread_join(t[i]);
	CHECK_EQ(passed, EXCHANGES / ncpus * ncpus);
}

static uint64_t anywhere(unsigned i)
{
	(void)i;
	return ANYWHERE;
}

#define LOCKERS    4
#define INCREMENTS 3000

static struct mutex mutex = MUTEX_INIT;
static struct spinlock spinlock = SPINLOCK_INIT;
static unsigned by_mutex, by_spinlock;

static void increment(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < INCREMENTS; i++) {
		irq_state s;

		mutex_lock(&mutex);
		by_mutex++;
		mutex_unlock(&mutex);
		s = spin_lock(&spinlock);
		by_spinlock++;
		spin_unlock(&spinlock, s);
		if (i % 100 == 0)
			thread_sleep_until(clock_now_ns() + i % 7 * 10 * US);
		else if (i % 10 == 0)
			thread_yield();
	}
}

static void check_exclusion(void)
{
	struct thread *t[LOCKERS];

	for (unsigned i = 0; i < LOCKERS; i++)
		t[i] = start("increment", PRIO_APP, ANYWHERE, increment, 0);
	for (unsigned i = 0; i < LOCKERS; i++)
		thread_join(t[i]);
	CHECK_EQ(by_mutex, LOCKERS * INCREMENTS);
	CHECK_EQ(by_spinlock, LOCKERS * INCREMENTS);
}

/* --- timers stopped on another CPU than they run on --- */

struct alarm {
	struct timer timer;
	atomic_uint fired;
	atomic_bool gone;
};

static void ring(struct timer *t)
{
	struct alarm *a = (struct alarm *)t;

	CHECK(!atomic_load(&a->gone));
	atomic_fetch_add(&a->fired, 1);
	timer_start(t, clock_now_ns() + 20 * US);
}

static void check_timers(void)
{
	for (unsigned i = 0; i < 100; i++) {
		struct alarm a = { .timer.fire = ring };

		thread_set_affinity(thread_current(), only(0));
		timer_start(&a.timer, clock_now_ns() + 10 * US);
		thread_set_affinity(thread_current(), only((ncpus - 1) * (i & 1)));
		while (atomic_load(&a.fired) < 3)
			;
		timer_stop(&a.timer);
		atomic_store(&a.gone, true);
		sleep_ns(50 * US);
		CHECK(!a.timer.running);
	}
	thread_set_affinity(thread_current(), ANYWHERE);
}

int main(int argc, char **argv)
{
	count_cpus(argc, argv);
	check_tour();
	check_move_others();
	check_move_sleeper();
	check_steal();
	check_spread();
	check_slices();
	check_boost();
	check_urgent_pushes_aside_elsewhere();
	check_ring(only);
	check_ring(anywhere);
	check_exclusion();
	check_timers();
	return verdict();
}
