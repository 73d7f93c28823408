/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cancellation points, where signals sent by other threads are handled too. A call that may block
 * asks before it starts whether its thread has been cancelled; and if what it waited for was
 * interrupted, which only cancellation does, once more: after it has cleaned up. The question is in
 * the image only where somebody can cancel (libc/pthread/cancel.c).
 */
#pragma once

#include "libc/result.h"
#include "libc/signal.h"
#include <errno.h>

extern void pthread_testcancel(void) __attribute__((weak));

static inline void cancel_point(void)
{
	if (signal_deliver_pending)
		signal_deliver_pending();
	if (pthread_testcancel)
		pthread_testcancel();
}

/* libc_result() for such a call, at its end. */
static inline ssize_t cancel_result(ssize_t result)
{
	if (result == -EINTR)
		cancel_point();
	return libc_result(result);
}
