/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals, as far as a program sends them to itself: raise() and kill() run the handler or the
 * default action on the calling thread. Nothing else sends any: a broken pipe is EPIPE, a fault is
 * the kernel's panic. newlib's own keep handlers per thread, which is not POSIX.
 */
#include "libc/signal.h"
#include "kernel/log.h"
#include "kernel/mutex.h"
#include "libc/result.h"
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#define BIT(sig) (1ul << (sig))
#define IGNORED_BY_DEFAULT                                                                         \
	(BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH) | BIT(SIGSTOP) | BIT(SIGTSTP) | \
	 BIT(SIGTTIN) | BIT(SIGTTOU))
#define NEVER_BLOCKED (BIT(SIGKILL) | BIT(SIGSTOP))

static struct sigaction actions[NSIG];
static struct mutex lock = MUTEX_INIT;
static _Thread_local sigset_t pending;

static bool valid(int sig)
{
	return sig > 0 && sig < NSIG;
}

_Noreturn void signal_die(int sig)
{
	log_err("app: ended by signal %d", sig);
	_exit(128 + sig);
}

/* Copies the action and applies SA_RESETHAND. */
static struct sigaction take_action(int sig)
{
	struct sigaction action;

	mutex_lock(&lock);
	action = actions[sig];
	if (action.sa_flags & (int)SA_RESETHAND)
		actions[sig].sa_handler = SIG_DFL;
	mutex_unlock(&lock);
	return action;
}

static void deliver(int sig)
{
	struct sigaction action = take_action(sig);
	sigset_t before = signal_blocked;

	if (action.sa_handler == SIG_IGN)
		return;
	if (action.sa_handler == SIG_DFL) {
		if (!(IGNORED_BY_DEFAULT & BIT(sig)))
			signal_die(sig);
		return;
	}
	signal_blocked |= action.sa_mask | (action.sa_flags & SA_NODEFER ? 0 : BIT(sig));
	action.sa_handler(sig);
	signal_blocked = before;
}

static void deliver_pending(void)
{
	sigset_t ready;

	while ((ready = pending & ~signal_blocked)) {
		int sig = __builtin_ctzl(ready);

		pending &= ~BIT(sig);
		deliver(sig);
	}
}

int raise(int sig)
{
	if (!valid(sig))
		return libc_result(-EINVAL);
	pending |= BIT(sig);
	deliver_pending();
	return 0;
}

int kill(pid_t pid, int sig)
{
	if (sig != 0 && !valid(sig))
		return libc_result(-EINVAL);
	if (pid > 1 || pid < -1)
		return libc_result(-ESRCH);
	return sig ? raise(sig) : 0;
}

int sigaction(int sig, const struct sigaction *restrict new_action,
	      struct sigaction *restrict old_action)
{
	struct sigaction old;

	if (!valid(sig) || (new_action && (NEVER_BLOCKED & BIT(sig))))
		return libc_result(-EINVAL);
	mutex_lock(&lock);
	old = actions[sig];
	if (new_action)
		actions[sig] = *new_action;
	mutex_unlock(&lock);
	if (old_action)
		*old_action = old;
	return 0;
}

_sig_func_ptr signal(int sig, _sig_func_ptr handler)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART }, old = { 0 };

	return sigaction(sig, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	sigset_t before = signal_blocked;

	if (set) {
		if (how == SIG_BLOCK)
			signal_blocked |= *set;
		else if (how == SIG_UNBLOCK)
			signal_blocked &= ~*set;
		else if (how == SIG_SETMASK)
			signal_blocked = *set;
		else
			return libc_result(-EINVAL);
		signal_blocked &= ~NEVER_BLOCKED;
		deliver_pending();
	}
	if (old)
		*old = before;
	return 0;
}

int sigpending(sigset_t *set)
{
	*set = pending;
	return 0;
}
