/* SPDX-License-Identifier: BSD-2-Clause */
/* struct timespec and the kernel's nanoseconds. */
#pragma once

#include "kernel/clock.h"
#include "kernel/futex.h"
#include <stdbool.h>
#include <time.h>

static inline bool timespec_valid(const struct timespec *ts)
{
	return ts->tv_sec >= 0 && ts->tv_nsec >= 0 && ts->tv_nsec < 1000000000;
}

/* What does not fit becomes DEADLINE_NEVER: nobody lives to see the difference. */
static inline uint64_t timespec_to_ns(const struct timespec *ts)
{
	uint64_t ns;

	if (__builtin_mul_overflow((uint64_t)ts->tv_sec, 1000000000ull, &ns) ||
	    __builtin_add_overflow(ns, ts->tv_nsec, &ns))
		return DEADLINE_NEVER;
	return ns;
}

static inline struct timespec timespec_from_ns(uint64_t ns)
{
	return (struct timespec){ .tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000 };
}

/* The deadline ns from now; 0 for no time at all, which poll_wait() takes for "look once". */
static inline uint64_t deadline_after(uint64_t ns)
{
	uint64_t deadline;

	if (ns == 0)
		return 0;
	return __builtin_add_overflow(clock_now_ns(), ns, &deadline) ? DEADLINE_NEVER : deadline;
}

/*
 * A time of the wall clock becomes a delay, once: setting the clock meanwhile does not move it. It
 * may have passed.
 */
static inline uint64_t deadline_at(clockid_t id, uint64_t ns)
{
	uint64_t wall;

	if (id != CLOCK_REALTIME)
		return ns;
	wall = clock_wall_ns();
	return ns > wall ? deadline_after(ns - wall) : 0;
}
