/* SPDX-License-Identifier: BSD-2-Clause */
/* pthread_once(). A routine that is cancelled has not run: the next caller runs it. */
#include "libc/pthread/lock.h"
#include "libc/pthread/pthread.h"

enum { NEW, RUNNING, WAITED_FOR, DONE };

static void leave_as(atomic_uint *state, unsigned value)
{
	if (atomic_exchange(state, value) == WAITED_FOR)
		futex_wake(state, UINT_MAX);
}

static void abandon(void *state)
{
	leave_as(state, NEW);
}

static void run(atomic_uint *state, void (*routine)(void))
{
	pthread_cleanup_push(abandon, state);
	routine();
	pthread_cleanup_pop(0);
	leave_as(state, DONE);
}

int pthread_once(pthread_once_t *once, void (*routine)(void))
{
	atomic_uint *state = word_of(&once->__state);
	unsigned seen;

	while ((seen = atomic_load_explicit(state, memory_order_acquire)) != DONE) {
		if (seen == NEW && atomic_compare_exchange_strong(state, &seen, RUNNING)) {
			run(state, routine);
			break;
		}
		if (seen == RUNNING && !atomic_compare_exchange_strong(state, &seen, WAITED_FOR))
			continue;
		futex_wait(state, WAITED_FOR, DEADLINE_NEVER);
	}
	return 0;
}
