/* SPDX-License-Identifier: BSD-2-Clause */
/* <threads.h> */
#include "check.h"
#include "pthread_time.h"
#include <stdatomic.h>
#include <threads.h>

#define THREADS 4

static mtx_t mutex;
static cnd_t changed;
static tss_t key;
static once_flag once = ONCE_FLAG_INIT;
static atomic_int once_runs, destroyed;
static int turn;
static thread_local int mine = 5;

static void run_once(void)
{
	atomic_fetch_add(&once_runs, 1);
}

static void destroy(void *value)
{
	atomic_fetch_add(&destroyed, *(int *)value);
}

/* One after the other, in their order. */
static int take_turn(void *arg)
{
	int number = *(int *)arg;

	call_once(&once, run_once);
	CHECK_EQ(tss_set(key, arg), thrd_success);
	CHECK_EQ(mtx_lock(&mutex), thrd_success);
	while (turn != number)
		CHECK_EQ(cnd_wait(&changed, &mutex), thrd_success);
	turn++;
	mine += number;
	CHECK_EQ(cnd_broadcast(&changed), thrd_success);
	CHECK_EQ(mtx_unlock(&mutex), thrd_success);
	CHECK(tss_get(key) == arg);
	if (number % 2)
		thrd_exit(mine);
	return mine;
}

static int try_lock(void *m)
{
	struct timespec at = in_ms(CLOCK_REALTIME, 10);

	CHECK_EQ(mtx_trylock(m), thrd_busy);
	CHECK_EQ(mtx_timedlock(m, &at), thrd_timedout);
	return 0;
}

static void check_turns(void)
{
	int numbers[THREADS], result;
	thrd_t t[THREADS];

	for (int i = THREADS - 1; i >= 0; i--) {
		numbers[i] = i;
		CHECK_EQ(thrd_create(&t[i], take_turn, &numbers[i]), thrd_success);
	}
	for (int i = 0; i < THREADS; i++) {
		CHECK_EQ(thrd_join(t[i], &result), thrd_success);
		CHECK_EQ(result, 5 + i);
	}
	CHECK_EQ(turn, THREADS);
	CHECK_EQ(once_runs, 1);
	CHECK_EQ(destroyed, 0 + 1 + 2 + 3);
	CHECK_EQ(mine, 5);
}

static void check_locks(void)
{
	struct timespec at = in_ms(CLOCK_REALTIME, 10);
	mtx_t m;
	thrd_t t;

	CHECK_EQ(mtx_init(&m, mtx_timed | mtx_recursive), thrd_success);
	CHECK_EQ(mtx_lock(&m), thrd_success);
	CHECK_EQ(mtx_trylock(&m), thrd_success);
	CHECK_EQ(thrd_create(&t, try_lock, &m), thrd_success);
	CHECK_EQ(thrd_join(t, NULL), thrd_success);
	CHECK_EQ(mtx_unlock(&m), thrd_success);
	CHECK_EQ(mtx_unlock(&m), thrd_success);
	mtx_destroy(&m);
	CHECK_EQ(mtx_lock(&mutex), thrd_success);
	CHECK_EQ(cnd_timedwait(&changed, &mutex, &at), thrd_timedout);
	CHECK_EQ(mtx_unlock(&mutex), thrd_success);
}

int main(void)
{
	CHECK_EQ(mtx_init(&mutex, mtx_plain), thrd_success);
	CHECK_EQ(cnd_init(&changed), thrd_success);
	CHECK_EQ(tss_create(&key, destroy), thrd_success);
	check_turns();
	check_locks();
	CHECK(thrd_equal(thrd_current(), thrd_current()));
	CHECK_EQ(thrd_sleep(&(struct timespec){ 0, 1000000 }, NULL), 0);
	CHECK(thrd_sleep(&(struct timespec){ 0, -1 }, NULL) < -1);
	thrd_yield();
	tss_delete(key);
	cnd_destroy(&changed);
	mtx_destroy(&mutex);
	return verdict();
}
