/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reader-writer locks in which neither side starves: readers that come while a writer waits stand
 * behind it, and a writer that leaves lets in all readers that wait by then before the next writer.
 * A thread that has a lock for reading already goes on being let in where only readers are inside,
 * waiting writers or not: it might be this lock, which POSIX lets it take again.
 *
 * __state is changed by compare-and-swap alone while nobody waits. Once WAITING is set, whoever
 * leaves last or finds no way in takes the guard, under which waiters are let in: by counting them
 * in __state and waking them. A woken thread passes through the guard before it returns, so that
 * nobody else is still in here when it destroys the lock.
 */
#define _GNU_SOURCE 1
#include "libc/pthread/deadline.h"
#include "libc/pthread/lock.h"
#include "libc/pthread/pthread.h"
#include <errno.h>

#define WRITER  0x80000000u
#define WAITING 0x40000000u
#define READERS 0x3fffffffu /* their number */

static bool change(pthread_rwlock_t *rw, unsigned *from, unsigned to)
{
	return atomic_compare_exchange_weak(word_of(&rw->__state), from, to);
}

static unsigned state_of(pthread_rwlock_t *rw)
{
	return atomic_load_explicit(word_of(&rw->__state), memory_order_relaxed);
}

static unsigned waiting(unsigned *count)
{
	return atomic_load_explicit(word_of(count), memory_order_relaxed);
}

static bool reader_may_enter(unsigned state)
{
	if (state & WRITER)
		return false;
	return !(state & WAITING) || (self()->read_locks && state & READERS);
}

/* 0, EAGAIN: too many, EBUSY. */
static int try_read(pthread_rwlock_t *rw)
{
	unsigned state = state_of(rw);

	while (reader_may_enter(state)) {
		if ((state & READERS) == READERS)
			return EAGAIN;
		if (change(rw, &state, state + 1)) {
			self()->read_locks++;
			return 0;
		}
	}
	return EBUSY;
}

static int try_write(pthread_rwlock_t *rw)
{
	unsigned state = state_of(rw);

	while (!(state & (WRITER | READERS | WAITING))) {
		if (change(rw, &state, state | WRITER)) {
			rw->__writer = self();
			return 0;
		}
	}
	return EBUSY;
}

/* --- under the guard --- */

static void let_readers_in(pthread_rwlock_t *rw)
{
	atomic_fetch_add(word_of(&rw->__state),
			 futex_queue_wake(word_of(&rw->__readers), UINT_MAX));
}

static void let_writer_in(pthread_rwlock_t *rw)
{
	if (futex_queue_wake(word_of(&rw->__writers), 1))
		atomic_fetch_or(word_of(&rw->__state), WRITER);
}

/*
 * Nobody is inside, or readers that nobody waits to follow: lets in whose turn it is. A waiter may
 * time out meanwhile, so what counts is who has been woken.
 */
static void admit(pthread_rwlock_t *rw, bool readers_first)
{
	if (readers_first || !waiting(&rw->__writers))
		let_readers_in(rw);
	if (!(state_of(rw) & (WRITER | READERS)))
		let_writer_in(rw);
	if (!(state_of(rw) & (WRITER | READERS)))
		let_readers_in(rw);
	if (!waiting(&rw->__readers) && !waiting(&rw->__writers))
		atomic_fetch_and(word_of(&rw->__state), ~WAITING);
}

/* After a waiter gave up: those behind it may have waited for it only. */
static void settle(pthread_rwlock_t *rw)
{
	unsigned state = state_of(rw);

	if (!(state & WRITER) && (!(state & READERS) || !waiting(&rw->__writers)))
		admit(rw, false);
	else if (!waiting(&rw->__readers) && !waiting(&rw->__writers))
		atomic_fetch_and(word_of(&rw->__state), ~WAITING);
}

/* 0: entered after all. EBUSY: WAITING is set, so whoever leaves comes to the guard. */
static int enter_or_mark(pthread_rwlock_t *rw, int (*try)(pthread_rwlock_t *))
{
	int error;

	while ((error = try(rw)) == EBUSY) {
		unsigned state = state_of(rw);

		if (state & WAITING ||
		    ((state & (WRITER | READERS)) && change(rw, &state, state | WAITING)))
			break;
	}
	return error;
}

/* --- */

static void release_guard(void *rw)
{
	word_unlock(&((pthread_rwlock_t *)rw)->__guard);
}

