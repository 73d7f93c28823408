/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutexes of four kinds, taken in every way there is. What a mutex guards changes in two steps that
 * nobody else may see the middle of, and in the end as often as its mutex was had.
 */
#define _GNU_SOURCE 1
#include "stress.h"
#include <errno.h>

enum kind { NORMAL, RECURSIVE, ERRORCHECK, INHERIT, KINDS };

static struct guarded {
	pthread_mutex_t mutex;
	unsigned long first, second; /* equal, but while one of us changes them */
	atomic_ulong changes;
} guarded[KINDS];

static void change(struct worker *w, struct guarded *g)
{
	HOLDS(g->first == g->second);
	g->first++;
	dawdle(w);
	g->second++;
	atomic_fetch_add(&g->changes, 1);
}

static bool take_by(struct worker *w, struct guarded *g)
{
	struct timespec at = soon(w, CLOCK_REALTIME, 1500);
	int error = pthread_mutex_timedlock(&g->mutex, &at);

	HOLDS(error == 0 || (error == ETIMEDOUT && is_past(CLOCK_REALTIME, &at)));
	return error == 0;
}

static bool take_if_free(struct guarded *g)
{
	int error = pthread_mutex_trylock(&g->mutex);

	HOLDS(error == 0 || error == EBUSY);
	return error == 0;
}

static bool take(struct worker *w, struct guarded *g)
{
	switch (chance(w, 4)) {
	case 0:
		return take_by(w, g);
	case 1:
		return take_if_free(g);
	default:
		HOLDS(pthread_mutex_lock(&g->mutex) == 0);
		return true;
	}
}

/* What this kind of mutex answers its owner who wants it again. */
static void take_again(struct worker *w, enum kind kind)
{
	struct guarded *g = &guarded[kind];

	if (kind == RECURSIVE) {
		HOLDS(pthread_mutex_lock(&g->mutex) == 0);
		change(w, g);
		HOLDS(pthread_mutex_unlock(&g->mutex) == 0);
	} else if (kind == ERRORCHECK) {
		HOLDS(pthread_mutex_lock(&g->mutex) == EDEADLK);
	} else {
		HOLDS(pthread_mutex_trylock(&g->mutex) == EBUSY);
	}
}

static void lock_and_unlock(struct worker *w)
{
	enum kind kind = chance(w, KINDS);
	struct guarded *g = &guarded[kind];

	if (kind == ERRORCHECK)
		HOLDS(pthread_mutex_unlock(&g->mutex) == EPERM);
	if (!take(w, g))
		return;
	change(w, g);
	take_again(w, kind);
	HOLDS(g->first == g->second);
	HOLDS(pthread_mutex_unlock(&g->mutex) == 0);
}

static void start(void)
{
	static const int types[KINDS] = { PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE,
					  PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_NORMAL };

	for (enum kind kind = 0; kind < KINDS; kind++) {
		pthread_mutexattr_t attr;

		HOLDS(pthread_mutexattr_init(&attr) == 0);
		HOLDS(pthread_mutexattr_settype(&attr, types[kind]) == 0);
		if (kind == INHERIT)
			HOLDS(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT) == 0);
		HOLDS(pthread_mutex_init(&guarded[kind].mutex, &attr) == 0);
		HOLDS(pthread_mutexattr_destroy(&attr) == 0);
	}
}

static void finish(void)
{
	for (struct guarded *g = guarded; g < guarded + KINDS; g++) {
		HOLDS(g->first == atomic_load(&g->changes) && g->second == g->first);
		HOLDS(pthread_mutex_destroy(&g->mutex) == 0);
	}
}

const struct part locks_part = {
	.name = "locks", .start = start, .round = lock_and_unlock, .finish = finish,
};
