/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE 1
#include "kernel/page.h"
#include "libc/pthread/pthread.h"

/*
 * The stack as it really is, which is what callers want to know: garbage collectors, and who
 * measures its use.
 */
int pthread_getattr_np(pthread_t p, pthread_attr_t *attr)
{
	const struct thread *t = p->thread;

	*attr = (pthread_attr_t){
		.__stack = t->stack,
		.__stack_size = t->stack_size,
		.__guard_size = p->created ? p->guard_size : PAGE_SIZE,
		.__affinity = thread_affinity(t),
		.__param = p->param,
		.__policy = p->policy,
		.__detach = p->state == PTHREAD_DETACHED ? PTHREAD_CREATE_DETACHED
							 : PTHREAD_CREATE_JOINABLE,
		.__inherit = PTHREAD_EXPLICIT_SCHED,
	};
	return 0;
}
