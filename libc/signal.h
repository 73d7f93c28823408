/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals inside. No thread is torn out of what it does: a signal is handled by a thread that asks
 * for it (raise(), a changed mask, sigwait(), any call that may block), or, one for the process
 * from a timer, on the timers' own thread.
 */
#pragma once

#include "kernel/list.h"
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define SIGNAL_BIT(sig) (1ul << (sig))

struct thread;

extern _Thread_local sigset_t signal_blocked; /* a new thread has its creator's */
extern _Thread_local _Atomic sigset_t signal_pending;
extern sigset_t *signal_main_blocked; /* main()'s */

static inline bool signal_valid(int sig)
{
	return sig > 0 && sig < NSIG;
}

/* The default action: one line on the console, status 128 + sig. */
_Noreturn void signal_die(int sig);

/* Runs the caller's pending signals that it does not block. Absent where nobody sends any. */
void signal_deliver_pending(void) __attribute__((weak));

/* For another thread, which must not end; and, by a thread of ours, for the process. */
void signal_send_thread(struct thread *, int sig);
void signal_send_process(int sig);

/* A thread that waits for signals: those for the process are left to it. */
struct signal_taker {
	struct list node;
	sigset_t accepts;
};

/* Sleeps until a signal that t accepts may be pending; 0, -ETIMEDOUT or -EINTR. */
int signal_sleep(struct signal_taker *t, uint64_t deadline_ns);
int signal_take(sigset_t accepted); /* one that is pending, which it is no more; 0: none */

/* Somebody handles or ignores it, or waits for it. Takes no lock: for interrupts. */
bool signal_expected(int sig);

/* From now on the terminal's signals can come (signal_terminal.c). */
void signal_terminal_prepare(void);
