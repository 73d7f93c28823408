/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * poll(2) and ppoll(2). Signals do not interrupt anything here, so there is no mask to change while
 * waiting.
 */
#include "libc/cancel.h"
#include "libc/poll.h"
#include "libc/timespec.h"
#include <errno.h>
#include <limits.h>

int poll(struct pollfd *fds, nfds_t nfds, int timeout_ms)
{
	cancel_point();
	if (nfds > OPEN_MAX)
		return libc_result(-EINVAL);
	return cancel_result(poll_wait(fds, nfds,
				       timeout_ms < 0 ? DEADLINE_NEVER
						      : deadline_after(timeout_ms * 1000000ull)));
}

int ppoll(struct pollfd *fds, nfds_t nfds, const struct timespec *timeout, const sigset_t *mask)
{
	uint64_t deadline = DEADLINE_NEVER;

	(void)mask;
	cancel_point();
	if (nfds > OPEN_MAX || (timeout && !timespec_valid(timeout)))
		return libc_result(-EINVAL);
	if (timeout)
		deadline = deadline_after(timespec_to_ns(timeout));
	return cancel_result(poll_wait(fds, nfds, deadline));
}
