/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two threads on one CPU take turns: by sched_yield(), by a mutex and a condition variable, by semaphores (a futex wake
 * each). And what a lock costs that nobody else wants.
 */
#define _GNU_SOURCE
#include "timing.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static sem_t ping, pong;
static unsigned turn;

/* Both sides do `times` halves of the work. */
static void with_peer(void *(*side)(void *), unsigned times)
{
	unsigned sides[2][2] = { { 0, times }, { 1, times } };
	pthread_t peer;

	pthread_create(&peer, NULL, side, sides[1]);
	side(sides[0]);
	pthread_join(peer, NULL);
}

static void *yield_side(void *arg)
{
	for (unsigned i = ((unsigned *)arg)[1]; i > 0; i--)
		sched_yield();
	return NULL;
}

static void *mutex_side(void *arg)
{
	unsigned self = ((unsigned *)arg)[0];

	for (unsigned i = ((unsigned *)arg)[1]; i > 0; i--) {
		pthread_mutex_lock(&mutex);
		while (turn != self)
			pthread_cond_wait(&turned, &mutex);
		turn = !self;
		pthread_cond_signal(&turned);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

static void *semaphore_side(void *arg)
{
	unsigned self = ((unsigned *)arg)[0];

	for (unsigned i = ((unsigned *)arg)[1]; i > 0; i--) {
		sem_wait(self ? &pong : &ping);
		sem_post(self ? &ping : &pong);
	}
	return NULL;
}

static void yields(unsigned times)
{
	with_peer(yield_side, times / 2);
}

static void mutex_turns(unsigned times)
{
	turn = 0;
	with_peer(mutex_side, times / 2);
}

static void semaphore_turns(unsigned times)
{
	sem_init(&ping, 0, 1);
	sem_init(&pong, 0, 0);
	with_peer(semaphore_side, times / 2);
}

static void uncontended(unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		pthread_mutex_lock(&mutex);
		pthread_mutex_unlock(&mutex);
	}
}

void bench_switches(void)
{
	measure("yield", 20000, yields);
	measure("mutex-hand-over", 10000, mutex_turns);
	measure("futex-wake", 10000, semaphore_turns);
	measure("mutex-uncontended", 100000, uncontended);
}
