/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for each other: numbers go through a small box by two condition variables, half of the
 * workers putting and half of them taking, and none is lost or comes twice; and no more workers
 * than a semaphore lets in are inside at a time.
 */
#include "stress.h"
#include <errno.h>
#include <semaphore.h>

#define ROOM	 3u
#define TOKENS	 2u

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t more, less;
	bool closed;
	unsigned number[ROOM], count;
	uint64_t put, taken; /* sums */
} box;

static sem_t tokens;
static atomic_uint inside;

/* False: it took too long. */
static bool wait_for(struct worker *w, pthread_cond_t *cond)
{
	struct timespec at = soon(w, CLOCK_MONOTONIC, 3000);
	int error;

	if (chance(w, 2)) {
		HOLDS(pthread_cond_wait(cond, &box.mutex) == 0);
		return true;
	}
	error = pthread_cond_timedwait(cond, &box.mutex, &at);
	HOLDS(error == 0 || (error == ETIMEDOUT && is_past(CLOCK_MONOTONIC, &at)));
	return error == 0;
}

static void tell(struct worker *w, pthread_cond_t *cond)
{
	HOLDS((chance(w, 4) ? pthread_cond_signal : pthread_cond_broadcast)(cond) == 0);
}

static bool put(struct worker *w)
{
	while (box.count == ROOM && !box.closed)
		if (!wait_for(w, &box.less))
			return false;
	if (box.count == ROOM)
		return false;
	box.number[box.count] = chance(w, UINT32_MAX);
	box.put += box.number[box.count++];
	return true;
}

static bool take(struct worker *w)
{
	while (box.count == 0 && !box.closed)
		if (!wait_for(w, &box.more))
			return false;
	if (box.count == 0)
		return false;
	box.taken += box.number[--box.count];
	return true;
}

static uint64_t in_box(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < box.count; i++)
		sum += box.number[i];
	return sum;
}

static void use_box(struct worker *w)
{
	bool puts = w->number % 2, inside_it = chance(w, 2), done;
	pthread_cond_t *who = puts ? &box.more : &box.less;

	HOLDS(pthread_mutex_lock(&box.mutex) == 0);
	done = puts ? put(w) : take(w);
	HOLDS(box.count <= ROOM && box.put - box.taken == in_box());
	if (done && inside_it)
		tell(w, who);
	HOLDS(pthread_mutex_unlock(&box.mutex) == 0);
	if (done && !inside_it)
		tell(w, who);
}

static bool get_token(struct worker *w)
{
	struct timespec at = soon(w, CLOCK_REALTIME, 2000);

	switch (chance(w, 3)) {
	case 0:
		HOLDS(sem_wait(&tokens) == 0);
		return true;
	case 1:
		if (sem_trywait(&tokens) == 0)
			return true;
		HOLDS(errno == EAGAIN);
		return false;
	default:
		if (sem_timedwait(&tokens, &at) == 0)
			return true;
		HOLDS(errno == ETIMEDOUT && is_past(CLOCK_REALTIME, &at));
		return false;
	}
}

static void use_token(struct worker *w)
{
	if (!get_token(w))
		return;
	HOLDS(atomic_fetch_add(&inside, 1) < TOKENS);
	dawdle(w);
	HOLDS(atomic_fetch_sub(&inside, 1) <= TOKENS);
	HOLDS(sem_post(&tokens) == 0);
}

static void wait_round(struct worker *w)
{
	if (chance(w, 3))
		use_box(w);
	else
		use_token(w);
}

static void start(void)
{
	pthread_condattr_t attr;

	HOLDS(pthread_condattr_init(&attr) == 0);
	HOLDS(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
	HOLDS(pthread_mutex_init(&box.mutex, NULL) == 0);
	HOLDS(pthread_cond_init(&box.more, &attr) == 0);
	HOLDS(pthread_cond_init(&box.less, &attr) == 0);
	HOLDS(pthread_condattr_destroy(&attr) == 0);
	HOLDS(sem_init(&tokens, 0, TOKENS) == 0);
	box.closed = false;
}

static void stop(void)
{
	HOLDS(pthread_mutex_lock(&box.mutex) == 0);
	box.closed = true;
	HOLDS(pthread_cond_broadcast(&box.more) == 0);
	HOLDS(pthread_cond_broadcast(&box.less) == 0);
	HOLDS(pthread_mutex_unlock(&box.mutex) == 0);
}

static void finish(void)
{
	int left;

	HOLDS(box.put - box.taken == in_box());
	HOLDS(sem_getvalue(&tokens, &left) == 0 && left == (int)TOKENS);
	HOLDS(pthread_cond_destroy(&box.more) == 0);
	HOLDS(pthread_cond_destroy(&box.less) == 0);
	HOLDS(pthread_mutex_destroy(&box.mutex) == 0);
	HOLDS(sem_destroy(&tokens) == 0);
}

const struct part waits_part = {
	.name = "waits", .start = start, .round = wait_round, .stop = stop, .finish = finish,
};
