/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Condition variables over the kernel's counted queue (kernel/futex.h). A waiter stands in the
 * queue before it lets go of the mutex, so no signal is lost; and has nothing to do with the
 * condition variable once it is out of the queue, so whoever signalled the last waiter may destroy
 * it.
 *
 * A signalled waiter needs the mutex before anything else. While somebody has that, usually the
 * signaller, the waiter is moved to where the unlock finds it: one wake-up, one switch, and a
 * broadcast wakes nobody to fight for it.
 */
#define _GNU_SOURCE 1
#include "libc/pthread/deadline.h"
#include "libc/pthread/mutex.h"
#include <errno.h>

static void release(void *mutex)
{
	pthread_mutex_t *m = mutex;

	if (m->__kind == PTHREAD_MUTEX_NORMAL)
		word_unlock(&m->__word);
	else
		mutex_leave(m);
}

/* Such a mutex is handed over with its priority: its waiters stand elsewhere. */
static bool may_move_to(const pthread_mutex_t *m)
{
	return !(m->__kind & MUTEX_INHERIT);
}

static int wait_until(pthread_cond_t *c, pthread_mutex_t *m, uint64_t deadline_ns)
{
	struct futex_queue_wait how = { release, m, deadline_ns, .interruptible = true,
					.move_to = may_move_to(m) ? word_of(&m->__word) : NULL };
	unsigned depth = m->__depth;
	int ended, error;

	pthread_testcancel();
	error = mutex_check_owned(m);
	if (error)
		return error;
	ended = futex_queue(word_of(&c->__waiters), &how);
	error = mutex_reenter(m, depth);
	if (ended == -EINTR)
		pthread_testcancel(); /* not after a signal: it would be lost with this thread */
	return !error && ended == -ETIMEDOUT ? ETIMEDOUT : error;
}

int pthread_cond_wait(pthread_cond_t *c, pthread_mutex_t *m)
{
	return wait_until(c, m, DEADLINE_NEVER);
}

int pthread_cond_clockwait(pthread_cond_t *c, pthread_mutex_t *m, clockid_t clock,
			   const struct timespec *at)
{
	uint64_t deadline_ns;
	int error = deadline_of(clock, at, &deadline_ns);

	return error ? error : wait_until(c, m, deadline_ns);
}

int pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m, const struct timespec *at)
{
	return pthread_cond_clockwait(c, m, c->__monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME, at);
}

/* Whoever changed what is waited for did so under the mutex, so he sees those who waited before. */
static int signal_some(pthread_cond_t *c, unsigned n)
{
	if (__atomic_load_n(&c->__waiters, __ATOMIC_RELAXED))
		futex_queue_move(word_of(&c->__waiters), n, WORD_HELD, WORD_CONTENDED);
	return 0;
}

int pthread_cond_signal(pthread_cond_t *c)
{
	return signal_some(c, 1);
}

int pthread_cond_broadcast(pthread_cond_t *c)
{
	return signal_some(c, UINT_MAX);
}
