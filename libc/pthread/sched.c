/* SPDX-License-Identifier: BSD-2-Clause */
/* sched_*: of a process; the only one is its calling thread here, as on Linux. */
#define _GNU_SOURCE 1
#include "libc/pthread/pthread.h"
#include "libc/result.h"
#include <errno.h>
#include <unistd.h>

#define SLICE_NS 10000000 /* kernel/sched.c */

int sched_yield(void)
{
	thread_yield();
	return 0;
}

static bool is_self(pid_t pid)
{
	return pid == 0 || pid == getpid();
}

int sched_setscheduler(pid_t pid, int policy, const struct sched_param *param)
{
	if (!is_self(pid))
		return libc_result(-ESRCH);
	return libc_result(-pthread_setschedparam(self(), policy, param));
}

int sched_getscheduler(pid_t pid)
{
	return is_self(pid) ? self()->policy : libc_result(-ESRCH);
}

int sched_setparam(pid_t pid, const struct sched_param *param)
{
	return sched_setscheduler(pid, self()->policy, param);
}

int sched_getparam(pid_t pid, struct sched_param *param)
{
	if (!is_self(pid))
		return libc_result(-ESRCH);
	*param = self()->param;
	return 0;
}

int sched_rr_get_interval(pid_t pid, struct timespec *interval)
{
	if (!is_self(pid))
		return libc_result(-ESRCH);
	*interval = (struct timespec){ .tv_nsec = SLICE_NS };
	return 0;
}
