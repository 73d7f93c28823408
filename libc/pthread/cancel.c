/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cancellation, deferred: the request is the kernel's thread_interrupt(), which makes whatever the
 * thread waits in return -EINTR; and every cancellation point asks here before it starts and after
 * it was interrupted. So a cancelled call has always left the kernel in good order. Asynchronous
 * cancelability is accepted and served at the same points.
 */
#include "libc/pthread/pthread.h"
#include <errno.h>

static _Thread_local int cancel_type; /* 0: PTHREAD_CANCEL_DEFERRED */

int pthread_cancel(pthread_t p)
{
	if (atomic_load(&p->state) != PTHREAD_EXITED)
		thread_interrupt(p->thread);
	return 0;
}

void pthread_testcancel(void)
{
	if (atomic_load_explicit(&self()->thread->interrupts, memory_order_relaxed) ==
	    THREAD_INTERRUPTED)
		pthread_exit(PTHREAD_CANCELED);
}

int pthread_setcancelstate(int state, int *old)
{
	atomic_uint *interrupts = &self()->thread->interrupts;
	unsigned before;

	if (state != PTHREAD_CANCEL_ENABLE && state != PTHREAD_CANCEL_DISABLE)
		return EINVAL;
	if (state == PTHREAD_CANCEL_DISABLE)
		before = atomic_fetch_or(interrupts, THREAD_UNINTERRUPTIBLE);
	else
		before = atomic_fetch_and(interrupts, ~THREAD_UNINTERRUPTIBLE);
	if (old)
		*old = before & THREAD_UNINTERRUPTIBLE ? PTHREAD_CANCEL_DISABLE
						       : PTHREAD_CANCEL_ENABLE;
	return 0;
}

int pthread_setcanceltype(int type, int *old)
{
	if (type != PTHREAD_CANCEL_DEFERRED && type != PTHREAD_CANCEL_ASYNCHRONOUS)
		return EINVAL;
	if (old)
		*old = cancel_type;
	cancel_type = type;
	if (type == PTHREAD_CANCEL_ASYNCHRONOUS)
		pthread_testcancel();
	return 0;
}
