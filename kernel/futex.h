/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one wait primitive. Everything that sleeps - mutexes, wait queues, joins, sleep itself -
 * sleeps here.
 */
#pragma once

#include <stdatomic.h>
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
 *
 * Joins the queue, then calls release(arg), then sleeps: whoever acts after the release finds the
 * waiter there. 0: woken or moved (then woken), -ETIMEDOUT, -EINTR.
 */
int futex_queue(atomic_uint *count, void (*release)(void *arg), void *arg, uint64_t deadline_ns);

/* Wakes up to n of the queue; returns how many. */
unsigned futex_queue_wake(atomic_uint *count, unsigned n);

/*
 * Moves up to n of the queue to where futex_wake(to) finds them; neither deadline nor interruption
 * reaches them there. Unless *to == contended, which promises such a wake-up, the first of them is
 * woken instead, and has to see to the others. Returns how many left the queue.
 */
unsigned futex_queue_move(atomic_uint *count, unsigned n, atomic_uint *to, unsigned contended);
