/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory givers: who holds memory that it can do without (caches, a balloon) and is asked for some
 * before an allocation fails.
 */
#pragma once

#include "kernel/list.h"
#include <stddef.h>

struct memory_giver {
	struct list node;
	const char *name;
	/*
	 * Frees some of its memory, npages if it can; returns how many pages. Never sleeps and
	 * never allocates: who asks may hold the giver's own lock, and then it has nothing.
	 */
	size_t (*give)(struct memory_giver *, size_t npages);
};

void memory_giver_register(struct memory_giver *);

/* Asks one after the other until they have given npages; returns how many they gave. */
size_t memory_givers_ask(size_t npages);
