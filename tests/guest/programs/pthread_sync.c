/* SPDX-License-Identifier: BSD-2-Clause */
/* Condition variables, reader-writer locks, barriers, spinlocks. */
#include "check.h"
#include "pthread_time.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#define THREADS 6

static void run_all(void *(*function)(void *), int n)
{
	pthread_t t[THREADS];

	for (intptr_t i = 0; i < n; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, function, (void *)i), 0);
	for (int i = 0; i < n; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
}

static int elsewhere(void *(*function)(void *), void *arg)
{
	pthread_t t;
	void *result = NULL;

	CHECK_EQ(pthread_create(&t, NULL, function, arg), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	return (int)(intptr_t)result;
}

/* --- condition variables --- */

#define ITEMS  3000
#define PLACES 4

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
static int buffer[PLACES], filled, put_at, take_at, items_taken;
static long sum_taken;

static void put(int item)
{
	pthread_mutex_lock(&mutex);
	while (filled == PLACES)
		CHECK_EQ(pthread_cond_wait(&not_full, &mutex), 0);
	buffer[put_at++ % PLACES] = item;
	filled++;
	pthread_cond_signal(&not_empty);
	pthread_mutex_unlock(&mutex);
}

static int take(void)
{
	int item;

	pthread_mutex_lock(&mutex);
	while (filled == 0)
		CHECK_EQ(pthread_cond_wait(&not_empty, &mutex), 0);
	item = buffer[take_at++ % PLACES];
	filled--;
	items_taken += item != 0;
	sum_taken += item;
	pthread_cond_signal(&not_full);
	pthread_mutex_unlock(&mutex);
	return item;
}

/* Half of them produce; a 0 is the end of one consumer. */
static void *produce_or_consume(void *arg)
{
	if ((intptr_t)arg % 2 == 0) {
		for (int i = 1; i <= ITEMS; i++)
			put(i);
		put(0);
	} else {
		while (take() != 0)
			;
	}
	return NULL;
}

static void check_producers(void)
{
	run_all(produce_or_consume, THREADS);
	CHECK_EQ(items_taken, ITEMS * THREADS / 2);
	CHECK_EQ(sum_taken, (long)ITEMS * (ITEMS + 1) / 2 * (THREADS / 2));
	CHECK_EQ(filled, 0);
}

struct round {
	pthread_mutex_t mutex;
	pthread_cond_t here, go;
	int waiting, number, woken;
};

static struct round round_;

static void *wait_rounds(void *unused)
{
	pthread_mutex_lock(&round_.mutex);
	for (int i = 0; i < 100; i++) {
		int mine = round_.number;

		if (++round_.waiting == THREADS)
			pthread_cond_signal(&round_.here);
		while (round_.number == mine)
			CHECK_EQ(pthread_cond_wait(&round_.go, &round_.mutex), 0);
		round_.woken++;
	}
	pthread_mutex_unlock(&round_.mutex);
	return unused;
}

/* All of them wait, one broadcast lets all go on, again and again. */
static void *broadcast_rounds(void *unlocked)
{
	pthread_mutex_lock(&round_.mutex);
	for (int i = 0; i < 100; i++) {
		while (round_.waiting < THREADS)
			pthread_cond_wait(&round_.here, &round_.mutex);
		round_.waiting = 0;
		round_.number++;
		if (unlocked)
			pthread_mutex_unlock(&round_.mutex);
		CHECK_EQ(pthread_cond_broadcast(&round_.go), 0);
		if (unlocked)
			pthread_mutex_lock(&round_.mutex);
	}
	pthread_mutex_unlock(&round_.mutex);
	return NULL;
}

static void check_broadcast(int type, int protocol, bool unlocked)
{
	pthread_mutexattr_t attr;
	pthread_t t;

	round_ = (struct round){ .number = 0 };
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, type);
	pthread_mutexattr_setprotocol(&attr, protocol);
	pthread_mutex_init(&round_.mutex, &attr);
	pthread_cond_init(&round_.here, NULL);
	pthread_cond_init(&round_.go, NULL);
	CHECK_EQ(pthread_create(&t, NULL, broadcast_rounds, unlocked ? &round_ : NULL), 0);
	run_all(wait_rounds, THREADS);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(round_.woken, 100 * THREADS);
	CHECK_EQ(pthread_cond_destroy(&round_.here), 0);
	CHECK_EQ(pthread_cond_destroy(&round_.go), 0);
	CHECK_EQ(pthread_mutex_destroy(&round_.mutex), 0);
}

