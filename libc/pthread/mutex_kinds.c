/* SPDX-License-Identifier: BSD-2-Clause */
/* Mutexes that are more than a word. */
#include "libc/pthread/mutex.h"
#include <errno.h>

/* Only the owner itself can find itself there, so the look needs no lock. */
static bool mine(const pthread_mutex_t *m)
{
	return __atomic_load_n(&m->__owner, __ATOMIC_RELAXED) == self();
}

static void set_owner(pthread_mutex_t *m, struct pthread *p)
{
	__atomic_store_n(&m->__owner, p, __ATOMIC_RELAXED);
}

static bool is_type(const pthread_mutex_t *m, unsigned type)
{
	return (m->__kind & MUTEX_TYPE) == type;
}

static int deepen(pthread_mutex_t *m)
{
	if (m->__depth == UINT_MAX)
		return EAGAIN;
	m->__depth++;
	return 0;
}

static void let_go(pthread_mutex_t *m)
{
	unsigned kind = m->__kind; /* the next owner may destroy it */

	if (kind & MUTEX_INHERIT)
		inherit_unlock(m);
	else
		word_unlock(&m->__word);
}

/* The caller has it now: what else that means. */
static int taken(pthread_mutex_t *m)
{
	int error = 0;

	if (m->__kind & ~MUTEX_TYPE) {
		if (m->__kind & (MUTEX_ROBUST | MUTEX_INHERIT))
			error = robust_taken(m);
		if (error == ENOTRECOVERABLE) {
			let_go(m);
			return error;
		}
		if (m->__kind & MUTEX_PROTECT)
			protect_raise(m);
	}
	set_owner(m, self());
	m->__depth = 1;
	return error;
}

/* A normal mutex that its owner locks again is a deadlock, and a timed one may end by its deadline.
 */
static int lock_mine(pthread_mutex_t *m, uint64_t deadline_ns)
{
	if (is_type(m, PTHREAD_MUTEX_RECURSIVE))
		return deepen(m);
	if (is_type(m, PTHREAD_MUTEX_ERRORCHECK) || m->__kind & MUTEX_INHERIT)
		return EDEADLK;
	return word_lock_contended(&m->__word, deadline_ns);
}

static int take(pthread_mutex_t *m, uint64_t deadline_ns)
{
	if (m->__kind & MUTEX_INHERIT)
		return inherit_lock(m, deadline_ns);
	if (word_trylock(&m->__word))
		return 0;
	return word_lock_contended(&m->__word, deadline_ns);
}

int mutex_lock_until(pthread_mutex_t *m, uint64_t deadline_ns)
{
	int error;

	if (m->__kind == PTHREAD_MUTEX_NORMAL)
		return word_lock_contended(&m->__word, deadline_ns);
	if (mine(m))
		return lock_mine(m, deadline_ns);
	error = m->__kind & MUTEX_PROTECT ? protect_check(m) : 0;
	if (!error)
		error = take(m, deadline_ns);
	return error ? error : taken(m);
}

void mutex_leave(pthread_mutex_t *m)
{
	if (m->__kind & (MUTEX_ROBUST | MUTEX_INHERIT))
		robust_leaving(m);
	mutex_release(m);
}

int mutex_reenter(pthread_mutex_t *m, unsigned depth)
{
	int error;

	if (m->__kind & MUTEX_INHERIT)
		inherit_lock(m, DEADLINE_NEVER);
	else
		word_lock_contended(&m->__word, DEADLINE_NEVER);
	if (m->__kind == PTHREAD_MUTEX_NORMAL)
		return 0;
	error = taken(m);
	if (error != ENOTRECOVERABLE)
		m->__depth = depth;
	return error;
}

int mutex_trylock_kind(pthread_mutex_t *m)
{
	int error = m->__kind & MUTEX_PROTECT ? protect_check(m) : 0;

	if (mine(m))
		return is_type(m, PTHREAD_MUTEX_RECURSIVE) ? deepen(m) : EBUSY;
	if (error)
		return error;
	if (m->__kind & MUTEX_INHERIT ? !inherit_trylock(m) : !word_trylock(&m->__word))
		return EBUSY;
	return taken(m);
}

int mutex_check_owned(const pthread_mutex_t *m)
{
	return m->__kind == PTHREAD_MUTEX_NORMAL || mine(m) ? 0 : EPERM;
}

void mutex_release(pthread_mutex_t *m)
{
	bool protect = m->__kind & MUTEX_PROTECT;

	set_owner(m, NULL);
	if (protect)
		protect_leaving(m);
	let_go(m);
	if (protect)
		protect_lower();
}

int mutex_unlock_kind(pthread_mutex_t *m)
{
	if (!mine(m))
		return EPERM;
	if (--m->__depth)
		return 0;
	mutex_leave(m);
	return 0;
}
