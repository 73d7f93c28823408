/* SPDX-License-Identifier: BSD-2-Clause */
/* alarm(), ualarm() and ITIMER_REAL, which are one timer and SIGALRM. */
#include "kernel/mutex.h"
#include "libc/result.h"
#include "libc/timer/timer.h"
#include "libc/timespec.h"
#include <errno.h>
#include <sys/time.h>
#include <unistd.h>

#define NS_PER_US 1000ull
#define NS_PER_S  1000000000ull

static struct mutex lock = MUTEX_INIT;
static struct posix_timer timer = {
	.clock = CLOCK_MONOTONIC,
	.event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM },
};

/* What was left before; false: no memory for a first alarm. */
static bool set(uint64_t ns, uint64_t interval_ns, struct timer_setting *old)
{
	struct timer_setting setting = { deadline_after(ns), interval_ns };

	mutex_lock(&lock);
	if (!timer.timer.fire) {
		if (posix_timer_prepare() != 0) {
			mutex_unlock(&lock);
			return false;
		}
		posix_timer_init(&timer);
	}
	*old = posix_timer_get(&timer);
	posix_timer_set(&timer, &setting);
	mutex_unlock(&lock);
	return true;
}

/* Neither this nor ualarm() can fail, and 0 says nothing of a failure. */
unsigned alarm(unsigned seconds)
{
	struct timer_setting old;

	if (!set(seconds * NS_PER_S, 0, &old))
		return 0;
	return (unsigned)((old.deadline_ns + NS_PER_S - 1) / NS_PER_S);
}

useconds_t ualarm(useconds_t us, useconds_t interval)
{
	struct timer_setting old;

	if (!set(us * NS_PER_US, interval * NS_PER_US, &old))
		return 0;
	return (useconds_t)((old.deadline_ns + NS_PER_US - 1) / NS_PER_US);
}

static bool timeval_valid(const struct timeval *tv)
{
	return tv->tv_sec >= 0 && tv->tv_usec >= 0 && tv->tv_usec < 1000000;
}

static uint64_t from_timeval(const struct timeval *tv)
{
	return timespec_to_ns(&(struct timespec){ tv->tv_sec, tv->tv_usec * (long)NS_PER_US });
}

/* Rounded up: what is left is not nothing. */
static struct timeval to_timeval(uint64_t ns)
{
	uint64_t us = (ns + NS_PER_US - 1) / NS_PER_US;

	return (struct timeval){ (time_t)(us / 1000000), (suseconds_t)(us % 1000000) };
}

static struct itimerval to_itimerval(struct timer_setting s)
{
	return (struct itimerval){ to_timeval(s.interval_ns), to_timeval(s.deadline_ns) };
}

int setitimer(int which, const struct itimerval *restrict value, struct itimerval *restrict old)
{
	struct timer_setting before;

	if (which != ITIMER_REAL || !timeval_valid(&value->it_value) ||
	    !timeval_valid(&value->it_interval))
		return libc_result(-EINVAL);
	if (!set(from_timeval(&value->it_value), from_timeval(&value->it_interval), &before))
		return libc_result(-ENOMEM);
	if (old)
		*old = to_itimerval(before);
	return 0;
}

int getitimer(int which, struct itimerval *value)
{
	if (which != ITIMER_REAL)
		return libc_result(-EINVAL);
	*value = to_itimerval(posix_timer_get(&timer));
	return 0;
}
