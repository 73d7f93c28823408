/* SPDX-License-Identifier: BSD-2-Clause */
/* One-shot timers: one ordered structure per CPU over one hardware timer. No tick: an idle CPU takes no timer interrupt. */
#pragma once

#include "kernel/list.h"
#include <stdbool.h>
#include <stdint.h>

struct timer {
	struct list node;
	uint64_t deadline_ns;            /* clock_now_ns() time */
	void (*fire)(struct timer *);    /* runs in the timer interrupt: must not sleep */
};

void timer_start(struct timer *, uint64_t deadline_ns); /* moves it when it runs already */
bool timer_stop(struct timer *);                        /* true: it had not fired */

/* Called by the hardware timer's interrupt: fires what is due and programs the next deadline. */
void timer_interrupt(void);
