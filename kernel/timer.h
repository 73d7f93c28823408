/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One-shot timers: one ordered structure per CPU over one hardware timer. No tick: an idle CPU
 * takes no timer interrupt.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct timer_queue;

/* Zero but for fire before its first start. */
struct timer {
	void (*fire)(struct timer *);    /* in the timer interrupt; may start the timer again */
	uint64_t deadline_ns;            /* clock_now_ns() time */
	/* timer.c's own: */
	struct timer *child, *next, *prev;
	struct timer_queue *queue;       /* where it runs or last ran */
	bool running;
};

/* Runs it on this CPU; moves it when it runs already. */
void timer_start(struct timer *, uint64_t deadline_ns);

/* True: it had not fired. False: it is not running, nor is fire any more (but for the caller). */
bool timer_stop(struct timer *);

/* Called by the hardware timer's interrupt: fires what is due and programs the next deadline. */
void timer_interrupt(void);

/* For a frozen system: the earliest of a queue; below it are its child, and that one's next. */
const struct timer *timer_first(const struct timer_queue *);

struct cpu;
int timer_init(struct cpu *); /* 0 or -ENOMEM */
