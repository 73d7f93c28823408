/* SPDX-License-Identifier: BSD-2-Clause */
/* The clocks. */
#define _GNU_SOURCE 1
#include "libc/result.h"
#include "libc/timespec.h"
#include <errno.h>
#include <stddef.h>
#include <sys/time.h>

static bool is_monotonic(clockid_t id)
{
	return id == CLOCK_MONOTONIC || id == CLOCK_MONOTONIC_RAW || id == CLOCK_MONOTONIC_COARSE || id == CLOCK_BOOTTIME;
}

static bool is_wall(clockid_t id)
{
	return id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
}

int clock_gettime(clockid_t id, struct timespec *now)
{
	if (!is_monotonic(id) && !is_wall(id))
		return libc_result(-EINVAL);
	*now = timespec_from_ns(is_wall(id) ? clock_wall_ns() : clock_now_ns());
	return 0;
}

int clock_getres(clockid_t id, struct timespec *resolution)
{
	if (!is_monotonic(id) && !is_wall(id))
		return libc_result(-EINVAL);
	if (resolution)
		*resolution = (struct timespec){ .tv_nsec = 1 };
	return 0;
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
	return clock_settime(CLOCK_REALTIME, &(struct timespec){ now->tv_sec, now->tv_usec * 1000 });
}

time_t time(time_t *out)
{
	time_t now = clock_wall_ns() / 1000000000;

	if (out)
		*out = now;
	return now;
}
