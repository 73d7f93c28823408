/* SPDX-License-Identifier: BSD-2-Clause */
/* POSIX's timers inside: timer_create()'s, and the one behind alarm() and setitimer(). */
#pragma once

#include "kernel/list.h"
#include "kernel/timer.h"
#include <pthread.h>
#include <signal.h>

struct posix_timer {
	struct list node;           /* among those created */
	clockid_t clock;
	struct sigevent event;
	pthread_attr_t attr;        /* of SIGEV_THREAD's threads */
	/* Changed by the interrupt too: */
	struct timer timer;
	uint64_t deadline_ns;       /* 0: not armed */
	uint64_t interval_ns;       /* 0: once */
	struct list due;            /* waits for the thread that notifies */
	unsigned missed, overrun;   /* of the next notification, and of the last one */
};

struct timer_setting {
	uint64_t deadline_ns, interval_ns;
};

void posix_timer_init(struct posix_timer *);
int posix_timer_prepare(void); /* the thread that notifies; 0 or -ENOMEM */
void posix_timer_set(struct posix_timer *, const struct timer_setting *);

/* SIGEV_THREAD's notification. Absent where nobody calls timer_create(). */
void timer_start_thread(const struct sigevent *, const pthread_attr_t *) __attribute__((weak));

/* What is left until its next expiration, and its interval. */
struct timer_setting posix_timer_get(struct posix_timer *);
