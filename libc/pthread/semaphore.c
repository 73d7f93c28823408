/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unnamed semaphores. Value and number of waiters are one word, so that posting is a single step: a
 * thread that it lets through may destroy the semaphore at once. The value's half is the futex.
 */
#define _GNU_SOURCE 1
#include "kernel/futex.h"
#include "libc/pthread/deadline.h"
#include "libc/pthread/pthread.h"
#include "libc/result.h"
#include <errno.h>
#include <semaphore.h>

#define ONE_WAITER (1ul << 32)
#define VALUE      (ONE_WAITER - 1)

static _Atomic unsigned long *state_of(sem_t *sem)
{
	return (_Atomic unsigned long *)&sem->__state;
}

/* x86 is little-endian: the low half comes first. */
static atomic_uint *value_of(sem_t *sem)
{
	return (atomic_uint *)&sem->__state;
}

int sem_init(sem_t *sem, int shared, unsigned value)
{
	(void)shared;
	if (value > SEM_VALUE_MAX)
		return libc_result(-EINVAL);
	sem->__state = value;
	return 0;
}

int sem_destroy(sem_t *sem)
{
	return libc_result(atomic_load(state_of(sem)) > VALUE ? -EBUSY : 0);
}

/* Takes one, and as many waiters off; false: the value is 0. */
static bool take(sem_t *sem, unsigned long waiters)
{
	unsigned long state = atomic_load_explicit(state_of(sem), memory_order_relaxed);

	while (state & VALUE)
		if (atomic_compare_exchange_weak(state_of(sem), &state, state - 1 - waiters))
			return true;
	return false;
}

static int wait_until(sem_t *sem, uint64_t deadline_ns)
{
	int ended = 0;

	atomic_fetch_add(state_of(sem), ONE_WAITER);
	while (!take(sem, ONE_WAITER)) {
		if (ended == -ETIMEDOUT || ended == -EINTR) {
			atomic_fetch_sub(state_of(sem), ONE_WAITER);
			return ended;
		}
		ended = futex_wait_interruptible(value_of(sem), 0, deadline_ns);
	}
	return 0;
}

static int wait(sem_t *sem, uint64_t deadline_ns)
{
	int error = wait_until(sem, deadline_ns);

	if (error == -EINTR)
		pthread_testcancel();
	return libc_result(error);
}

int sem_wait(sem_t *sem)
{
	pthread_testcancel();
	return take(sem, 0) ? 0 : wait(sem, DEADLINE_NEVER);
}

int sem_trywait(sem_t *sem)
{
	return take(sem, 0) ? 0 : libc_result(-EAGAIN);
}

int sem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *at)
{
	uint64_t deadline_ns;
	int error;

	pthread_testcancel();
	if (take(sem, 0))
		return 0;
	error = deadline_of(clock, at, &deadline_ns);
	return error ? libc_result(-error) : wait(sem, deadline_ns);
}

int sem_timedwait(sem_t *sem, const struct timespec *at)
{
	return sem_clockwait(sem, CLOCK_REALTIME, at);
}

int sem_post(sem_t *sem)
{
	unsigned long state = atomic_load_explicit(state_of(sem), memory_order_relaxed);

	do {
		if ((state & VALUE) == SEM_VALUE_MAX)
			return libc_result(-EOVERFLOW);
	} while (!atomic_compare_exchange_weak(state_of(sem), &state, state + 1));
	if (state > VALUE)
		futex_wake(value_of(sem), 1);
	return 0;
}

int sem_getvalue(sem_t *restrict sem, int *restrict value)
{
	*value = (int)(atomic_load(state_of(sem)) & VALUE);
	return 0;
}
