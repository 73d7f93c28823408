/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wait queues: whoever waits for an event leaves an entry with a function; whoever causes the event
 * calls all of them. The plain waiter's function wakes a thread; poll and epoll leave their own.
 */
#pragma once

#include "kernel/futex.h"
#include "kernel/list.h"
#include "kernel/spinlock.h"
#include <stdbool.h>

struct wait_queue {
	struct spinlock lock;
	struct list entries;
};

#define WAIT_QUEUE_INIT(q) { SPINLOCK_INIT, LIST_INIT((q).entries) }

struct wait_entry {
	struct list node;
	/* With the queue's lock held, perhaps from an interrupt: must not sleep or unlink. */
	void (*wake)(struct wait_entry *);
};

void wait_queue_init(struct wait_queue *);
void wait_queue_add(struct wait_queue *, struct wait_entry *);
void wait_queue_remove(struct wait_queue *, struct wait_entry *);
void wait_queue_wake(struct wait_queue *); /* callable from interrupt handlers */

/* A waiting thread: fired becomes 1 when any queue it was added to is woken. */
struct waiter {
	struct wait_entry entry;
	atomic_uint fired;
	bool interruptible;      /* by thread_interrupt(): false after waiter_init() */
};

void waiter_init(struct waiter *);
/* Sleeps until fired, which it clears; 0, -ETIMEDOUT or -EINTR. */
int waiter_sleep(struct waiter *, uint64_t deadline_ns);

/*
 * Sleeps until condition holds; evaluates to 0, or -ETIMEDOUT when the deadline passes first.
 * Lossless: the entry is queued before the condition is looked at, so a wake-up between the look
 * and the sleep is kept in fired.
 */
#define wait_event(queue, condition, deadline_ns)					\
	wait_event_(queue, condition, deadline_ns, false)

/* The same, and -EINTR once thread_interrupt() asks for it. */
#define wait_event_interruptible(queue, condition, deadline_ns)				\
	wait_event_(queue, condition, deadline_ns, true)

#define wait_event_(queue, condition, deadline_ns, may_interrupt) ({			\
	struct waiter w_;								\
	int error_ = 0;									\
	waiter_init(&w_);								\
	w_.interruptible = (may_interrupt);						\
	wait_queue_add((queue), &w_.entry);						\
	while (!(condition) && (error_ = waiter_sleep(&w_, (deadline_ns))) == 0)	\
		;									\
	wait_queue_remove((queue), &w_.entry);						\
	error_;										\
})
