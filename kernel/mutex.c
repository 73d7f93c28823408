/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A mutex over the futex, three-valued after Drepper, "Futexes Are Tricky": the unlocker enters the
 * kernel's queues only if somebody said that he waits.
 */
#include "kernel/mutex.h"

enum { FREE, HELD, CONTENDED };

bool mutex_trylock(struct mutex *m)
{
	unsigned expected = FREE;

	return atomic_compare_exchange_strong_explicit(&m->state, &expected, HELD,
						       memory_order_acquire, memory_order_relaxed);
}

void mutex_lock(struct mutex *m)
{
	if (mutex_trylock(m))
		return;
	/* Whoever gets it here leaves it CONTENDED, as others may wait still. */
	while (atomic_exchange_explicit(&m->state, CONTENDED, memory_order_acquire) != FREE)
		futex_wait(&m->state, CONTENDED, DEADLINE_NEVER);
}

void mutex_unlock(struct mutex *m)
{
	if (atomic_exchange_explicit(&m->state, FREE, memory_order_release) == CONTENDED)
		futex_wake(&m->state, 1);
}
