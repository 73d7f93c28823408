/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one wait primitive. Everything that sleeps - mutexes, wait queues, joins, sleep itself -
 * sleeps here.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define DEADLINE_NEVER UINT64_MAX /* deadlines are in clock_now_ns() */

/*
 * Sleeps while *word == expected. The comparison and the falling asleep are one step as seen by
 * futex_wake(), so no wake-up is lost. 0: woken (perhaps spuriously: look at the word again),
 * -EAGAIN: *word differed, -ETIMEDOUT: deadline passed.
 */
int futex_wait(atomic_uint *word, unsigned expected, uint64_t deadline_ns);

/* The same for a wait that thread_interrupt() may end: -EINTR then. */
int futex_wait_interruptible(atomic_uint *word, unsigned expected, uint64_t deadline_ns);

/*
 * Wakes up to n threads that wait on word; returns how many. Callable from interrupt handlers. The
 * word's memory is not touched.
 */
unsigned futex_wake(atomic_uint *word, unsigned n);

/*
 * A queue to stand in, rather than a value to wait for: what condition variables are made of.
 * *count is the number of waiters. It changes together with the queue, so whoever has been woken
 * has nothing more to do with it, and its memory may be gone.
 */

/* How to stand in it. */
struct futex_queue_wait {
	void (*release)(void *arg);
	void *arg;
	uint64_t deadline_ns;
	bool interruptible;      /* by thread_interrupt() */
	atomic_uint *move_to;    /* by futex_queue_move(); NULL: which wakes this one */
};

/*
 * Joins the queue, then calls release(arg), then sleeps: whoever acts after the release finds the
 * waiter there. release is called in any case. 0: woken, or moved and then woken, -ETIMEDOUT,
 * -EINTR.
 */
int futex_queue(atomic_uint *count, const struct futex_queue_wait *);

/* Wakes up to n of the queue; returns how many. */
unsigned futex_queue_wake(atomic_uint *count, unsigned n);

/*
 * Moves up to n of the queue to where futex_wake() finds them, each to the word that it named
 * itself; neither deadline nor interruption reaches them there. A word of held becomes contended,
 * which promises such a wake-up; where it is neither, the first of its waiters is woken instead and
 * has to see to the others. The word is touched only while its waiter stands in the queue. Returns
 * how many left the queue.
 */
unsigned futex_queue_move(atomic_uint *count, unsigned n, unsigned held, unsigned contended);
