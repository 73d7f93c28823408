/* SPDX-License-Identifier: BSD-2-Clause */
/* Mutexes of every kind, alone and fought for; deadlines; dying owners; lent priorities. */
#include "check.h"
#include "pthread_time.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

struct kind {
	int type, robust, protocol;
};

static void make(pthread_mutex_t *m, struct kind kind)
{
	pthread_mutexattr_t attr;

	CHECK_EQ(pthread_mutexattr_init(&attr), 0);
	CHECK_EQ(pthread_mutexattr_settype(&attr, kind.type), 0);
	CHECK_EQ(pthread_mutexattr_setrobust(&attr, kind.robust), 0);
	CHECK_EQ(pthread_mutexattr_setprotocol(&attr, kind.protocol), 0);
	CHECK_EQ(pthread_mutex_init(m, &attr), 0);
	CHECK_EQ(pthread_mutexattr_destroy(&attr), 0);
}

static void *try_other(void *m)
{
	int error = pthread_mutex_trylock(m);

	if (!error)
		pthread_mutex_unlock(m);
	return (void *)(intptr_t)error;
}

static void *unlock_other(void *m)
{
	return (void *)(intptr_t)pthread_mutex_unlock(m);
}

/* What a thread other than the caller gets from function(m). */
static int elsewhere(void *(*function)(void *), pthread_mutex_t *m)
{
	pthread_t t;
	void *result;

	CHECK_EQ(pthread_create(&t, NULL, function, m), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	return (int)(intptr_t)result;
}

/* --- alone --- */

static void check_alone(struct kind kind)
{
	bool recursive = kind.type == PTHREAD_MUTEX_RECURSIVE;
	bool checks = kind.type == PTHREAD_MUTEX_ERRORCHECK;
	bool inherits = kind.protocol == PTHREAD_PRIO_INHERIT;
	struct timespec past = in_ms(CLOCK_REALTIME, 0), bad = { 0, -1 };
	pthread_mutex_t m;
	int error;

	make(&m, kind);
	CHECK_EQ(pthread_mutex_lock(&m), 0);
	CHECK_EQ(elsewhere(try_other, &m), EBUSY);
	error = pthread_mutex_trylock(&m);
	/* Linux says EDEADLK of some. */
	CHECK(error == (recursive ? 0 : EBUSY) || (error == EDEADLK && !recursive));
	if (recursive) {
		CHECK_EQ(pthread_mutex_lock(&m), 0);
		CHECK_EQ(pthread_mutex_unlock(&m), 0);
		CHECK_EQ(pthread_mutex_unlock(&m), 0);
		CHECK_EQ(elsewhere(try_other, &m), EBUSY);
	}
	if (checks)
		CHECK_EQ(pthread_mutex_lock(&m), EDEADLK);
	if (checks || recursive)
		CHECK_EQ(elsewhere(unlock_other, &m), EPERM);
	if (!checks && !recursive && !inherits)
		CHECK_EQ(pthread_mutex_timedlock(&m, &past), ETIMEDOUT);
	CHECK_EQ(pthread_mutex_unlock(&m), 0);
	if (checks || recursive)
		CHECK_EQ(pthread_mutex_unlock(&m), EPERM);
	CHECK_EQ(pthread_mutex_timedlock(&m, &bad), 0);
	CHECK_EQ(pthread_mutex_unlock(&m), 0);
	CHECK_EQ(elsewhere(try_other, &m), 0);
	CHECK_EQ(pthread_mutex_destroy(&m), 0);
}

/* --- fought for --- */

#define FIGHTERS 6
#define ROUNDS   2000

static pthread_mutex_t fought_for;
static volatile unsigned inside, total;

static void *fight(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;

	for (int i = 0; i < ROUNDS; i++) {
		struct timespec t = in_ms(CLOCK_REALTIME, 10000);

		if (i % 16 == 0)
			CHECK_EQ(pthread_mutex_timedlock(&fought_for, &t), 0);
		else
			CHECK_EQ(pthread_mutex_lock(&fought_for), 0);
		CHECK_EQ(inside, 0);
		inside++;
		total++;
		seed = seed * 1103515245 + 12345;
		if ((seed >> 16) % 8 == 0)
			sched_yield();
		if ((seed >> 16) % 256 == 1)
			sleep_ms(1);
		inside--;
		CHECK_EQ(pthread_mutex_unlock(&fought_for), 0);
	}
	return NULL;
}

static void check_fought(struct kind kind)
{
	pthread_t t[FIGHTERS];

	make(&fought_for, kind);
	total = 0;
	for (uintptr_t i = 0; i < FIGHTERS; i++)
		pthread_create(&t[i], NULL, fight, (void *)i);
	for (int i = 0; i < FIGHTERS; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(total, FIGHTERS * ROUNDS);
	CHECK_EQ(pthread_mutex_destroy(&fought_for), 0);
}

/* --- deadlines --- */

static void *time_out(void *m)
{
	struct timespec real = in_ms(CLOCK_REALTIME, 20), mono, bad = { 0, 1000000000 };
	struct timespec before, after;
	long ms;

	clock_gettime(CLOCK_MONOTONIC, &before);
	CHECK_EQ(pthread_mutex_timedlock(m, &real), ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &after);
	ms = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
	CHECK(ms >= 18 && ms < 5000);
	mono = in_ms(CLOCK_MONOTONIC, 10);
	CHECK_EQ(pthread_mutex_clocklock(m, CLOCK_MONOTONIC, &mono), ETIMEDOUT);
	CHECK_EQ(pthread_mutex_timedlock(m, &bad), EINVAL);
	return NULL;
}

static void check_deadlines(struct kind kind)
{
	pthread_mutex_t m;

	make(&m, kind);
	pthread_mutex_lock(&m);
	elsewhere(time_out, &m);
	pthread_mutex_unlock(&m);
	CHECK_EQ(elsewhere(try_other, &m), 0);
	CHECK_EQ(pthread_mutex_destroy(&m), 0);
}

/* --- owners that die --- */

static void *die_with(void *m)
{
	CHECK_EQ(pthread_mutex_lock(m), 0);
	return NULL;
}

static void *die_slowly_with(void *m)
{
	CHECK_EQ(pthread_mutex_lock(m), 0);
	sleep_ms(20);
	return NULL;
}

static void *lock_and_tell(void *m)
{
	return (void *)(intptr_t)pthread_mutex_lock(m);
}

static void check_robust(struct kind kind)
{
	pthread_mutex_t m;
	pthread_t dying, waiting;
	void *result;

	make(&m, kind);
	elsewhere(die_with, &m);
	CHECK_EQ(pthread_mutex_lock(&m), EOWNERDEAD);
	CHECK_EQ(elsewhere(try_other, &m), EBUSY);
	CHECK_EQ(pthread_mutex_consistent(&m), 0);
	CHECK_EQ(pthread_mutex_consistent(&m), EINVAL);
	CHECK_EQ(pthread_mutex_unlock(&m), 0);
	CHECK_EQ(elsewhere(try_other, &m), 0);
	elsewhere(die_with, &m);
	CHECK_EQ(pthread_mutex_trylock(&m), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_unlock(&m), 0);
	CHECK_EQ(pthread_mutex_lock(&m), ENOTRECOVERABLE);
	CHECK_EQ(pthread_mutex_trylock(&m), ENOTRECOVERABLE);
	CHECK_EQ(pthread_mutex_destroy(&m), 0);

	/* The heir dies as well, and a waiter is there already. */
	make(&m, kind);
	pthread_create(&dying, NULL, die_slowly_with, &m);
	sleep_ms(5);
	pthread_create(&waiting, NULL, lock_and_tell, &m);
	pthread_join(dying, NULL);
	pthread_join(waiting, &result);
	CHECK_EQ((intptr_t)result, EOWNERDEAD);
	CHECK_EQ(pthread_mutex_lock(&m), EOWNERDEAD);
	CHECK_EQ(pthread_mutex_consistent(&m), 0);
	CHECK_EQ(pthread_mutex_unlock(&m), 0);
	CHECK_EQ(pthread_mutex_destroy(&m), 0);
}

#ifndef __linux__
static void *wait_in_vain(void *m)
{
	struct timespec at = in_ms(CLOCK_REALTIME, 60);

	CHECK_EQ(pthread_mutex_timedlock(m, &at), ETIMEDOUT);
	return NULL;
}

/* Nobody will unlock it. Later threads, some of them where the dead owner's data was, are not its owner. */
static void check_left_locked(struct kind kind)
{
	pthread_mutex_t m;
	pthread_t dying, waiting;

	make(&m, kind);
	CHECK_EQ(pthread_create(&dying, NULL, die_slowly_with, &m), 0);
	sleep_ms(5);
	CHECK_EQ(pthread_create(&waiting, NULL, wait_in_vain, &m), 0);
	CHECK_EQ(pthread_join(dying, NULL), 0);
	for (int i = 0; i < 4; i++)
		CHECK_EQ(elsewhere(try_other, &m), EBUSY);
	elsewhere(wait_in_vain, &m);
	CHECK_EQ(pthread_join(waiting, NULL), 0);
	CHECK_EQ(pthread_mutex_destroy(&m), EBUSY);
}
#endif

/* --- priorities --- */

static pthread_mutex_t lent;
static atomic_bool low_has_it, high_wants_it, spin_over;
static atomic_int order, low_done_at, high_done_at, spinner_done_at;

static void *low(void *unused)
{
	pthread_mutex_lock(&lent);
	atomic_store(&low_has_it, true);
	while (!atomic_load(&high_wants_it))
		sleep_ms(1);
	sleep_ms(30); /* until the spinner would run, but for the priority lent */
	for (volatile int i = 0; i < 100000; i++)
		;
	atomic_store(&low_done_at, atomic_fetch_add(&order, 1) + 1);
	pthread_mutex_unlock(&lent);
	return unused;
}

static void *high(void *unused)
{
	atomic_store(&high_wants_it, true);
	pthread_mutex_lock(&lent);
	atomic_store(&high_done_at, atomic_fetch_add(&order, 1) + 1);
	pthread_mutex_unlock(&lent);
	atomic_store(&spin_over, true);
	return unused;
}

/* More urgent than low, less than high: without inheritance low never runs, nor high. */
static void *spinner(void *unused)
{
	struct timespec end = in_ms(CLOCK_MONOTONIC, 5000), now;

	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while (!atomic_load(&spin_over) && now.tv_sec < end.tv_sec);
	atomic_store(&spinner_done_at, atomic_fetch_add(&order, 1) + 1);
	return unused;
}

static void *spinner_later(void *unused)
{
	sleep_ms(10);
	return spinner(unused);
}

static pthread_t create_at(int priority, void *(*function)(void *))
{
	struct sched_param param = { .sched_priority = priority };
	pthread_attr_t attr;
	pthread_t t;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	pthread_attr_init(&attr);
	pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
	pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
	pthread_attr_setschedparam(&attr, &param);
	CHECK_EQ(pthread_attr_setaffinity_np(&attr, sizeof one, &one), 0);
	CHECK_EQ(pthread_create(&t, &attr, function, NULL), 0);
	pthread_attr_destroy(&attr);
	return t;
}

static void check_inheritance(void)
{
	pthread_t t[3];

	make(&lent, (struct kind){ .protocol = PTHREAD_PRIO_INHERIT });
	t[0] = create_at(2, low);
	while (!atomic_load(&low_has_it))
		sleep_ms(1);
	t[1] = create_at(5, spinner_later);
	t[2] = create_at(9, high);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(low_done_at, 1);
	CHECK_EQ(high_done_at, 2);
	CHECK_EQ(spinner_done_at, 3);
	CHECK_EQ(pthread_mutex_destroy(&lent), 0);
}

static atomic_int turns;

static void *take_turn(void *unused)
{
	struct sched_param param;
	int policy;

	pthread_getschedparam(pthread_self(), &policy, &param);
	pthread_mutex_lock(&lent);
	atomic_store(&turns, atomic_load(&turns) * 10 + param.sched_priority);
	pthread_mutex_unlock(&lent);
	return unused;
}

/* The most urgent waiter is next. */
static void check_order(int protocol)
{
	pthread_t t[3];
	int priority[] = { 3, 1, 7 };

	make(&lent, (struct kind){ .protocol = protocol });
	atomic_store(&turns, 0);
	pthread_mutex_lock(&lent);
	for (int i = 0; i < 3; i++)
		t[i] = create_at(priority[i], take_turn);
	sleep_ms(20);
	pthread_mutex_unlock(&lent);
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(turns, 731);
	CHECK_EQ(pthread_mutex_destroy(&lent), 0);
}

#ifndef __linux__ /* whose ceilings are for SCHED_FIFO threads only */
static void check_ceiling(void)
{
	struct sched_param param = { .sched_priority = 9 };
	pthread_mutexattr_t attr;
	pthread_mutex_t m;
	int ceiling;

	pthread_mutexattr_init(&attr);
	CHECK_EQ(pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_PROTECT), 0);
	CHECK_EQ(pthread_mutexattr_setprioceiling(&attr, 5), 0);
	CHECK_EQ(pthread_mutex_init(&m, &attr), 0);
	CHECK_EQ(pthread_mutex_getprioceiling(&m, &ceiling), 0);
	CHECK_EQ(ceiling, 5);
	CHECK_EQ(pthread_mutex_lock(&m), 0);
	CHECK_EQ(elsewhere(try_other, &m), EBUSY);
	CHECK_EQ(pthread_mutex_unlock(&m), 0);
	CHECK_EQ(pthread_setschedparam(pthread_self(), SCHED_RR, &param), 0);
	CHECK_EQ(pthread_mutex_lock(&m), EINVAL);
	param.sched_priority = 0;
	CHECK_EQ(pthread_setschedparam(pthread_self(), SCHED_OTHER, &param), 0);
	CHECK_EQ(pthread_mutex_setprioceiling(&m, 8, &ceiling), 0);
	CHECK_EQ(ceiling, 5);
	CHECK_EQ(pthread_mutex_destroy(&m), 0);
	pthread_mutexattr_destroy(&attr);
}
#endif

/* Unlocking does not touch a mutex that the next owner may have freed. */
static void *free_after(void *m)
{
	pthread_mutex_lock(m);
	pthread_mutex_unlock(m);
	pthread_mutex_destroy(m);
	free(m);
	return NULL;
}

static void check_freed_by_next_owner(struct kind kind)
{
	for (int i = 0; i < 100; i++) {
		pthread_mutex_t *m = malloc(sizeof *m);
		pthread_t t;

		make(m, kind);
		pthread_mutex_lock(m);
		pthread_create(&t, NULL, free_after, m);
		if (i % 2)
			sched_yield();
		pthread_mutex_unlock(m);
		pthread_join(t, NULL);
	}
}

int main(void)
{
	static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
	static const int types[] = {
		PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK,
	};

	for (int i = 0; i < 12; i++) {
		struct kind kind = {
			types[i % 3], i / 3 % 2 ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED,
			i / 6 ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE,
		};

		check_alone(kind);
		check_fought(kind);
		check_deadlines(kind);
		if (kind.robust == PTHREAD_MUTEX_ROBUST)
			check_robust(kind);
#ifndef __linux__ /* whose libc has an assertion against it */
		else if (kind.protocol == PTHREAD_PRIO_INHERIT)
			check_left_locked(kind);
#endif
		check_freed_by_next_owner(kind);
	}
	CHECK_EQ(pthread_mutex_lock(&recursive), 0);
	CHECK_EQ(pthread_mutex_lock(&recursive), 0);
	CHECK_EQ(pthread_mutex_unlock(&recursive), 0);
	CHECK_EQ(pthread_mutex_unlock(&recursive), 0);
	check_inheritance();
	check_order(PTHREAD_PRIO_INHERIT);
	check_order(PTHREAD_PRIO_NONE);
#ifndef __linux__
	check_ceiling();
#endif
	return verdict();
}
