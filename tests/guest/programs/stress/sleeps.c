/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for nothing but a time, in every way there is: none of them ends early. */
#include "stress.h"
#include <errno.h>
#include <semaphore.h>

#define MOST_US 2000

static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER, mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t silent = PTHREAD_COND_INITIALIZER;
static sem_t never;

static void sleep_relative(struct worker *w)
{
	long ns = chance(w, MOST_US * 1000);
	int64_t from = clock_ns(CLOCK_MONOTONIC);

	HOLDS(nanosleep(&(struct timespec){ 0, ns }, NULL) == 0);
	HOLDS(clock_ns(CLOCK_MONOTONIC) - from >= ns);
}

static void sleep_absolute(struct worker *w)
{
	struct timespec at = soon(w, CLOCK_MONOTONIC, MOST_US);

	HOLDS(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == 0);
	HOLDS(is_past(CLOCK_MONOTONIC, &at));
}

static void wait_for_mutex(const struct timespec *at)
{
	HOLDS(pthread_mutex_timedlock(&held, at) == ETIMEDOUT);
}

static void wait_for_post(const struct timespec *at)
{
	HOLDS(sem_timedwait(&never, at) == -1 && errno == ETIMEDOUT);
}

static void wait_for_signal(const struct timespec *at)
{
	int error;

	HOLDS(pthread_mutex_lock(&mutex) == 0);
	do
		error = pthread_cond_timedwait(&silent, &mutex, at);
	while (error == 0);
	HOLDS(error == ETIMEDOUT);
	HOLDS(pthread_mutex_unlock(&mutex) == 0);
}

static void wait_in_vain(struct worker *w)
{
	static void (*const ways[])(const struct timespec *) = { wait_for_mutex, wait_for_post,
								 wait_for_signal };
	struct timespec at = soon(w, CLOCK_REALTIME, MOST_US);

	ways[chance(w, 3)](&at);
	HOLDS(is_past(CLOCK_REALTIME, &at));
}

static void sleep_round(struct worker *w)
{
	switch (chance(w, 4)) {
	case 0:
		sleep_relative(w);
		break;
	case 1:
		sleep_absolute(w);
		break;
	default:
		wait_in_vain(w);
	}
}

static void start(void)
{
	HOLDS(sem_init(&never, 0, 0) == 0);
	HOLDS(pthread_mutex_lock(&held) == 0);
}

static void finish(void)
{
	HOLDS(pthread_mutex_unlock(&held) == 0);
	HOLDS(sem_destroy(&never) == 0);
}

const struct part sleeps_part = {
	.name = "sleeps", .start = start, .round = sleep_round, .finish = finish,
};
