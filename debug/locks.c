/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The checks of kernel/spinlock_check.h. Compiled with DEBUG=1 only.
 *
 * Each CPU has a list of the locks it holds; only the CPU itself touches it, with interrupts off. An
 * order that was seen once is remembered for ever, as a bit in a matrix of classes and, while there
 * is room, with its call chain. Taking a lock must not close a circle in it.
 *
 * A hypervisor may stop a CPU for a while, so "held too long" is a matter of seconds.
 */
#include "debug/backtrace.h"
#include "debug/trace.h"
#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "kernel/thread.h"
#include "kernel/x86_64/arch.h"
#include <stddef.h>
#include <string.h>

#define DEPTH_MAX      16u
#define CLASSES_MAX    192u          /* of which every lock in the image is one, futex.c's buckets too */
#define UNORDERED      255u          /* in place of a class */
#define ORDERS_MAX     512u          /* with their call chains */

uint64_t spinlock_ticks_max = 6000000000; /* some two seconds */

static struct held {
	unsigned n;
	struct spinlock *lock[DEPTH_MAX];
} held_by[CPU_MAX];

/* --- classes and what is known of their order; guarded by busy --- */

static struct order {
	uint8_t first, second;
	uint64_t calls[SPINLOCK_CALLS];
} orders[ORDERS_MAX];

static atomic_flag busy = ATOMIC_FLAG_INIT;
static unsigned norders, nclasses;

/* after[i] has bit j: j was taken while i was held. */
static uint64_t after[CLASSES_MAX + 1][CLASSES_MAX / 64 + 1];

static void enter(void)
{
	while (atomic_flag_test_and_set(&busy))
		cpu_relax();
}

static void leave(void)
{
	atomic_flag_clear(&busy);
}

static bool was_after(unsigned first, unsigned second)
{
	return after[first][second / 64] >> second % 64 & 1;
}

static bool in_image(const struct spinlock *l)
{
	return (const char *)l >= image_start && (const char *)l < image_end;
}

static uint8_t new_class(void)
{
	return (uint8_t)(nclasses < CLASSES_MAX ? ++nclasses : UNORDERED);
}

static uint8_t find_class(const struct spinlock *l)
{
	struct lock_class *class = l->check.class;

	if (!class)
		return in_image(l) ? new_class() : UNORDERED;
	if (!class->id)
		class->id = new_class();
	return class->id;
}

static uint8_t class_of(struct spinlock *l)
{
	if (!l->check.id)
		l->check.id = find_class(l);
	return l->check.id;
}

/* Whether, over any number of steps, to was taken after from. next: the first step of the way. */
static bool leads(unsigned from, unsigned to, uint8_t *next)
{
	static uint8_t queue[CLASSES_MAX + 1], step[CLASSES_MAX + 1];
	unsigned head = 0, tail = 0;

	memset(step, 0, sizeof step);
	queue[tail++] = (uint8_t)from;
	while (head < tail) {
		unsigned at = queue[head++];

		for (unsigned c = 1; c <= nclasses; c++) {
			if (step[c] || !was_after(at, c))
				continue;
			step[c] = at == from ? (uint8_t)c : step[at];
			queue[tail++] = (uint8_t)c;
		}
	}
	*next = step[to];
	return step[to];
}

static void remember_calls(uint64_t calls[SPINLOCK_CALLS])
{
	trace_take(calls, SPINLOCK_CALLS, backtrace_here(), this_cpu()->current);
}

static const uint64_t *calls_of(unsigned first, unsigned second)
{
	for (const struct order *o = orders; o < orders + norders; o++)
		if (o->first == first && o->second == second)
			return o->calls;
	return NULL;
}

static void learn(unsigned first, unsigned second)
{
	struct order *o = &orders[norders];

	after[first][second / 64] |= 1ull << second % 64;
	if (norders == ORDERS_MAX)
		return;
	*o = (struct order){ .first = (uint8_t)first, .second = (uint8_t)second };
	remember_calls(o->calls);
	norders++;
}

