/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for a thread's end, and not wanting to. */
#define _GNU_SOURCE 1
#include "libc/pthread/deadline.h"
#include "libc/pthread/pthread.h"
#include <errno.h>

static int join_error(struct pthread *p)
{
	if (p == self())
		return EDEADLK;
	return atomic_load(&p->state) == PTHREAD_DETACHED ? EINVAL : 0;
}

/* The thread is about to leave its stack, or has; main()'s never does. */
static void take(struct pthread *p, void **result)
{
	if (result)
		*result = p->result;
	if (p->created)
		thread_join(p->thread);
}

static int join(struct pthread *p, void **result, uint64_t deadline_ns)
{
	int error = join_error(p);

	pthread_testcancel();
	while (!error && atomic_load(&p->state) != PTHREAD_EXITED) {
		int ended = futex_wait_interruptible(&p->state, PTHREAD_JOINABLE, deadline_ns);

		if (ended == -EINTR)
			pthread_testcancel();
		else if (ended == -ETIMEDOUT)
			error = ETIMEDOUT;
	}
	if (!error)
		take(p, result);
	return error;
}

int pthread_join(pthread_t p, void **result)
{
	return join(p, result, DEADLINE_NEVER);
}

int pthread_tryjoin_np(pthread_t p, void **result)
{
	int error = join_error(p);

	if (error)
		return error;
	if (atomic_load(&p->state) != PTHREAD_EXITED)
		return EBUSY;
	take(p, result);
	return 0;
}

int pthread_clockjoin_np(pthread_t p, void **result, clockid_t clock, const struct timespec *at)
{
	uint64_t deadline_ns;
	int error = deadline_of(clock, at, &deadline_ns);

	return error ? error : join(p, result, deadline_ns);
}

int pthread_timedjoin_np(pthread_t p, void **result, const struct timespec *at)
{
	return pthread_clockjoin_np(p, result, CLOCK_REALTIME, at);
}

int pthread_detach(pthread_t p)
{
	unsigned joinable = PTHREAD_JOINABLE;

	if (atomic_compare_exchange_strong(&p->state, &joinable, PTHREAD_DETACHED))
		return 0;
	if (joinable == PTHREAD_DETACHED)
		return EINVAL;
	take(p, NULL);
	return 0;
}
