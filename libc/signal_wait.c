/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting for signals: accepting them, and until one has been handled. */
#include "libc/cancel.h"
#include "libc/signal.h"
#include "libc/timespec.h"
#include <unistd.h>

static int accept_until(sigset_t set, uint64_t deadline_ns)
{
	struct signal_taker t = { .accepts = set };
	int sig, ended = 0;

	cancel_point();
	while ((sig = signal_take(set)) == 0 && ended != -ETIMEDOUT) {
		ended = signal_sleep(&t, deadline_ns);
		if (ended == -EINTR)
			cancel_point();
	}
	return sig ? sig : -EAGAIN;
}

static int tell(int sig, siginfo_t *info)
{
	if (sig > 0 && info)
		*info = (siginfo_t){ .si_signo = sig, .si_code = SI_USER };
	return libc_result(sig);
}

/* Returns the error itself, as POSIX wants. */
int sigwait(const sigset_t *set, int *sig)
{
	*sig = accept_until(*set, DEADLINE_NEVER);
	return 0;
}

int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	return tell(accept_until(*set, DEADLINE_NEVER), info);
}

int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	if (!timespec_valid(timeout))
		return libc_result(-EINVAL);
	return tell(accept_until(*set, deadline_after(timespec_to_ns(timeout))), info);
}

int sigsuspend(const sigset_t *mask)
{
	sigset_t before = signal_blocked;
	struct signal_taker t = { .accepts = ~*mask };
	int sig, ended = 0;

	signal_blocked = *mask;
	while ((sig = signal_take(t.accepts)) == 0 && ended != -EINTR)
		ended = signal_sleep(&t, DEADLINE_NEVER);
	if (sig)
		raise(sig);
	signal_blocked = before;
	return cancel_result(-EINTR);
}

int pause(void)
{
	return sigsuspend(&signal_blocked);
}
