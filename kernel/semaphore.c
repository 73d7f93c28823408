/* SPDX-License-Identifier: BSD-2-Clause */
/* A counting semaphore over the futex. */
#include "kernel/mutex.h"
#include <errno.h>

static bool take(struct semaphore *sem)
{
	unsigned n = atomic_load_explicit(&sem->count, memory_order_relaxed);

	while (n > 0 && !atomic_compare_exchange_weak(&sem->count, &n, n - 1))
		;
	return n > 0;
}

int semaphore_wait(struct semaphore *sem, uint64_t deadline_ns)
{
	while (!take(sem))
		if (futex_wait(&sem->count, 0, deadline_ns) == -ETIMEDOUT)
			return take(sem) ? 0 : -ETIMEDOUT;
	return 0;
}

/*
 * After the addition the semaphore may be gone: whoever took it may have freed it. futex_wake()
 * does not touch it.
 */
void semaphore_post(struct semaphore *sem)
{
	atomic_fetch_add_explicit(&sem->count, 1, memory_order_release);
	futex_wake(&sem->count, 1);
}
