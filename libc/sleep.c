/* SPDX-License-Identifier: BSD-2-Clause */
/* Sleeping. Nothing but cancellation interrupts it, so nothing is ever left to sleep. */
#include "libc/cancel.h"
#include "libc/timespec.h"
#include <unistd.h>

static void sleep_until(uint64_t deadline_ns)
{
	atomic_uint never = 0;
	int ended;

	cancel_point();
	do
		ended = futex_wait_interruptible(&never, 0, deadline_ns);
	while (ended != -ETIMEDOUT && ended != -EINTR);
	if (ended == -EINTR)
		cancel_point();
}

/* Returns the error itself, as POSIX wants. */
int clock_nanosleep(clockid_t id, int flags, const struct timespec *request, struct timespec *left)
{
	uint64_t ns;

	if ((id != CLOCK_REALTIME && id != CLOCK_MONOTONIC) || !timespec_valid(request))
		return EINVAL;
	ns = timespec_to_ns(request);
	sleep_until(flags & TIMER_ABSTIME ? deadline_at(id, ns) : deadline_after(ns));
	if (left && !(flags & TIMER_ABSTIME))
		*left = (struct timespec){ 0 };
	return 0;
}

int nanosleep(const struct timespec *request, struct timespec *left)
{
	return libc_result(-clock_nanosleep(CLOCK_MONOTONIC, 0, request, left));
}

int usleep(useconds_t us)
{
	sleep_until(deadline_after(us * 1000ull));
	return 0;
}

unsigned sleep(unsigned seconds)
{
	sleep_until(deadline_after(seconds * 1000000000ull));
	return 0;
}
