/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Robust mutexes: each thread lists those it holds, so that its end can hand them on, marked. The
 * list is its own thread's alone, and a mutex is in it only while that thread holds it, so neither
 * needs a lock. Mutexes that lend a priority are listed with them: they name their owner, and must
 * not when it is gone.
 */
#include "libc/pthread/mutex.h"
#include <errno.h>

int robust_taken(pthread_mutex_t *m)
{
	struct pthread *p = self();

	if (m->__damage == MUTEX_UNRECOVERABLE)
		return ENOTRECOVERABLE;
	m->__next_robust = p->robust;
	p->robust = m;
	return m->__damage == MUTEX_OWNER_DIED ? EOWNERDEAD : 0;
}

/* Unlocked without having been made consistent, it is lost. */
void robust_leaving(pthread_mutex_t *m)
{
	pthread_mutex_t **at = &self()->robust;

	while (*at != m)
		at = &(*at)->__next_robust;
	*at = m->__next_robust;
	if (m->__damage == MUTEX_OWNER_DIED)
		m->__damage = MUTEX_UNRECOVERABLE;
}

void robust_release_all(struct pthread *p)
{
	pthread_mutex_t *m;

	while ((m = p->robust) != NULL) {
		p->robust = m->__next_robust;
		if (m->__kind & MUTEX_ROBUST) {
			m->__damage = MUTEX_OWNER_DIED;
			mutex_release(m);
		} else {
			inherit_abandon(m);
		}
	}
}

int pthread_mutex_consistent(pthread_mutex_t *m)
{
	if (!(m->__kind & MUTEX_ROBUST) || m->__damage != MUTEX_OWNER_DIED ||
	    mutex_check_owned(m) != 0)
		return EINVAL;
	m->__damage = MUTEX_SOUND;
	return 0;
}
