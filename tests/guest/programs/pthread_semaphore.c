/* SPDX-License-Identifier: BSD-2-Clause */
/* Semaphores, unnamed and named. */
#include "check.h"
#include "pthread_time.h"
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#define THREADS 6
#define ROUNDS  1000

static sem_t places, ready, results;
static atomic_int inside;

static int value_of(sem_t *s)
{
	int value = -1;

	CHECK_EQ(sem_getvalue(s, &value), 0);
	return value;
}

static void *enter_and_leave(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(sem_wait(&places), 0);
		CHECK(atomic_fetch_add(&inside, 1) < 2);
		if ((i + (intptr_t)arg) % 16 == 0)
			sched_yield();
		atomic_fetch_sub(&inside, 1);
		CHECK_EQ(sem_post(&places), 0);
	}
	return NULL;
}

static void check_counting(void)
{
	pthread_t t[THREADS];

	CHECK_EQ(sem_init(&places, 0, 2), 0);
	for (intptr_t i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, enter_and_leave, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(value_of(&places), 2);
	CHECK_EQ(sem_destroy(&places), 0);
}

static void *answer(void *unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(sem_wait(&ready), 0);
		CHECK_EQ(sem_post(&results), 0);
	}
	return unused;
}

static void check_ping_pong(void)
{
	pthread_t t;

	CHECK_EQ(sem_init(&ready, 0, 0), 0);
	CHECK_EQ(sem_init(&results, 0, 0), 0);
	pthread_create(&t, NULL, answer, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		CHECK_EQ(sem_post(&ready), 0);
		CHECK_EQ(sem_wait(&results), 0);
	}
	pthread_join(t, NULL);
	CHECK_EQ(value_of(&ready), 0);
	CHECK_EQ(value_of(&results), 0);
}

static void check_edges(void)
{
	struct timespec at, bad = { 0, -1 };
	int64_t before = clock_ms(CLOCK_MONOTONIC);
	sem_t s;

	CHECK_ERRNO(sem_init(&s, 0, SEM_VALUE_MAX + 1u), EINVAL);
	CHECK_EQ(sem_init(&s, 0, 1), 0);
	CHECK_EQ(sem_timedwait(&s, &bad), 0);
	CHECK_ERRNO(sem_timedwait(&s, &bad), EINVAL);
	CHECK_ERRNO(sem_trywait(&s), EAGAIN);
	at = in_ms(CLOCK_REALTIME, 20);
	CHECK_ERRNO(sem_timedwait(&s, &at), ETIMEDOUT);
	CHECK(clock_ms(CLOCK_MONOTONIC) - before >= 19);
	at = in_ms(CLOCK_MONOTONIC, 5);
	CHECK_ERRNO(sem_clockwait(&s, CLOCK_MONOTONIC, &at), ETIMEDOUT);
	CHECK_EQ(sem_post(&s), 0);
	CHECK_EQ(sem_trywait(&s), 0);
	CHECK_EQ(sem_destroy(&s), 0);
	CHECK_EQ(sem_init(&s, 0, SEM_VALUE_MAX), 0);
	CHECK_ERRNO(sem_post(&s), EOVERFLOW);
}

static void *post_later(void *name)
{
	sem_t *s = sem_open(name, 0);

	CHECK(s != SEM_FAILED);
	sleep_ms(5);
	CHECK_EQ(sem_post(s), 0);
	CHECK_EQ(sem_close(s), 0);
	return NULL;
}

static void check_named(void)
{
	char name[] = "/a-semaphore";
	sem_t *s, *again;
	pthread_t t;

	sem_unlink(name);
	CHECK(sem_open(name, 0) == SEM_FAILED && errno == ENOENT);
	s = sem_open(name, O_CREAT | O_EXCL, 0600, 1);
	CHECK(s != SEM_FAILED);
	CHECK(sem_open(name, O_CREAT | O_EXCL, 0600, 1) == SEM_FAILED && errno == EEXIST);
	again = sem_open(name, O_CREAT, 0600, 7);
	CHECK(again == s);
	CHECK_EQ(value_of(s), 1);
	CHECK_EQ(sem_wait(s), 0);
	pthread_create(&t, NULL, post_later, name);
	CHECK_EQ(sem_wait(s), 0);
	pthread_join(t, NULL);
	CHECK_EQ(sem_unlink(name), 0);
	CHECK_ERRNO(sem_unlink(name), ENOENT);
	CHECK_EQ(sem_post(s), 0);
	CHECK_EQ(value_of(again), 1);
	CHECK_EQ(sem_close(again), 0);
	CHECK_EQ(sem_close(s), 0);
	CHECK(sem_open(name, 0) == SEM_FAILED && errno == ENOENT);
}

int main(void)
{
	check_counting();
	check_ping_pong();
	check_edges();
	check_named();
	return verdict();
}
