/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals from the terminal: Ctrl-C, Ctrl-\, a new window size. The interrupt passes them on to a
 * thread, which is as urgent as an app's can be, as handlers run on it: what they are to interrupt
 * may be computing.
 */
#include "kernel/app.h"
#include "kernel/futex.h"
#include "kernel/mutex.h"
#include "kernel/thread.h"
#include "libc/signal.h"

#define SERVER_STACK (60u << 10) /* with its guard page a power of two */

static atomic_uint owed; /* bits; a futex */
static struct thread *_Atomic server;
static struct mutex starting = MUTEX_INIT;

static void serve(void *unused)
{
	(void)unused;
	for (;;) {
		for (unsigned set = atomic_exchange(&owed, 0); set; set &= set - 1)
			signal_send_process(__builtin_ctz(set));
		futex_wait(&owed, 0, DEADLINE_NEVER);
	}
}

/* Without memory for it the terminal's signals do what they do by default. */
void signal_terminal_prepare(void)
{
	mutex_lock(&starting);
	if (!server)
		server = thread_create("signals", PRIO_DEVICE - 1, SERVER_STACK, serve, NULL);
	mutex_unlock(&starting);
}

bool app_signal(int sig)
{
	if (!server || !signal_expected(sig))
		return false;
	atomic_fetch_or(&owed, 1u << sig);
	futex_wake(&owed, 1);
	return true;
}
