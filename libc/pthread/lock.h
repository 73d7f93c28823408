/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lock in a word, as kernel/mutex.c has it, over the plain unsigned that public types are made
 * of, and with a deadline. The unlocker does not touch the word once it is free, so whoever takes
 * it then may free its memory.
 */
#pragma once

#include "kernel/futex.h"
#include <stdbool.h>

enum { WORD_FREE, WORD_HELD, WORD_CONTENDED };

/* Takes it, leaving it CONTENDED; 0 or ETIMEDOUT. */
int word_lock_contended(unsigned *word, uint64_t deadline_ns);

static inline atomic_uint *word_of(unsigned *word)
{
	return (atomic_uint *)word;
}

static inline bool word_trylock(unsigned *word)
{
	unsigned expected = WORD_FREE;

	return atomic_compare_exchange_strong_explicit(word_of(word), &expected, WORD_HELD,
						       memory_order_acquire, memory_order_relaxed);
}

static inline void word_lock(unsigned *word)
{
	if (!word_trylock(word))
		word_lock_contended(word, DEADLINE_NEVER);
}

static inline void word_unlock(unsigned *word)
{
	if (atomic_exchange_explicit(word_of(word), WORD_FREE, memory_order_release) ==
	    WORD_CONTENDED)
		futex_wake(word_of(word), 1);
}

/* The same, as what a futex_queue_wait releases. */
static inline void word_release(void *word)
{
	word_unlock(word);
}
