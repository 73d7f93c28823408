/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutexes that lend their owner a priority: that of the most urgent thread waiting
 * (PTHREAD_PRIO_INHERIT), or a fixed one (PTHREAD_PRIO_PROTECT). A thread runs at the highest of
 * what it is lent, and if it waits for such a mutex itself, that one's owner in turn.
 *
 * With inheritance the mutex is __holder: the owner's address, and a bit that says somebody waits.
 * Without waiters both ways are one compare-and-swap. With some, all is decided under one spinlock
 * for all such mutexes: it is held for a few steps, and the chains of owners cross from mutex to
 * mutex. Unlocking hands the mutex to the most urgent waiter, so nobody less urgent can take it in
 * between.
 *
 * Lock order: lending -> futex bucket, lending -> run queue.
 */
#include "kernel/spinlock.h"
#include "libc/pthread/mutex.h"
#include <errno.h>

#define SOMEBODY_WAITS 1ul

/* On the waiter's stack, until granted is set. */
struct inherit_waiter {
	struct inherit_waiter *next; /* less urgent, or as urgent and later */
	struct pthread *thread;
	pthread_mutex_t *mutex;
	atomic_uint granted;
};

static struct spinlock lending = SPINLOCK_INIT;
static struct pthread nobody; /* owns what its owner left locked when it ended; has no thread */

static _Atomic unsigned long *holder_of(pthread_mutex_t *m)
{
	return (_Atomic unsigned long *)&m->__holder;
}

static struct pthread *owner_of(pthread_mutex_t *m)
{
	return (struct pthread *)(atomic_load(holder_of(m)) & ~SOMEBODY_WAITS);
}

/* All from here on under `lending`. */

static struct inherit_waiter *first_waiter(const pthread_mutex_t *m)
{
	return m->__waiters;
}

static void waiters_insert(pthread_mutex_t *m, struct inherit_waiter *w)
{
	struct inherit_waiter **at = (struct inherit_waiter **)&m->__waiters;

	while (*at && (*at)->thread->thread->priority >= w->thread->thread->priority)
		at = &(*at)->next;
	w->next = *at;
	*at = w;
}

static void waiters_remove(pthread_mutex_t *m, struct inherit_waiter *w)
{
	struct inherit_waiter **at = (struct inherit_waiter **)&m->__waiters;

	while (*at != w)
		at = &(*at)->next;
	*at = w->next;
}

static void boosting_add(struct pthread *p, pthread_mutex_t *m)
{
	m->__next_boosting = p->boosting;
	p->boosting = m;
}

static void boosting_remove(struct pthread *p, pthread_mutex_t *m)
{
	pthread_mutex_t **at = &p->boosting;

	while (*at && *at != m)
		at = &(*at)->__next_boosting;
	if (*at)
		*at = m->__next_boosting;
}

static enum thread_priority lends(const pthread_mutex_t *m)
{
	enum thread_priority most = PRIO_IDLE;

	if (m->__kind & MUTEX_PROTECT)
		most = PRIO_APP + m->__ceiling;
	if (first_waiter(m) && first_waiter(m)->thread->thread->priority > most)
		most = first_waiter(m)->thread->thread->priority;
	return most;
}

static enum thread_priority lent_to(const struct pthread *p)
{
	enum thread_priority most = PRIO_IDLE;

	for (const pthread_mutex_t *m = p->boosting; m; m = m->__next_boosting)
		if (lends(m) > most)
			most = lends(m);
	return most;
}

/*
 * What p is lent may have changed: so may what it lends. It ends where nothing changes, in a
 * deadlock's circle too.
 */
static void propagate(struct pthread *p)
{
	while (p && p != &nobody && p->lent != lent_to(p)) {
		p->lent = lent_to(p);
		thread_boost(p->thread, p->lent);
		if (!p->blocked)
			return;
		waiters_remove(p->blocked->mutex, p->blocked);
		waiters_insert(p->blocked->mutex, p->blocked);
		p = owner_of(p->blocked->mutex);
	}
}

/* Makes the caller the owner or, false, tells the owner that somebody waits. */
static bool take_or_mark(pthread_mutex_t *m)
{
	unsigned long holder = atomic_load(holder_of(m));

	for (;;) {
		unsigned long wanted = holder ? holder | SOMEBODY_WAITS : (unsigned long)self();

		if (atomic_compare_exchange_weak(holder_of(m), &holder, wanted))
			return !holder;
	}
}

