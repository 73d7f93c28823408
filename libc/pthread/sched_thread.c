/* SPDX-License-Identifier: BSD-2-Clause */
/* A living thread's policy and priority. */
#include "libc/pthread/mutex.h"

int pthread_getschedparam(pthread_t p, int *policy, struct sched_param *param)
{
	*policy = p->policy;
	*param = p->param;
	return 0;
}

int pthread_setschedparam(pthread_t p, int policy, const struct sched_param *param)
{
	struct thread *t = p->thread;
	int error = check_param(policy, param);

	if (error)
		return error;
	p->policy = policy;
	p->param = *param;
	t->fifo = policy == SCHED_FIFO;
	thread_set_priority(t, priority_of(policy, param));
	inherit_priority_changed(p);
	return 0;
}

int pthread_setschedprio(pthread_t p, int priority)
{
	return pthread_setschedparam(p, p->policy,
				     &(struct sched_param){ .sched_priority = priority });
}
