/* SPDX-License-Identifier: BSD-2-Clause */
#include "libc/pthread/deadline.h"
#include "libc/timespec.h"
#include <errno.h>

int deadline_of(clockid_t id, const struct timespec *at, uint64_t *deadline_ns)
{
	if (!timespec_valid(at) || (id != CLOCK_REALTIME && id != CLOCK_MONOTONIC))
		return EINVAL;
	*deadline_ns = deadline_at(id, timespec_to_ns(at));
	return 0;
}
