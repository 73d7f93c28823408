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

/*
 * Wakes up to n threads that wait on word; returns how many. Callable from interrupt handlers. The
 * word's memory is not touched.
 */
unsigned futex_wake(atomic_uint *word, unsigned n);
