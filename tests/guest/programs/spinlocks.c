/* SPDX-License-Identifier: BSD-2-Clause */
/* What the debug build forbids to do with spinlocks, one way per run, and what it allows. */
#include "smp.h"
#include "kernel/spinlock.h"
#include <string.h>

static struct spinlock first = SPINLOCK_INIT, second = SPINLOCK_INIT, third = SPINLOCK_INIT;

#define NOINLINE __attribute__((noinline))

static NOINLINE void take_first(void)
{
	spin_lock(&first);
	__asm__ volatile(""); /* no tail call: the chain shows who called */
}

static void twice(void)
{
	take_first();
	spin_lock(&first);
}

static NOINLINE void in_one_order(struct spinlock *a, struct spinlock *b)
{
	irq_state s = spin_lock(a);

	spin_lock(b);
	spin_unlock(b, 0);
	spin_unlock(a, s);
	__asm__ volatile("");
}

static NOINLINE void in_the_other_order(struct spinlock *a, struct spinlock *b)
{
	in_one_order(b, a);
	__asm__ volatile(""); /* so that the panic finds this function in the chain of calls */
}

static void order(void)
{
	in_one_order(&first, &second);
	in_the_other_order(&first, &second);
}

/* No two of them are ever taken both ways, and yet three CPUs could wait for each other. */
static void circle(void)
{
	in_one_order(&first, &second);
	in_one_order(&second, &third);
	in_the_other_order(&first, &third);
}

LOCK_CLASS(queue_class, "test queue");

static void same_class(void)
{
	struct spinlock a = SPINLOCK_INIT, b = SPINLOCK_INIT;

	spinlock_init(&a, &queue_class);
	spinlock_init(&b, &queue_class);
	in_one_order(&a, &b);
}

static void asleep(void)
{
	take_first();
	sleep_ns(MS);
	__asm__ volatile("");
}

static NOINLINE void compute_for_long(void)
{
	for (uint64_t end = cpu_tsc() + 8000000000ull; cpu_tsc() < end;)
		cpu_relax();
	__asm__ volatile("");
}

static void held(void)
{
	irq_state s = spin_lock(&first);

	compute_for_long();
	spin_unlock(&first, s);
}

static NOINLINE void hold_elsewhere(void *unused)
{
	(void)unused;
	spin_lock(&first);
	for (;;)
		cpu_relax();
}

static void waited(void)
{
	start("holder", PRIO_APP, only(1), hold_elsewhere, 0);
	CHECK_EQ(thread_set_affinity(thread_current(), only(0)), 0);
	while (!atomic_load(&first.held))
		cpu_relax();
	spin_lock(&first);
}

static void foreign(void)
{
	spin_unlock(&first, 0);
}

static void nap(void *us)
{
	sleep_ns((uintptr_t)us * US);
}

static atomic_uint words[2][64];

static void release_nothing(void *unused)
{
	(void)unused;
}

static void stand_in_queue(void *i)
{
	futex_queue(&words[0][(uintptr_t)i], &(struct futex_queue_wait){
		.release = release_nothing, .deadline_ns = DEADLINE_NEVER, .move_to = &words[1][(uintptr_t)i * 7 % 64],
	});
}

/* Two of futex.c's buckets, which go by their addresses. */
static void move_across(unsigned i)
{
	struct thread *t = start("waiter", PRIO_APP, ANYWHERE, stand_in_queue, i);

	while (!atomic_load(&words[0][i]))
		sleep_ns(100 * US);
	atomic_store(&words[1][i * 7 % 64], 1);
	CHECK_EQ(futex_queue_move(&words[0][i], 1, 1, 2), 1);
	CHECK_EQ(futex_wake(&words[1][i * 7 % 64], 1), 1);
	thread_join(t);
}

/* Many ways through the kernel's own locks. */
static void nothing(void)
{
	in_one_order(&first, &second);
	in_one_order(&second, &third);
	in_one_order(&first, &third);
	for (unsigned i = 0; i < 64; i++)
		move_across(i);
	for (unsigned i = 0; i < 100; i++)
		thread_join(start("short", PRIO_APP, ANYWHERE, nap, i));
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } ways[] = {
		{ "twice", twice }, { "order", order }, { "circle", circle }, { "same-class", same_class },
		{ "asleep", asleep }, { "held", held }, { "waited", waited }, { "foreign", foreign },
		{ "nothing", nothing },
	};

	count_cpus(argc, argv);
	for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++)
		if (argc > 2 && strcmp(argv[2], ways[i].name) == 0)
			ways[i].run();
	return verdict();
}
