/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wait queues: see wait.h. The queue's lock also keeps a waiter's memory alive while it is being
 * woken.
 */
#include "kernel/wait.h"
#include <errno.h>

LOCK_CLASS(queue_class, "wait queue");

void wait_queue_init(struct wait_queue *q)
{
	*q = (struct wait_queue)WAIT_QUEUE_INIT(*q);
	spinlock_init(&q->lock, &queue_class);
}

void wait_queue_add(struct wait_queue *q, struct wait_entry *e)
{
	irq_state s = spin_lock(&q->lock);

	list_push_back(&q->entries, &e->node);
	spin_unlock(&q->lock, s);
}

void wait_queue_remove(struct wait_queue *q, struct wait_entry *e)
{
	irq_state s = spin_lock(&q->lock);

	list_remove(&e->node);
	spin_unlock(&q->lock, s);
}

void wait_queue_wake(struct wait_queue *q)
{
	irq_state s = spin_lock(&q->lock);

	list_for_each(n, &q->entries) {
		struct wait_entry *e = container_of(n, struct wait_entry, node);

		e->wake(e);
	}
	spin_unlock(&q->lock, s);
}

static void waiter_wake(struct wait_entry *e)
{
	struct waiter *w = container_of(e, struct waiter, entry);

	atomic_store(&w->fired, 1);
	futex_wake(&w->fired, 1);
}

void waiter_init(struct waiter *w)
{
	*w = (struct waiter){ .entry.wake = waiter_wake };
	list_init(&w->entry.node);
}

static int sleep_once(struct waiter *w, uint64_t deadline_ns)
{
	return w->interruptible ? futex_wait_interruptible(&w->fired, 0, deadline_ns)
				: futex_wait(&w->fired, 0, deadline_ns);
}

int waiter_sleep(struct waiter *w, uint64_t deadline_ns)
{
	while (!atomic_exchange(&w->fired, 0)) {
		int error = sleep_once(w, deadline_ns);

		if (error == -ETIMEDOUT || error == -EINTR)
			return atomic_exchange(&w->fired, 0) ? 0 : error;
	}
	return 0;
}
