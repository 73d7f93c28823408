/* SPDX-License-Identifier: BSD-2-Clause */
/* The list of memory givers. It only grows, so walking it needs no lock. */
#include "kernel/memgiver.h"
#include "kernel/spinlock.h"

static struct list givers = LIST_INIT(givers);
static struct spinlock lock = SPINLOCK_INIT;
static _Atomic uint64_t asked, given_in_all;

void memory_giver_register(struct memory_giver *giver)
{
	irq_state s = spin_lock(&lock);

	list_push_back(&givers, &giver->node);
	spin_unlock(&lock, s);
}

size_t memory_givers_ask(size_t npages)
{
	size_t given = 0;

	list_for_each(node, &givers) {
		struct memory_giver *giver = container_of(node, struct memory_giver, node);

		if (given >= npages)
			break;
		given += giver->give(giver, npages - given);
	}
	asked++;
	given_in_all += given;
	return given;
}

size_t memory_givers_hold(void)
{
	size_t held = 0;

	list_for_each(node, &givers) {
		const struct memory_giver *giver = container_of(node, struct memory_giver, node);

		held += giver->hold ? giver->hold() : 0;
	}
	return held;
}

struct memory_giver_stats memory_giver_stats(void)
{
	return (struct memory_giver_stats){ asked, given_in_all };
}
