/* SPDX-License-Identifier: BSD-2-Clause */
/* Mutexes and their attributes: making and unmaking. */
#include "libc/pthread/mutex.h"
#include <errno.h>

static unsigned kind_of(const pthread_mutexattr_t *attr)
{
	unsigned kind = (unsigned)attr->__type;

	if (attr->__robust == PTHREAD_MUTEX_ROBUST)
		kind |= MUTEX_ROBUST;
	if (attr->__protocol == PTHREAD_PRIO_INHERIT)
		kind |= MUTEX_INHERIT;
	if (attr->__protocol == PTHREAD_PRIO_PROTECT)
		kind |= MUTEX_PROTECT;
	return kind;
}

int pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *attr)
{
	*m = (pthread_mutex_t){ .__kind = attr ? kind_of(attr) : 0,
				.__ceiling = attr ? attr->__ceiling : 0 };
	return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *m)
{
	return m->__word != WORD_FREE || m->__holder ? EBUSY : 0;
}

int pthread_mutexattr_init(pthread_mutexattr_t *attr)
{
	*attr = (pthread_mutexattr_t){ .__ceiling = PRIO_REALTIME_LEVELS };
	return 0;
}

int pthread_mutexattr_destroy(pthread_mutexattr_t *attr)
{
	(void)attr;
	return 0;
}

int pthread_mutexattr_settype(pthread_mutexattr_t *attr, int type)
{
	if (type < PTHREAD_MUTEX_NORMAL || type > PTHREAD_MUTEX_ERRORCHECK)
		return EINVAL;
	attr->__type = type;
	return 0;
}

int pthread_mutexattr_gettype(const pthread_mutexattr_t *attr, int *type)
{
	*type = attr->__type;
	return 0;
}

int pthread_mutexattr_setprotocol(pthread_mutexattr_t *attr, int protocol)
{
	if (protocol < PTHREAD_PRIO_NONE || protocol > PTHREAD_PRIO_PROTECT)
		return EINVAL;
	attr->__protocol = protocol;
	return 0;
}

int pthread_mutexattr_getprotocol(const pthread_mutexattr_t *attr, int *protocol)
{
	*protocol = attr->__protocol;
	return 0;
}

int pthread_mutexattr_setrobust(pthread_mutexattr_t *attr, int robust)
{
	if (robust != PTHREAD_MUTEX_STALLED && robust != PTHREAD_MUTEX_ROBUST)
		return EINVAL;
	attr->__robust = robust;
	return 0;
}

int pthread_mutexattr_getrobust(const pthread_mutexattr_t *restrict attr, int *restrict robust)
{
	*robust = attr->__robust;
	return 0;
}

static bool valid_ceiling(int ceiling)
{
	return ceiling >= 1 && ceiling <= PRIO_REALTIME_LEVELS;
}

int pthread_mutexattr_setprioceiling(pthread_mutexattr_t *attr, int ceiling)
{
	if (!valid_ceiling(ceiling))
		return EINVAL;
	attr->__ceiling = ceiling;
	return 0;
}

int pthread_mutexattr_getprioceiling(const pthread_mutexattr_t *attr, int *ceiling)
{
	*ceiling = attr->__ceiling;
	return 0;
}

int pthread_mutex_getprioceiling(const pthread_mutex_t *restrict m, int *ceiling)
{
	if (!(m->__kind & MUTEX_PROTECT))
		return EINVAL;
	*ceiling = m->__ceiling;
	return 0;
}

/* With the mutex held, as POSIX has it, but not against the ceiling that is about to go. */
int pthread_mutex_setprioceiling(pthread_mutex_t *m, int ceiling, int *old)
{
	int error;

	if (!(m->__kind & MUTEX_PROTECT) || !valid_ceiling(ceiling))
		return EINVAL;
	error = mutex_lock_until(m, DEADLINE_NEVER);
	if (error)
		return error;
	if (old)
		*old = m->__ceiling;
	m->__ceiling = ceiling;
	return mutex_unlock_kind(m);
}

int pthread_mutexattr_setpshared(pthread_mutexattr_t *attr, int shared)
{
	return set_shared(&attr->__shared, shared);
}

int pthread_mutexattr_getpshared(const pthread_mutexattr_t *attr, int *shared)
{
	*shared = attr->__shared;
	return 0;
}
