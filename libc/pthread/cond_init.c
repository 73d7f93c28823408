/* SPDX-License-Identifier: BSD-2-Clause */
/* Condition variables and their attributes: making and unmaking. */
#include "libc/pthread/pthread.h"
#include <errno.h>

int pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *attr)
{
	*c = (pthread_cond_t){ .__monotonic = attr && attr->__monotonic };
	return 0;
}

int pthread_cond_destroy(pthread_cond_t *c)
{
	return __atomic_load_n(&c->__waiters, __ATOMIC_RELAXED) ? EBUSY : 0;
}

int pthread_condattr_init(pthread_condattr_t *attr)
{
	*attr = (pthread_condattr_t){ 0 };
	return 0;
}

int pthread_condattr_destroy(pthread_condattr_t *attr)
{
	(void)attr;
	return 0;
}

int pthread_condattr_setclock(pthread_condattr_t *attr, clockid_t clock)
{
	if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
		return EINVAL;
	attr->__monotonic = clock == CLOCK_MONOTONIC;
	return 0;
}

int pthread_condattr_getclock(const pthread_condattr_t *restrict attr, clockid_t *restrict clock)
{
	*clock = attr->__monotonic ? CLOCK_MONOTONIC : CLOCK_REALTIME;
	return 0;
}

int pthread_condattr_setpshared(pthread_condattr_t *attr, int shared)
{
	return set_shared(&attr->__shared, shared);
}

int pthread_condattr_getpshared(const pthread_condattr_t *attr, int *shared)
{
	*shared = attr->__shared;
	return 0;
}
