/* SPDX-License-Identifier: BSD-2-Clause */
/* pthread_create(): a kernel thread, whose own data its maker fills in before it runs. */
#include "kernel/page.h"
#include "libc/pthread/pthread.h"
#include "libc/malloc/malloc_cache.h"
#include "libc/signal.h"
#include <errno.h>

static void run(void *unused)
{
	struct pthread *p = self();

	(void)unused;
	pthread_exit(p->start(p->arg));
}

static int policy_of(const pthread_attr_t *attr, struct sched_param *param)
{
	struct pthread *creator = self();
	bool inherit = !attr || attr->__inherit != PTHREAD_EXPLICIT_SCHED;

	*param = inherit ? creator->param : attr->__param;
	return inherit ? creator->policy : attr->__policy;
}

/*
 * Memory that is filled lazily is filled now: an interrupt that pushes its frame there must find
 * it.
 */
static void fill(volatile char *stack, size_t size)
{
	for (size_t at = 0; at < size; at += PAGE_SIZE)
		stack[at] = 0;
	stack[size - 1] = 0;
}

static struct thread *make_thread(const pthread_attr_t *attr, int policy,
				  const struct sched_param *param)
{
	struct thread_stack stack = { .size = PTHREAD_STACK_DEFAULT, .anywhere = true };
	struct thread *t;

	if (attr) {
		stack.base = attr->__stack;
		stack.guard = attr->__guard_size;
		if (attr->__stack_size)
			stack.size = attr->__stack_size;
	}
	if (stack.base)
		fill(stack.base, stack.size);
	t = thread_prepare(thread_current()->name, priority_of(policy, param), stack, run, NULL);
	if (t)
		t->fifo = policy == SCHED_FIFO;
	return t;
}

/* What a thread has from its creator besides what the attributes say. */
static void inherit(struct thread *t, const pthread_attr_t *attr)
{
	uint64_t affinity =
		attr && attr->__affinity ? attr->__affinity : thread_affinity(thread_current());

	thread_set_affinity(t, affinity);
	*(sigset_t *)thread_local_of(t, &signal_blocked) = signal_blocked;
	*(bool *)thread_local_of(t, &malloc_cache_wanted) = true;
}

int pthread_create(pthread_t *out, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
	struct sched_param param;
	int policy = policy_of(attr, &param);
	struct thread *t = make_thread(attr, policy, &param);
	struct pthread *p;

	if (!t)
		return EAGAIN;
	p = thread_local_of(t, &pthread_own);
	p->thread = t;
	p->created = true;
	p->start = start;
	p->arg = arg;
	p->policy = policy;
	p->param = param;
	p->guard_size = attr ? attr->__guard_size : PAGE_SIZE;
	if (attr && attr->__detach == PTHREAD_CREATE_DETACHED)
		p->state = PTHREAD_DETACHED;
	inherit(t, attr);
	registry_add(p);
	*out = p;
	thread_start(t);
	return 0;
}