static void wait_for(pthread_mutex_t *m, struct inherit_waiter *w)
{
	struct pthread *owner = owner_of(m);

	if (!first_waiter(m))
		boosting_add(owner, m);
	waiters_insert(m, w);
	w->thread->blocked = w;
	propagate(owner);
}

/* w goes without the mutex. */
static void give_up(pthread_mutex_t *m, struct inherit_waiter *w)
{
	struct pthread *owner = owner_of(m);

	waiters_remove(m, w);
	w->thread->blocked = NULL;
	if (!first_waiter(m)) {
		boosting_remove(owner, m);
		atomic_fetch_and(holder_of(m), ~SOMEBODY_WAITS);
	}
	propagate(owner);
}

/*
 * The most urgent waiter becomes the owner, if one is left, and runnable. Its stack is its own
 * again once granted is set.
 */
static void hand_over(pthread_mutex_t *m)
{
	struct inherit_waiter *w = first_waiter(m);
	struct pthread *heir;

	if (!w) {
		atomic_store(holder_of(m), 0);
		return;
	}
	heir = w->thread;
	m->__waiters = w->next;
	heir->blocked = NULL;
	atomic_store(holder_of(m), (unsigned long)heir | (w->next ? SOMEBODY_WAITS : 0));
	if (w->next)
		boosting_add(heir, m);
	propagate(heir);
	atomic_store(&w->granted, 1);
	futex_wake(&w->granted, 1);
}

/* From here on without it. */

bool inherit_trylock(pthread_mutex_t *m)
{
	unsigned long free = 0;

	return atomic_compare_exchange_strong(holder_of(m), &free, (unsigned long)self());
}

static int wait_granted(pthread_mutex_t *m, struct inherit_waiter *w, uint64_t deadline_ns)
{
	irq_state s;
	bool granted;

	while (!atomic_load(&w->granted) && futex_wait(&w->granted, 0, deadline_ns) != -ETIMEDOUT)
		;
	s = spin_lock(&lending);
	granted = atomic_load(&w->granted);
	if (!granted)
		give_up(m, w);
	spin_unlock(&lending, s);
	return granted ? 0 : ETIMEDOUT;
}

int inherit_lock(pthread_mutex_t *m, uint64_t deadline_ns)
{
	struct inherit_waiter w = { .thread = self(), .mutex = m };
	irq_state s;
	bool taken;

	if (inherit_trylock(m))
		return 0;
	s = spin_lock(&lending);
	taken = take_or_mark(m);
	if (!taken)
		wait_for(m, &w);
	spin_unlock(&lending, s);
	return taken ? 0 : wait_granted(m, &w, deadline_ns);
}

void inherit_unlock(pthread_mutex_t *m)
{
	unsigned long alone = (unsigned long)self();
	irq_state s;

	if (atomic_compare_exchange_strong(holder_of(m), &alone, 0))
		return;
	s = spin_lock(&lending);
	boosting_remove(self(), m);
	hand_over(m);
	propagate(self()); /* at last: a less urgent thread may well not run any more */
	spin_unlock(&lending, s);
}

void inherit_abandon(pthread_mutex_t *m)
{
	irq_state s = spin_lock(&lending);

	boosting_remove(self(), m);
	if (first_waiter(m))
		boosting_add(&nobody, m);
	m->__owner = &nobody;
	atomic_store(holder_of(m), (unsigned long)&nobody | (first_waiter(m) ? SOMEBODY_WAITS : 0));
	spin_unlock(&lending, s);
}

void inherit_priority_changed(struct pthread *p)
{
	irq_state s = spin_lock(&lending);

	if (p->blocked) {
		waiters_remove(p->blocked->mutex, p->blocked);
		waiters_insert(p->blocked->mutex, p->blocked);
		propagate(owner_of(p->blocked->mutex));
	}
	spin_unlock(&lending, s);
}

int protect_check(const pthread_mutex_t *m)
{
	return self()->thread->own_priority > (enum thread_priority)(PRIO_APP + m->__ceiling)
		       ? EINVAL
		       : 0;
}

void protect_raise(pthread_mutex_t *m)
{
	irq_state s = spin_lock(&lending);

	boosting_add(self(), m);
	propagate(self());
	spin_unlock(&lending, s);
}

void protect_leaving(pthread_mutex_t *m)
{
	irq_state s = spin_lock(&lending);

	boosting_remove(self(), m);
	spin_unlock(&lending, s);
}

void protect_lower(void)
{
	irq_state s = spin_lock(&lending);

	propagate(self());
	spin_unlock(&lending, s);
}