static const char *name_of(const struct spinlock *l)
{
	return l->check.class ? l->check.class->name : "in the image";
}

static _Noreturn void complain_of_order(const struct spinlock *held, const struct spinlock *wanted,
					const uint64_t *calls)
{
	panic_with_calls("where the other order was seen", calls, SPINLOCK_CALLS,
			 "spinlock %p (%s) is taken after %p (%s), against the order seen before",
			 (const void *)wanted, name_of(wanted), (const void *)held, name_of(held));
}

static _Noreturn void complain_of_class(const struct spinlock *held, const struct spinlock *wanted)
{
	panic_with_calls("where that was taken", held->check.calls, SPINLOCK_CALLS,
			 "spinlock %p is taken after %p, a %s both", (const void *)wanted,
			 (const void *)held, name_of(held));
}

static void check_pair(struct spinlock *held, struct spinlock *wanted)
{
	const uint64_t *calls = NULL;
	uint8_t first, second, next;
	bool known, circle = false;

	enter();
	first = class_of(held);
	second = class_of(wanted);
	known = first == UNORDERED || second == UNORDERED || was_after(first, second);
	if (!known && first != second)
		circle = leads(second, first, &next);
	if (circle)
		calls = calls_of(second, next);
	else if (!known && first != second)
		learn(first, second);
	leave();
	if (circle)
		complain_of_order(held, wanted, calls);
	if (!known && first == second)
		complain_of_class(held, wanted);
}

/* --- the checks --- */

static struct held *held_here(void)
{
	return &held_by[this_cpu()->id];
}

static bool is_too_long(const struct spinlock *l)
{
	uint64_t since = atomic_load(&l->check.since);

	return since && (int64_t)(cpu_tsc() - since) > (int64_t)spinlock_ticks_max;
}

static _Noreturn void complain(const struct spinlock *l, const char *what)
{
	panic_with_calls("where it was taken", l->check.calls, SPINLOCK_CALLS, "spinlock %p (%s) %s",
			 (const void *)l, name_of(l), what);
}

void spinlock_init(struct spinlock *l, struct lock_class *class)
{
	*l = (struct spinlock){ .check.class = class };
}

void spinlock_wanted(struct spinlock *l)
{
	struct held *held = held_here();

	if (atomic_load(&l->check.owner) == this_cpu())
		complain(l, "is taken twice");
	for (unsigned i = 0; i < held->n; i++)
		check_pair(held->lock[i], l);
}

void spinlock_awaited(struct spinlock *l)
{
	if (is_too_long(l))
		complain(l, "is waited for in vain: another CPU holds it too long");
}

void spinlock_taken(struct spinlock *l)
{
	struct held *held = held_here();

	if (held->n == DEPTH_MAX)
		complain(held->lock[0], "and so many others are held that there is no more room to remember them");
	held->lock[held->n++] = l;
	remember_calls(l->check.calls);
	atomic_store(&l->check.owner, this_cpu());
	atomic_store(&l->check.since, cpu_tsc());
}

static void forget(struct held *held, const struct spinlock *l)
{
	unsigned i = held->n;

	while (held->lock[--i] != l)
		;
	held->n--;
	memmove(&held->lock[i], &held->lock[i + 1], (held->n - i) * sizeof held->lock[0]);
}

void spinlock_released(struct spinlock *l)
{
	if (atomic_load(&l->check.owner) != this_cpu())
		complain(l, "is released by a CPU that does not hold it");
	if (is_too_long(l))
		complain(l, "was held too long");
	atomic_store(&l->check.since, 0);
	atomic_store(&l->check.owner, NULL);
	forget(held_here(), l);
}

void spinlock_none_held(void)
{
	unsigned long flags = cpu_irq_save();
	const struct held *held = held_here();

	if (held->n)
		complain(held->lock[held->n - 1], "is held by a thread that would sleep");
	cpu_irq_restore(flags);
}
