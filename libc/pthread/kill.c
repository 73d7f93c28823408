/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals for a thread, which handles them at its next call that may block (libc/signal.h). */
#include "libc/pthread/pthread.h"
#include "libc/signal.h"
#include <errno.h>

int pthread_kill(pthread_t p, int sig)
{
	if (sig != 0 && !signal_valid(sig))
		return EINVAL;
	if (atomic_load(&p->state) == PTHREAD_EXITED)
		return ESRCH;
	if (sig == 0)
		return 0;
	if (p == self())
		return raise(sig);
	signal_send_thread(p->thread, sig);
	return 0;
}

int pthread_sigmask(int how, const sigset_t *restrict set, sigset_t *restrict old)
{
	return sigprocmask(how, set, old) == 0 ? 0 : EINVAL;
}
