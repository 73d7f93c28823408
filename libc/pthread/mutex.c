/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE 1
#include "libc/pthread/deadline.h"
#include "libc/pthread/mutex.h"
#include <errno.h>

int pthread_mutex_lock(pthread_mutex_t *m)
{
	if (m->__kind == PTHREAD_MUTEX_NORMAL && word_trylock(&m->__word))
		return 0;
	return mutex_lock_until(m, DEADLINE_NEVER);
}

int pthread_mutex_trylock(pthread_mutex_t *m)
{
	if (m->__kind != PTHREAD_MUTEX_NORMAL)
		return mutex_trylock_kind(m);
	return word_trylock(&m->__word) ? 0 : EBUSY;
}

int pthread_mutex_unlock(pthread_mutex_t *m)
{
	if (m->__kind != PTHREAD_MUTEX_NORMAL)
		return mutex_unlock_kind(m);
	word_unlock(&m->__word);
	return 0;
}

/* A bad time is an error only to those who would have to wait. */
int pthread_mutex_clocklock(pthread_mutex_t *m, clockid_t clock, const struct timespec *at)
{
	int error = pthread_mutex_trylock(m);
	uint64_t deadline_ns;

	if (error != EBUSY)
		return error;
	error = deadline_of(clock, at, &deadline_ns);
	return error ? error : mutex_lock_until(m, deadline_ns);
}

int pthread_mutex_timedlock(pthread_mutex_t *m, const struct timespec *at)
{
	return pthread_mutex_clocklock(m, CLOCK_REALTIME, at);
}
