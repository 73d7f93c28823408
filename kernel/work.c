/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The work threads: for each a list that interrupts and threads append to, and a futex that counts
 * appends.
 */
#include "kernel/work.h"
#include "kernel/futex.h"
#include "kernel/spinlock.h"
#include "kernel/thread.h"
#include <errno.h>

#define STACK_SIZE (16 * 1024)

static struct worker {
	struct spinlock lock;
	struct list pending;
	atomic_uint submitted;
	struct thread *thread;
	const char *name;
	enum thread_priority priority;
} workers[2] = {
	{ SPINLOCK_INIT, LIST_INIT(workers[0].pending), 0, NULL, "work", PRIO_DEVICE },
	{ SPINLOCK_INIT, LIST_INIT(workers[1].pending), 0, NULL, "background", PRIO_APP },
};

static struct work *take(struct worker *worker)
{
	irq_state s = spin_lock(&worker->lock);
	struct list *node = list_pop_front(&worker->pending);
	struct work *w = node ? container_of(node, struct work, node) : NULL;

	if (w)
		w->queued = false;
	spin_unlock(&worker->lock, s);
	return w;
}

static void work_loop(void *arg)
{
	struct worker *worker = arg;

	for (;;) {
		/* Before the look at the list, so that an append after it is not slept through. */
		unsigned seen = atomic_load(&worker->submitted);
		struct work *w = take(worker);

		if (w)
			w->run(w);
		else
			futex_wait(&worker->submitted, seen, DEADLINE_NEVER);
	}
}

int work_prepare(bool background)
{
	struct worker *w = &workers[background];

	if (!w->thread)
		w->thread = thread_create(w->name, w->priority, STACK_SIZE, work_loop, w);
	return w->thread ? 0 : -ENOMEM;
}

void work_submit(struct work *w)
{
	struct worker *worker = &workers[w->background];
	irq_state s = spin_lock(&worker->lock);

	if (!w->queued) {
		w->queued = true;
		list_push_back(&worker->pending, &w->node);
	}
	spin_unlock(&worker->lock, s);
	atomic_fetch_add(&worker->submitted, 1);
	futex_wake(&worker->submitted, 1);
}
