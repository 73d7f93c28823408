/* SPDX-License-Identifier: BSD-2-Clause */
/* Reader-writer locks and their attributes: making and unmaking. */
#include "libc/pthread/lock.h"
#include "libc/pthread/pthread.h"
#include <errno.h>

int pthread_rwlock_init(pthread_rwlock_t *rw, const pthread_rwlockattr_t *attr)
{
	(void)attr;
	*rw = (pthread_rwlock_t){ 0 };
	return 0;
}

/* Through the guard: whoever unlocked it last may still be in there. */
int pthread_rwlock_destroy(pthread_rwlock_t *rw)
{
	bool busy;

	word_lock(&rw->__guard);
	busy = rw->__state != 0;
	word_unlock(&rw->__guard);
	return busy ? EBUSY : 0;
}

int pthread_rwlockattr_init(pthread_rwlockattr_t *attr)
{
	*attr = (pthread_rwlockattr_t){ 0 };
	return 0;
}

int pthread_rwlockattr_destroy(pthread_rwlockattr_t *attr)
{
	(void)attr;
	return 0;
}

int pthread_rwlockattr_setpshared(pthread_rwlockattr_t *attr, int shared)
{
	return set_shared(&attr->__shared, shared);
}

int pthread_rwlockattr_getpshared(const pthread_rwlockattr_t *attr, int *shared)
{
	*shared = attr->__shared;
	return 0;
}
