/* SPDX-License-Identifier: BSD-2-Clause */
/* The work thread: a list that interrupts and threads append to, a futex that counts appends, and the thread that empties it. */
#include "kernel/work.h"
#include "kernel/futex.h"
#include "kernel/spinlock.h"
#include "kernel/thread.h"
#include <errno.h>

#define STACK_SIZE (16 * 1024)

static struct spinlock lock = SPINLOCK_INIT;
static struct list pending = LIST_INIT(pending);
static atomic_uint submitted;
static struct thread *worker;

static struct work *take(void)
{
	irq_state s = spin_lock(&lock);
	struct list *node = list_pop_front(&pending);
	struct work *w = node ? container_of(node, struct work, node) : NULL;

	if (w)
		w->queued = false;
	spin_unlock(&lock, s);
	return w;
}

static void work_loop(void *unused)
{
	(void)unused;
	for (;;) {
		unsigned seen = atomic_load(&submitted); /* before the look at the list, so that an append after it is not slept through */
		struct work *w = take();

		if (w)
			w->run(w);
		else
			futex_wait(&submitted, seen, DEADLINE_NEVER);
	}
}

int work_prepare(void)
{
	if (!worker)
		worker = thread_create("work", PRIO_DEVICE, STACK_SIZE, work_loop, NULL);
	return worker ? 0 : -ENOMEM;
}

void work_submit(struct work *w)
{
	irq_state s = spin_lock(&lock);

	if (!w->queued) {
		w->queued = true;
		list_push_back(&pending, &w->node);
	}
	spin_unlock(&lock, s);
	atomic_fetch_add(&submitted, 1);
	futex_wake(&submitted, 1);
}