static void check_timed_wait(clockid_t clock)
{
	struct timespec bad = { 0, 1000000000 }, at;
	pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
	pthread_condattr_t attr;
	clockid_t is = 99;
	pthread_cond_t c;
	int64_t before;

	CHECK_EQ(pthread_condattr_init(&attr), 0);
	CHECK_EQ(pthread_condattr_setclock(&attr, CLOCK_PROCESS_CPUTIME_ID), EINVAL);
	CHECK_EQ(pthread_condattr_setclock(&attr, clock), 0);
	CHECK_EQ(pthread_condattr_getclock(&attr, &is), 0);
	CHECK_EQ(is, clock);
	CHECK_EQ(pthread_cond_init(&c, &attr), 0);
	pthread_mutex_lock(&m);
	CHECK_EQ(pthread_cond_timedwait(&c, &m, &bad), EINVAL);
	before = clock_ms(CLOCK_MONOTONIC);
	at = in_ms(clock, 30);
	CHECK_EQ(pthread_cond_timedwait(&c, &m, &at), ETIMEDOUT);
	CHECK(clock_ms(CLOCK_MONOTONIC) - before >= 29);
	CHECK(clock_ns(clock) >= at.tv_sec * 1000000000ll + at.tv_nsec);
	CHECK_EQ(pthread_mutex_trylock(&m), EBUSY);
	CHECK_EQ(pthread_cond_timedwait(&c, &m, &at), ETIMEDOUT);
	at = in_ms(CLOCK_MONOTONIC, 5);
	CHECK_EQ(pthread_cond_clockwait(&c, &m, CLOCK_MONOTONIC, &at), ETIMEDOUT);
	pthread_mutex_unlock(&m);
	CHECK_EQ(pthread_cond_destroy(&c), 0);
	pthread_condattr_destroy(&attr);
}

static void *signal_soon(void *c)
{
	sleep_ms(10);
	pthread_mutex_lock(&mutex);
	pthread_cond_signal(c);
	pthread_mutex_unlock(&mutex);
	return NULL;
}

/* A recursive mutex is let go of entirely, and taken again as often as it was. */
static void check_depth(void)
{
	pthread_mutex_t m = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
	struct timespec at = in_ms(CLOCK_REALTIME, 10);
	pthread_cond_t c = PTHREAD_COND_INITIALIZER;

	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_mutex_lock(&m), 0);
	CHECK_EQ(pthread_cond_timedwait(&c, &m, &at), ETIMEDOUT);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(pthread_mutex_unlock(&m), 0);
	CHECK_EQ(pthread_mutex_unlock(&m), EPERM);
}

/* Whoever has woken the last waiter may destroy the condition variable. */
static void check_cond_freed(void)
{
	for (int i = 0; i < 30; i++) {
		pthread_cond_t *c = malloc(sizeof *c);
		struct timespec at = in_ms(CLOCK_REALTIME, 20000);
		pthread_t t;

		pthread_cond_init(c, NULL);
		pthread_mutex_lock(&mutex);
		pthread_create(&t, NULL, signal_soon, c);
		CHECK_EQ(pthread_cond_timedwait(c, &mutex, &at), 0);
		CHECK_EQ(pthread_cond_destroy(c), 0);
		pthread_mutex_unlock(&mutex);
		pthread_join(t, NULL);
		free(c);
	}
}

/* --- reader-writer locks --- */

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static atomic_int readers_inside, writers_inside;
static long written, written_again;

static void read_once(void)
{
	int n = atomic_fetch_add(&readers_inside, 1) + 1;

	CHECK_EQ(writers_inside, 0);
	CHECK_EQ(written, written_again);
	if (n == 1)
		sched_yield();
	atomic_fetch_sub(&readers_inside, 1);
}

