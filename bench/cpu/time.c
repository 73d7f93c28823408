/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock's own cost, and how late sleepers of a millisecond wake. */
#include "timing.h"
#include <stdlib.h>
#include <time.h>

#define SLEEPS 200
#define SLEEP_NS 1000000

static void read_clock(unsigned times)
{
	struct timespec t;

	for (unsigned i = 0; i < times; i++)
		clock_gettime(CLOCK_MONOTONIC, &t);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void sleep_lateness(void)
{
	static double late[SLEEPS];
	struct timespec ms = { .tv_nsec = SLEEP_NS };

	for (unsigned i = 0; i < SLEEPS; i++) {
		uint64_t start = now_ns();

		nanosleep(&ms, NULL);
		late[i] = (double)(now_ns() - start) - SLEEP_NS;
	}
	qsort(late, SLEEPS, sizeof late[0], by_value);
	report("nanosleep-late-median", late[SLEEPS / 2]);
	report("nanosleep-late-90th", late[SLEEPS * 9 / 10]);
}

void bench_time(void)
{
	measure("clock_gettime", 100000, read_clock);
	sleep_lateness();
}
