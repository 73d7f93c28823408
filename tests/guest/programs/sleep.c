/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time passes, forwards only; a sleep is never too short, and sleepers wake in the order of their
 * deadlines.
 */
#include "check.h"
#include "kernel/clock.h"
#include "kernel/thread.h"
#include <stdatomic.h>
#include <stdint.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000ull
#define SLEEPERS 5

static uint64_t now_ns(void)
{
	struct timespec t;

	CHECK_EQ(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	CHECK(t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void check_sleep(uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000) };
	uint64_t start = now_ns();

	CHECK_EQ(nanosleep(&t, NULL), 0);
	CHECK(now_ns() - start >= ns);
	CHECK(now_ns() - start < ns + 20000 * MS); /* not stuck; how much later is the host's business */
}

static void check_monotonic(void)
{
	uint64_t last = now_ns();

	for (int i = 0; i < 20000; i++) {
		uint64_t now = now_ns();

		CHECK(now >= last);
		last = now;
	}
}

static void check_wall(void)
{
	struct timespec real;
	struct timeval day;

	CHECK_EQ(clock_gettime(CLOCK_REALTIME, &real), 0);
	CHECK_EQ(gettimeofday(&day, NULL), 0);
	CHECK(real.tv_sec > 1704067200); /* 2024: the machine's clock has been read */
	CHECK(day.tv_sec - real.tv_sec <= 10 && time(NULL) - real.tv_sec <= 10);
	printf("wall %lld\n", (long long)real.tv_sec);
}

static uint64_t start_ns;
static atomic_uint woken;
static unsigned order[SLEEPERS];

static void sleeper(void *arg)
{
	unsigned n = (unsigned)(uintptr_t)arg;

	thread_sleep_until(start_ns + (n + 1) * 60 * MS);
	order[atomic_fetch_add(&woken, 1)] = n;
}

/* Started in another order than they are due. */
static void check_order(void)
{
	static const unsigned start[SLEEPERS] = { 3, 0, 4, 2, 1 };
	struct thread *threads[SLEEPERS];

	start_ns = clock_now_ns();
	for (int i = 0; i < SLEEPERS; i++)
		threads[i] = thread_create("sleeper", PRIO_APP, 0, sleeper, (void *)(uintptr_t)start[i]);
	for (int i = 0; i < SLEEPERS; i++)
		thread_join(threads[i]);
	for (unsigned i = 0; i < SLEEPERS; i++)
		CHECK_EQ(order[i], i);
}

int main(void)
{
	struct timespec bad = { .tv_nsec = 1000000000 };

	printf("clock %s\n", clock_source());
	check_monotonic();
	check_sleep(0);
	check_sleep(1);
	check_sleep(10 * MS);
	for (int i = 0; i < 50; i++)
		check_sleep(MS);
	check_sleep(1100 * MS);
	CHECK_EQ(usleep(2000), 0);
	CHECK_ERRNO(nanosleep(&bad, NULL), EINVAL);
	check_wall();
	check_order();
	return verdict();
}
