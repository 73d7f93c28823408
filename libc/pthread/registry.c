/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The threads that live. Names and clocks of a thread are looked up here, so that one that has
 * ended is an error and not a stray pointer.
 */
#include "kernel/mutex.h"
#include "libc/pthread/clock.h"
#include "libc/pthread/pthread.h"

static struct mutex lock = MUTEX_INIT;
static struct list threads = LIST_INIT(threads);
static atomic_uint count;

void registry_add(struct pthread *p)
{
	mutex_lock(&lock);
	list_push_back(&threads, &p->node);
	atomic_fetch_add(&count, 1);
	mutex_unlock(&lock);
}

void registry_remove(struct pthread *p)
{
	mutex_lock(&lock);
	list_remove(&p->node);
	if (atomic_fetch_sub(&count, 1) == 1)
		futex_wake(&count, 1);
	mutex_unlock(&lock);
}

void registry_wait_empty(void)
{
	unsigned n;

	while ((n = atomic_load(&count)) != 0)
		futex_wait(&count, n, DEADLINE_NEVER);
}

/* Under the lock. A thread not made by pthread_create() is known to itself alone. */
static bool alive(const struct pthread *p)
{
	if (p == self())
		return true;
	list_for_each(n, &threads)
		if (container_of(n, struct pthread, node) == p)
			return true;
	return false;
}

int pthread_clock_ns(const struct pthread *p, uint64_t *ns)
{
	bool found;

	mutex_lock(&lock);
	found = alive(p);
	if (found)
		*ns = thread_cpu_ns(p->thread);
	mutex_unlock(&lock);
	return found ? 0 : -1;
}
