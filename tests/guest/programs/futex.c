/* SPDX-License-Identifier: BSD-2-Clause */
/* The one wait primitive and what stands on it, under contention. */
#include "check.h"
#include "kernel/clock.h"
#include "kernel/mutex.h"
#include "kernel/thread.h"
#include "kernel/wait.h"
#include <stdint.h>

#define THREADS    4
#define INCREMENTS 20000
#define EXCHANGES  20000
#define MS         1000000ull

static struct mutex mutex = MUTEX_INIT;
static volatile unsigned counter;

static void run_all(void (*entry)(void *), unsigned n)
{
	struct thread *threads[THREADS];

	for (uintptr_t i = 0; i < n; i++) {
		threads[i] = thread_create("worker", PRIO_APP, 0, entry, (void *)i);
		CHECK(threads[i]);
	}
	for (unsigned i = 0; i < n; i++)
		thread_join(threads[i]);
}

static void increment(void *unused)
{
	(void)unused;
	for (int i = 0; i < INCREMENTS; i++) {
		mutex_lock(&mutex);
		counter = counter + 1;
		if (i % 64 == 0)
			thread_yield(); /* while holding it: the others have to sleep */
		mutex_unlock(&mutex);
	}
}

static struct semaphore ping = SEMAPHORE_INIT(1), pong = SEMAPHORE_INIT(0);
static volatile unsigned exchanged;

static void exchange(void *arg)
{
	struct semaphore *mine = arg ? &pong : &ping, *other = arg ? &ping : &pong;

	for (int i = 0; i < EXCHANGES; i++) {
		CHECK_EQ(semaphore_wait(mine, DEADLINE_NEVER), 0);
		exchanged = exchanged + 1;
		semaphore_post(other);
	}
}

static struct wait_queue queue;
static atomic_uint turn;

/* Each waits for its turn and passes it on. */
static void ring(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;

	for (int i = 0; i < 1000; i++) {
		CHECK_EQ(wait_event(&queue, atomic_load(&turn) % THREADS == me, DEADLINE_NEVER), 0);
		atomic_fetch_add(&turn, 1);
		wait_queue_wake(&queue);
	}
}

static void check_timeouts(void)
{
	atomic_uint word = 7;
	uint64_t start = clock_now_ns();

	CHECK_EQ(futex_wait(&word, 8, DEADLINE_NEVER), -EAGAIN);
	CHECK_EQ(futex_wait(&word, 7, 0), -ETIMEDOUT);
	CHECK_EQ(futex_wait(&word, 7, start + 20 * MS), -ETIMEDOUT);
	CHECK(clock_now_ns() - start >= 20 * MS);
	CHECK_EQ(futex_wake(&word, 10), 0);
	CHECK_EQ(semaphore_wait(&pong, clock_now_ns() + MS), -ETIMEDOUT);
	CHECK_EQ(wait_event(&queue, false, clock_now_ns() + MS), -ETIMEDOUT);
}

static atomic_uint gate;

static void wait_at_gate(void *unused)
{
	(void)unused;
	while (atomic_load(&gate) == 0)
		futex_wait(&gate, 0, DEADLINE_NEVER);
}

static void open_gate(void *arg)
{
	if (arg == NULL) {
		thread_sleep_until(clock_now_ns() + 20 * MS); /* the others sleep by then */
		atomic_store(&gate, 1);
		CHECK_EQ(futex_wake(&gate, 1), 1);
		CHECK_EQ(futex_wake(&gate, 10), THREADS - 2);
	} else {
		wait_at_gate(NULL);
	}
}

int main(void)
{
	wait_queue_init(&queue);
	run_all(increment, THREADS);
	CHECK_EQ(counter, THREADS * INCREMENTS);
	run_all(exchange, 2);
	CHECK_EQ(exchanged, 2 * EXCHANGES);
	semaphore_wait(&ping, DEADLINE_NEVER);
	run_all(ring, THREADS);
	CHECK_EQ(atomic_load(&turn), THREADS * 1000);
	check_timeouts();
	run_all(open_gate, THREADS);
	return verdict();
}
