/* SPDX-License-Identifier: BSD-2-Clause */
/* The clocks. */
#define _GNU_SOURCE 1
#include "kernel/thread.h"
#include "libc/pthread/clock.h"
#include "libc/result.h"
#include "libc/timespec.h"
#include <errno.h>
#include <stddef.h>
#include <sys/time.h>

/* 0 or -EINVAL. */
static int read_clock(clockid_t id, uint64_t *ns)
{
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
		*ns = clock_wall_ns();
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*ns = clock_now_ns();
		return 0;
	case CLOCK_PROCESS_CPUTIME_ID:
		*ns = thread_cpu_ns_all();
		return 0;
	case CLOCK_THREAD_CPUTIME_ID:
		*ns = thread_cpu_ns(thread_current());
		return 0;
	}
	if (id < CLOCK_IDS || !pthread_clock_ns ||
	    pthread_clock_ns((const struct pthread *)id, ns) != 0)
		return -EINVAL;
	return 0;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
	uint64_t ns = 0;
	int error = read_clock(id, &ns);

	if (!error)
		*now = timespec_from_ns(ns);
	return libc_result(error);
}

int clock_getres(clockid_t id, struct timespec *resolution)
{
	uint64_t ns;
	int error = read_clock(id, &ns);

	if (!error && resolution)
		*resolution = (struct timespec){ .tv_nsec = 1 };
	return libc_result(error);
}

int clock_settime(clockid_t id, const struct timespec *now)
{
	if (id != CLOCK_REALTIME || !timespec_valid(now))
		return libc_result(-EINVAL);
	clock_set_wall_ns(timespec_to_ns(now));
	return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	uint64_t ns = clock_wall_ns();

	*now = (struct timeval){ .tv_sec = ns / 1000000000, .tv_usec = ns % 1000000000 / 1000 };
	if (zone)
		*(struct timezone *)zone = (struct timezone){ 0 };
	return 0;
}

int settimeofday(const struct timeval *now, const struct timezone *zone)
{
	(void)zone;
	if (now->tv_usec < 0 || now->tv_usec >= 1000000)
		return libc_result(-EINVAL);
	return clock_settime(CLOCK_REALTIME,
			     &(struct timespec){ now->tv_sec, now->tv_usec * 1000 });
}

time_t time(time_t *out)
{
	time_t now = clock_wall_ns() / 1000000000;

	if (out)
		*out = now;
	return now;
}
