/* SPDX-License-Identifier: BSD-2-Clause */
/* Times for the programs that test threads. */
#pragma once

#include <stdint.h>
#include <time.h>

static inline void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static inline int64_t clock_ns(clockid_t clock)
{
	struct timespec t = { 0, 0 };

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static inline int64_t clock_ms(clockid_t clock)
{
	return clock_ns(clock) / 1000000;
}

static inline struct timespec in_ms(clockid_t clock, long ms)
{
	int64_t ns = clock_ns(clock) + ms * 1000000ll;

	return (struct timespec){ ns / 1000000000, ns % 1000000000 };
}
