/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Policies and priorities, which are the kernel's: SCHED_OTHER is the app's own level, 1 to 32 of
 * the others are those above it.
 */
#include "libc/pthread/mutex.h"
#include <errno.h>

static int lowest(int policy)
{
	return policy == SCHED_OTHER ? 0 : 1;
}

static int highest(int policy)
{
	return policy == SCHED_OTHER ? 0 : PRIO_REALTIME_LEVELS;
}

static bool known(int policy)
{
	return policy == SCHED_OTHER || policy == SCHED_FIFO || policy == SCHED_RR;
}

int check_param(int policy, const struct sched_param *param)
{
	if (!known(policy) || param->sched_priority < lowest(policy) ||
	    param->sched_priority > highest(policy))
		return EINVAL;
	return 0;
}

enum thread_priority priority_of(int policy, const struct sched_param *param)
{
	return policy == SCHED_OTHER ? PRIO_APP : PRIO_APP + param->sched_priority;
}

int sched_get_priority_min(int policy)
{
	if (known(policy))
		return lowest(policy);
	errno = EINVAL;
	return -1;
}

int sched_get_priority_max(int policy)
{
	if (known(policy))
		return highest(policy);
	errno = EINVAL;
	return -1;
}
