/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory givers: who holds memory that it can do without (caches, a balloon) and is asked for some
 * before an allocation fails.
 */
#pragma once

#include "kernel/list.h"
#include <stddef.h>
#include <stdint.h>

struct memory_giver {
	struct list node;
	const char *name;
	/*
	 * Frees some of its memory, npages if it can; returns how many pages. Never allocates, and
	 * sleeps for nothing but a device's answer, and not for long: who asks may hold the giver's
	 * own lock, and then it has nothing.
	 */
	size_t (*give)(struct memory_giver *, size_t npages);
	size_t (*hold)(void); /* pages that it keeps for the sake of speed; NULL: none */
};

void memory_giver_register(struct memory_giver *);

/* Asks one after the other until they have given npages; returns how many they gave. */
size_t memory_givers_ask(size_t npages);

size_t memory_givers_hold(void); /* pages; callable from anywhere */

struct memory_giver_stats {
	uint64_t asked; /* times */
	uint64_t given; /* pages */
};
struct memory_giver_stats memory_giver_stats(void);
