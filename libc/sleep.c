/* SPDX-License-Identifier: BSD-2-Clause */
/* Sleeping. Nothing interrupts it, so nothing is ever left to sleep. */
#include "kernel/thread.h"
#include "libc/result.h"
#include "libc/timespec.h"
#include <errno.h>
#include <unistd.h>

static void sleep_ns(uint64_t ns)
{
	if (ns)
		thread_sleep_until(deadline_after(ns));
}

/* A wall clock deadline is turned into a delay once: setting the clock meanwhile does not move it. */
static void sleep_until(clockid_t id, uint64_t deadline_ns)
{
	uint64_t now = id == CLOCK_REALTIME ? clock_wall_ns() : clock_now_ns();

	if (deadline_ns > now)
		sleep_ns(deadline_ns - now);
}

/* Returns the error itself, as POSIX wants. */
int clock_nanosleep(clockid_t id, int flags, const struct timespec *request, struct timespec *left)
{
	if ((id != CLOCK_REALTIME && id != CLOCK_MONOTONIC) || !timespec_valid(request))
		return EINVAL;
	if (flags & TIMER_ABSTIME) {
		sleep_until(id, timespec_to_ns(request));
		return 0;
	}
	sleep_ns(timespec_to_ns(request));
	if (left)
		*left = (struct timespec){ 0 };
	return 0;
}

int nanosleep(const struct timespec *request, struct timespec *left)
{
	return libc_result(-clock_nanosleep(CLOCK_MONOTONIC, 0, request, left));
}

int usleep(useconds_t us)
{
	sleep_ns(us * 1000ull);
	return 0;
}

unsigned sleep(unsigned seconds)
{
	sleep_ns(seconds * 1000000000ull);
	return 0;
}