static int wait_in(pthread_rwlock_t *rw, unsigned *queue, uint64_t deadline_ns)
{
	struct futex_queue_wait how = { release_guard, rw, deadline_ns, .interruptible = false };
	int ended = futex_queue(word_of(queue), &how);

	word_lock(&rw->__guard);
	if (ended == -ETIMEDOUT)
		settle(rw);
	word_unlock(&rw->__guard);
	return -ended;
}

static int read_until(pthread_rwlock_t *rw, uint64_t deadline_ns)
{
	int error;

	word_lock(&rw->__guard);
	error = enter_or_mark(rw, try_read);
	if (error != EBUSY) {
		word_unlock(&rw->__guard);
		return error;
	}
	error = wait_in(rw, &rw->__readers, deadline_ns);
	if (!error)
		self()->read_locks++;
	return error;
}

static int write_until(pthread_rwlock_t *rw, uint64_t deadline_ns)
{
	int error;

	word_lock(&rw->__guard);
	error = enter_or_mark(rw, try_write);
	if (error != EBUSY) {
		word_unlock(&rw->__guard);
		return error;
	}
	error = wait_in(rw, &rw->__writers, deadline_ns);
	if (!error)
		rw->__writer = self();
	return error;
}

static bool is_writer(pthread_rwlock_t *rw)
{
	return state_of(rw) & WRITER && rw->__writer == self();
}

int pthread_rwlock_rdlock(pthread_rwlock_t *rw)
{
	int error = try_read(rw);

	if (error != EBUSY)
		return error;
	return is_writer(rw) ? EDEADLK : read_until(rw, DEADLINE_NEVER);
}

int pthread_rwlock_wrlock(pthread_rwlock_t *rw)
{
	if (try_write(rw) == 0)
		return 0;
	return is_writer(rw) ? EDEADLK : write_until(rw, DEADLINE_NEVER);
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t *rw)
{
	return try_read(rw);
}

int pthread_rwlock_trywrlock(pthread_rwlock_t *rw)
{
	return try_write(rw);
}

int pthread_rwlock_clockrdlock(pthread_rwlock_t *rw, clockid_t clock, const struct timespec *at)
{
	uint64_t deadline_ns;
	int error = try_read(rw);

	if (error != EBUSY)
		return error;
	error = is_writer(rw) ? EDEADLK : deadline_of(clock, at, &deadline_ns);
	return error ? error : read_until(rw, deadline_ns);
}

int pthread_rwlock_clockwrlock(pthread_rwlock_t *rw, clockid_t clock, const struct timespec *at)
{
	uint64_t deadline_ns;
	int error;

	if (try_write(rw) == 0)
		return 0;
	error = is_writer(rw) ? EDEADLK : deadline_of(clock, at, &deadline_ns);
	return error ? error : write_until(rw, deadline_ns);
}

int pthread_rwlock_timedrdlock(pthread_rwlock_t *rw, const struct timespec *at)
{
	return pthread_rwlock_clockrdlock(rw, CLOCK_REALTIME, at);
}

int pthread_rwlock_timedwrlock(pthread_rwlock_t *rw, const struct timespec *at)
{
	return pthread_rwlock_clockwrlock(rw, CLOCK_REALTIME, at);
}

static void writer_leaves(pthread_rwlock_t *rw)
{
	unsigned state = WRITER;

	rw->__writer = NULL;
	while (state == WRITER)
		if (change(rw, &state, 0))
			return;
	word_lock(&rw->__guard);
	atomic_fetch_and(word_of(&rw->__state), ~WRITER);
	admit(rw, true);
	word_unlock(&rw->__guard);
}

static void last_reader_leaves(pthread_rwlock_t *rw)
{
	unsigned left;

	word_lock(&rw->__guard);
	left = atomic_fetch_sub(word_of(&rw->__state), 1) - 1;
	if (!(left & READERS))
		admit(rw, false);
	word_unlock(&rw->__guard);
}

static void reader_leaves(pthread_rwlock_t *rw)
{
	unsigned state = state_of(rw);

	self()->read_locks--;
	while (state != (WAITING | 1))
		if (change(rw, &state, state - 1))
			return;
	last_reader_leaves(rw);
}

int pthread_rwlock_unlock(pthread_rwlock_t *rw)
{
	unsigned state = state_of(rw);

	if (!(state & (WRITER | READERS)) || (state & WRITER && rw->__writer != self()))
		return EPERM;
	if (state & WRITER)
		writer_leaves(rw);
	else
		reader_leaves(rw);
	return 0;
}
