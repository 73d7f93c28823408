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

static void reader_inside(pthread_rwlock_t *rw)
{
	(void)rw;
	self()->read_locks++;
}

static void writer_inside(pthread_rwlock_t *rw)
{
	rw->__writer = self();
}

static int try_read(pthread_rwlock_t *rw)
{
	unsigned state = state_of(rw);

	while (reader_may_enter(state)) {
		if ((state & READERS) == READERS)
			return EAGAIN;
		if (change(rw, &state, state + 1)) {
			reader_inside(rw);
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
			writer_inside(rw);
			return 0;
		}
	}
	return EBUSY;
}

static unsigned *reader_queue(pthread_rwlock_t *rw)
{
	return &rw->__readers;
}

static unsigned *writer_queue(pthread_rwlock_t *rw)
{
	return &rw->__writers;
}

/* What the two kinds of lockers do each in their way. */
static const struct kind {
	int (*try)(pthread_rwlock_t *);         /* 0, EAGAIN: too many, EBUSY */
	unsigned *(*queue)(pthread_rwlock_t *); /* where they wait */
	void (*inside)(pthread_rwlock_t *);     /* noted by who is let in */
} reader = { try_read, reader_queue, reader_inside },
  writer = { try_write, writer_queue, writer_inside };

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

static int wait_in(pthread_rwlock_t *rw, unsigned *queue, uint64_t deadline_ns)
{
	struct futex_queue_wait how = { word_release, &rw->__guard, deadline_ns, .interruptible = false };
	int ended = futex_queue(word_of(queue), &how);

	word_lock(&rw->__guard);
	if (ended == -ETIMEDOUT)
		settle(rw);
	word_unlock(&rw->__guard);
	return -ended;
}

/* Enters, or waits among its kind until it is let in. */
static int lock_until(pthread_rwlock_t *rw, const struct kind *kind, uint64_t deadline_ns)
{
	int error;

	word_lock(&rw->__guard);
	error = enter_or_mark(rw, kind->try);
	if (error != EBUSY) {
		word_unlock(&rw->__guard);
		return error;
	}
	error = wait_in(rw, kind->queue(rw), deadline_ns);
	if (!error)
		kind->inside(rw);
	return error;
}

static bool is_writer(pthread_rwlock_t *rw)
{
	return state_of(rw) & WRITER && rw->__writer == self();
}

/* at: NULL waits for ever. Only who has to wait learns that the time makes no sense. */
static int lock(pthread_rwlock_t *rw, const struct kind *kind, clockid_t clock,
		const struct timespec *at)
{
	uint64_t deadline_ns = DEADLINE_NEVER;
	int error = kind->try(rw);

	if (error != EBUSY)
		return error;
	if (is_writer(rw))
		return EDEADLK;
	error = at ? deadline_of(clock, at, &deadline_ns) : 0;
	return error ? error : lock_until(rw, kind, deadline_ns);
}

int pthread_rwlock_rdlock(pthread_rwlock_t *rw)
{
	return lock(rw, &reader, CLOCK_REALTIME, NULL);
}

int pthread_rwlock_wrlock(pthread_rwlock_t *rw)
{
	return lock(rw, &writer, CLOCK_REALTIME, NULL);
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
	return lock(rw, &reader, clock, at);
}

int pthread_rwlock_clockwrlock(pthread_rwlock_t *rw, clockid_t clock, const struct timespec *at)
{
	return lock(rw, &writer, clock, at);
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
