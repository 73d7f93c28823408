/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals: actions, masks, and how one gets to a thread (libc/signal.h). Nothing but the program
 * sends any: a broken pipe is EPIPE, a fault is the kernel's panic. newlib's own keep handlers per
 * thread, which is not POSIX.
 */
#include "libc/signal.h"
#include "kernel/futex.h"
#include "kernel/log.h"
#include "kernel/mutex.h"
#include "kernel/thread.h"
#include "libc/result.h"
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#define BIT SIGNAL_BIT
#define IGNORED_BY_DEFAULT                                                                         \
	(BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH) | BIT(SIGSTOP) | BIT(SIGTSTP) | \
	 BIT(SIGTTIN) | BIT(SIGTTOU))
#define FROM_TERMINAL (BIT(SIGINT) | BIT(SIGQUIT) | BIT(SIGWINCH))
#define NEVER_BLOCKED (BIT(SIGKILL) | BIT(SIGSTOP))

static struct mutex lock = MUTEX_INIT; /* of the actions and the takers */
static struct sigaction actions[NSIG];
static struct list takers = LIST_INIT(takers);
static _Atomic sigset_t process_pending;
static atomic_uint arrivals; /* futex: who waits for signals looks again when it changes */

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

static bool claim(_Atomic sigset_t *set, int sig)
{
	return atomic_fetch_and(set, ~BIT(sig)) & BIT(sig);
}

int signal_take(sigset_t accepted)
{
	sigset_t ready;

	while ((ready = (signal_pending | process_pending) & accepted)) {
		int sig = __builtin_ctzl(ready);

		if (claim(&signal_pending, sig) || claim(&process_pending, sig))
			return sig;
	}
	return 0;
}

void signal_deliver_pending(void)
{
	int sig;

	while ((sig = signal_take(~signal_blocked)) != 0)
		deliver(sig);
}

static void announce(void)
{
	atomic_fetch_add(&arrivals, 1);
	futex_wake(&arrivals, UINT_MAX);
}

int signal_sleep(struct signal_taker *t, uint64_t deadline_ns)
{
	unsigned seen = atomic_load(&arrivals);
	int ended = 0;

	if (t->accepts & FROM_TERMINAL)
		signal_terminal_prepare();
	mutex_lock(&lock);
	list_push_back(&takers, &t->node);
	mutex_unlock(&lock);
	if (!((signal_pending | process_pending) & t->accepts))
		ended = futex_wait_interruptible(&arrivals, seen, deadline_ns);
	mutex_lock(&lock);
	list_remove(&t->node);
	mutex_unlock(&lock);
	return ended == -EAGAIN ? 0 : ended;
}

/* Ends here unless somebody handles it. */
static bool wanted(int sig, bool blocked)
{
	_sig_func_ptr handler;

	mutex_lock(&lock);
	handler = actions[sig].sa_handler;
	mutex_unlock(&lock);
	if (blocked)
		return true;
	if (handler == SIG_DFL && !(IGNORED_BY_DEFAULT & BIT(sig)))
		signal_die(sig);
	return handler != SIG_DFL && handler != SIG_IGN;
}

void signal_send_thread(struct thread *t, int sig)
{
	_Atomic sigset_t *pending = thread_local_of(t, &signal_pending);
	const sigset_t *blocked = thread_local_of(t, &signal_blocked);

	if (!wanted(sig, *blocked & BIT(sig)))
		return;
	atomic_fetch_or(pending, BIT(sig));
	announce();
}

/* Leaves it to a thread that waits for it, or, if main() blocks it, to whoever asks. */
static bool leave(int sig)
{
	bool left = *signal_main_blocked & BIT(sig);

	mutex_lock(&lock);
	list_for_each(n, &takers)
		left |= (container_of(n, struct signal_taker, node)->accepts & BIT(sig)) != 0;
	if (left)
		atomic_fetch_or(&process_pending, BIT(sig));
	mutex_unlock(&lock);
	if (left)
		announce();
	return left;
}

void signal_send_process(int sig)
{
	if (!leave(sig))
		deliver(sig);
}

int raise(int sig)
{
	if (!signal_valid(sig))
		return libc_result(-EINVAL);
	atomic_fetch_or(&signal_pending, BIT(sig));
	signal_deliver_pending();
	return 0;
}

/* The caller takes it itself, unless it would rather not. */
int kill(pid_t pid, int sig)
{
	if (sig != 0 && !signal_valid(sig))
		return libc_result(-EINVAL);
	if (pid > 1 || pid < -1)
		return libc_result(-ESRCH);
	if (sig == 0)
		return 0;
	if (!(signal_blocked & BIT(sig)))
		return raise(sig);
	atomic_fetch_or(&process_pending, BIT(sig));
	announce();
	return 0;
}

bool signal_expected(int sig)
{
	return actions[sig].sa_handler != SIG_DFL || *signal_main_blocked & BIT(sig) ||
	       !list_empty(&takers);
}

int sigaction(int sig, const struct sigaction *restrict new_action,
	      struct sigaction *restrict old_action)
{
	struct sigaction old;

	if (!signal_valid(sig) || (new_action && (NEVER_BLOCKED & BIT(sig))))
		return libc_result(-EINVAL);
	if (new_action && new_action->sa_handler != SIG_DFL && (FROM_TERMINAL & BIT(sig)))
		signal_terminal_prepare();
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
		signal_deliver_pending();
	}
	if (old)
		*old = before;
	return 0;
}

int sigpending(sigset_t *set)
{
	*set = signal_pending | process_pending;
	return 0;
}