static void write_once(void)
{
	CHECK_EQ(atomic_fetch_add(&writers_inside, 1), 0);
	CHECK_EQ(readers_inside, 0);
	written++;
	if (written % 16 == 0)
		sched_yield();
	written_again++;
	atomic_fetch_sub(&writers_inside, 1);
}

static void *read_and_write(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg;

	for (int i = 0; i < 2000; i++) {
		struct timespec at = in_ms(CLOCK_REALTIME, i % 3);

		seed = seed * 1103515245 + 12345;
		if ((seed >> 16) % 4 == 0) {
			if ((seed >> 20) % 4 || pthread_rwlock_timedwrlock(&rw, &at) != 0)
				CHECK_EQ(pthread_rwlock_wrlock(&rw), 0);
			write_once();
		} else {
			if ((seed >> 20) % 4 || pthread_rwlock_timedrdlock(&rw, &at) != 0)
				CHECK_EQ(pthread_rwlock_rdlock(&rw), 0);
			read_once();
		}
		CHECK_EQ(pthread_rwlock_unlock(&rw), 0);
	}
	return NULL;
}

static void *try_read(void *unused)
{
	int error = pthread_rwlock_tryrdlock(&rw);

	(void)unused;
	if (!error)
		pthread_rwlock_unlock(&rw);
	return (void *)(intptr_t)error;
}

static void *try_write(void *unused)
{
	int error = pthread_rwlock_trywrlock(&rw);

	(void)unused;
	if (!error)
		pthread_rwlock_unlock(&rw);
	return (void *)(intptr_t)error;
}

static void *timed_write(void *unused)
{
	struct timespec at = in_ms(CLOCK_REALTIME, 20);

	(void)unused;
	return (void *)(intptr_t)pthread_rwlock_timedwrlock(&rw, &at);
}

static void *timed_read(void *unused)
{
	struct timespec at = in_ms(CLOCK_MONOTONIC, 20);

	(void)unused;
	return (void *)(intptr_t)pthread_rwlock_clockrdlock(&rw, CLOCK_MONOTONIC, &at);
}

static void check_rwlock_states(void)
{
	CHECK_EQ(pthread_rwlock_rdlock(&rw), 0);
	CHECK_EQ(elsewhere(try_read, NULL), 0);
	CHECK_EQ(elsewhere(try_write, NULL), EBUSY);
	CHECK_EQ(elsewhere(timed_write, NULL), ETIMEDOUT);
	CHECK_EQ(elsewhere(try_read, NULL), 0);
	CHECK_EQ(pthread_rwlock_rdlock(&rw), 0);
	CHECK_EQ(pthread_rwlock_unlock(&rw), 0);
	CHECK_EQ(pthread_rwlock_unlock(&rw), 0);
	CHECK_EQ(pthread_rwlock_wrlock(&rw), 0);
	CHECK_EQ(pthread_rwlock_wrlock(&rw), EDEADLK);
	CHECK_EQ(pthread_rwlock_rdlock(&rw), EDEADLK);
	CHECK_EQ(elsewhere(try_read, NULL), EBUSY);
	CHECK_EQ(elsewhere(try_write, NULL), EBUSY);
	CHECK_EQ(elsewhere(timed_read, NULL), ETIMEDOUT);
	CHECK_EQ(pthread_rwlock_unlock(&rw), 0);
	CHECK_EQ(elsewhere(try_write, NULL), 0);
}

/* All readers are inside together. */
static void *meet_inside(void *b)
{
	CHECK_EQ(pthread_rwlock_rdlock(&rw), 0);
	pthread_barrier_wait(b);
	CHECK_EQ(pthread_rwlock_unlock(&rw), 0);
	return NULL;
}

static void check_read_together(void)
{
	pthread_barrier_t b;
	pthread_t t;

	pthread_barrier_init(&b, NULL, 2);
	CHECK_EQ(pthread_create(&t, NULL, meet_inside, &b), 0);
	meet_inside(&b);
	CHECK_EQ(pthread_join(t, NULL), 0);
	pthread_barrier_destroy(&b);
}

