/* SPDX-License-Identifier: BSD-2-Clause */
/* Limits, and CPU time used: elapsed time, as the machine runs one app and idle time is not accounted yet. */
#include "kernel/clock.h"
#include "libc/fd.h"
#include "libc/result.h"
#include <errno.h>
#include <stdbool.h>
#include <sys/resource.h>

static bool known(int resource)
{
	return (resource >= RLIMIT_CPU && resource <= RLIMIT_CORE) || resource == RLIMIT_NOFILE || resource == RLIMIT_AS;
}

int getrlimit(int resource, struct rlimit *out)
{
	rlim_t limit = resource == RLIMIT_NOFILE ? FD_MAX : RLIM_INFINITY;

	if (!known(resource))
		return libc_result(-EINVAL);
	*out = (struct rlimit){ limit, limit };
	return 0;
}

/* A request for less is granted by doing nothing; there is no more than the maximum. */
int setrlimit(int resource, const struct rlimit *wanted)
{
	if (!known(resource) || wanted->rlim_cur > wanted->rlim_max)
		return libc_result(-EINVAL);
	if (resource == RLIMIT_NOFILE && wanted->rlim_max > FD_MAX)
		return libc_result(-EPERM);
	return 0;
}

int getrusage(int who, struct rusage *out)
{
	uint64_t us = clock_now_ns() / 1000;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN)
		return libc_result(-EINVAL);
	*out = (struct rusage){ 0 };
	if (who == RUSAGE_SELF)
		out->ru_utime = (struct timeval){ us / 1000000, us % 1000000 };
	return 0;
}
