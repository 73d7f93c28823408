/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Barriers. The last to arrive wakes the others under the guard, so that nobody of the next round
 * is among them; those do not touch the barrier again. Destroying it passes through the guard, and
 * so waits for the last one to be out.
 */
#include "libc/pthread/lock.h"
#include "libc/pthread/pthread.h"
#include <errno.h>

int pthread_barrier_init(pthread_barrier_t *b, const pthread_barrierattr_t *attr, unsigned count)
{
	(void)attr;
	if (count == 0)
		return EINVAL;
	*b = (pthread_barrier_t){ .__count = count };
	return 0;
}

int pthread_barrier_destroy(pthread_barrier_t *b)
{
	bool busy;

	word_lock(&b->__guard);
	busy = b->__arrived != 0;
	word_unlock(&b->__guard);
	return busy ? EBUSY : 0;
}

int pthread_barrier_wait(pthread_barrier_t *b)
{
	struct futex_queue_wait how = { word_release, &b->__guard, DEADLINE_NEVER, .interruptible = false };

	word_lock(&b->__guard);
	if (++b->__arrived < b->__count) {
		futex_queue(word_of(&b->__waiters), &how);
		return 0;
	}
	b->__arrived = 0;
	futex_queue_wake(word_of(&b->__waiters), UINT_MAX);
	word_unlock(&b->__guard);
	return PTHREAD_BARRIER_SERIAL_THREAD;
}

int pthread_barrierattr_init(pthread_barrierattr_t *attr)
{
	*attr = (pthread_barrierattr_t){ 0 };
	return 0;
}

int pthread_barrierattr_destroy(pthread_barrierattr_t *attr)
{
	(void)attr;
	return 0;
}

int pthread_barrierattr_setpshared(pthread_barrierattr_t *attr, int shared)
{
	return set_shared(&attr->__shared, shared);
}

int pthread_barrierattr_getpshared(const pthread_barrierattr_t *attr, int *shared)
{
	*shared = attr->__shared;
	return 0;
}
