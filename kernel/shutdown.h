/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What has to happen to devices before the machine ends or starts anew: they still know addresses
 * of memory that somebody else will have. Not for a panic, which trusts nothing any more.
 */
#pragma once

struct shutdown {
	struct shutdown *next;
	/* Interrupts are off, other CPUs run on. Must neither sleep, nor log, nor wait for long. */
	void (*run)(struct shutdown *);
};

void shutdown_add(struct shutdown *);  /* for good */
void shutdown_run(void);               /* last added first */
