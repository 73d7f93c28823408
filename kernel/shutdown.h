/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What has to happen to devices before the machine ends or starts anew: they still know addresses
 * of memory that somebody else will have. Not for a panic, which trusts nothing any more.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

struct shutdown {
	struct shutdown *_Atomic next;
	/* Interrupts are off, other CPUs run on. Must neither sleep, nor log, nor wait for long. */
	void (*run)(struct shutdown *);
};

void shutdown_add(struct shutdown *);
/*
 * One that was added; one thread at a time. False: the end has begun, and may still look at it.
 */
bool shutdown_remove(struct shutdown *);
void shutdown_run(void);               /* last added first */
