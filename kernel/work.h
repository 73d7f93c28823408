/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Work that an interrupt handler finds and must not do itself: things that wait or allocate, such as
 * re-initialising a device. One thread runs it, in order; what can wait until nothing else wants the
 * CPU is run by another, of the app's priority.
 */
#pragma once

#include "kernel/list.h"
#include <stdbool.h>

struct work {
	struct list node;
	bool queued;
	bool background; /* for the other thread */
	void (*run)(struct work *);
};

/*
 * Starts the thread unless it runs already. Whoever may submit later calls this first, from a
 * thread. 0 or -ENOMEM.
 */
int work_prepare(bool background);

/*
 * Queues w unless it is queued already; it may queue itself again from run. Callable from interrupt
 * handlers.
 */
void work_submit(struct work *);