/* A reader may take the lock again although a writer waits behind it. */
static void *write_now(void *unused)
{
	CHECK_EQ(pthread_rwlock_wrlock(&rw), 0);
	CHECK_EQ(pthread_rwlock_unlock(&rw), 0);
	return unused;
}

static void check_read_again(void)
{
	pthread_t t;

	CHECK_EQ(pthread_rwlock_rdlock(&rw), 0);
	pthread_create(&t, NULL, write_now, NULL);
	sleep_ms(10);
	CHECK_EQ(pthread_rwlock_rdlock(&rw), 0);
	CHECK_EQ(pthread_rwlock_unlock(&rw), 0);
	CHECK_EQ(pthread_rwlock_unlock(&rw), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(pthread_rwlock_destroy(&rw), 0);
}

/* --- barriers --- */

static pthread_barrier_t barrier;
static atomic_int serial, arrived;

static void *meet(void *unused)
{
	for (int i = 0; i < 200; i++) {
		int got;

		atomic_fetch_add(&arrived, 1);
		got = pthread_barrier_wait(&barrier);
		CHECK(got == 0 || got == PTHREAD_BARRIER_SERIAL_THREAD);
		CHECK(arrived >= (i + 1) * THREADS);
		if (got)
			atomic_fetch_add(&serial, 1);
	}
	return unused;
}

/* The last one out may destroy it while the others are on their way. */
static void *meet_and_destroy(void *b)
{
	if (pthread_barrier_wait(b) == PTHREAD_BARRIER_SERIAL_THREAD) {
		CHECK_EQ(pthread_barrier_destroy(b), 0);
		free(b);
	}
	return NULL;
}

static void check_barrier(void)
{
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, 0), EINVAL);
	CHECK_EQ(pthread_barrier_init(&barrier, NULL, THREADS), 0);
	run_all(meet, THREADS);
	CHECK_EQ(serial, 200);
	CHECK_EQ(pthread_barrier_destroy(&barrier), 0);
	for (int i = 0; i < 50; i++) {
		pthread_barrier_t *b = malloc(sizeof *b);
		pthread_t t[2];

		pthread_barrier_init(b, NULL, 3);
		for (int j = 0; j < 2; j++)
			pthread_create(&t[j], NULL, meet_and_destroy, b);
		meet_and_destroy(b);
		for (int j = 0; j < 2; j++)
			pthread_join(t[j], NULL);
	}
}

/* --- spinlocks --- */

static pthread_spinlock_t spin;
static int counted;

static void *count(void *unused)
{
	for (int i = 0; i < 20000; i++) {
		if (i % 8 || pthread_spin_trylock(&spin) != 0)
			CHECK_EQ(pthread_spin_lock(&spin), 0);
		counted++;
		CHECK_EQ(pthread_spin_unlock(&spin), 0);
	}
	return unused;
}

static void check_spin(void)
{
	CHECK_EQ(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE), 0);
	run_all(count, THREADS);
	CHECK_EQ(counted, 20000 * THREADS);
	CHECK_EQ(pthread_spin_lock(&spin), 0);
	CHECK_EQ(pthread_spin_trylock(&spin), EBUSY);
	CHECK_EQ(pthread_spin_unlock(&spin), 0);
	CHECK_EQ(pthread_spin_destroy(&spin), 0);
}

int main(void)
{
	check_producers();
	check_broadcast(PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE, false);
	check_broadcast(PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_NONE, true);
	check_broadcast(PTHREAD_MUTEX_RECURSIVE, PTHREAD_PRIO_NONE, false);
	check_broadcast(PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PRIO_INHERIT, false);
	check_broadcast(PTHREAD_MUTEX_NORMAL, PTHREAD_PRIO_INHERIT, true);
	check_timed_wait(CLOCK_REALTIME);
	check_timed_wait(CLOCK_MONOTONIC);
	check_depth();
	check_cond_freed();
	check_rwlock_states();
	run_all(read_and_write, THREADS);
	CHECK_EQ(written, written_again);
	check_read_together();
	check_read_again();
	check_barrier();
	check_spin();
	return verdict();
}
