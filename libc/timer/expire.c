/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers at work. The interrupt counts expirations and passes the timer on to a thread, which sends
 * the signal or starts the thread that was asked for. That thread is as urgent as an app's can be:
 * a signal's handler, which runs on it, does not wait for what it is to interrupt. A timer that
 * expires again before its turn has come is notified of once, and has missed the rest.
 *
 * Lock order: lock -> kernel/timer.c's.
 */
#include "kernel/clock.h"
#include "kernel/futex.h"
#include "kernel/mutex.h"
#include "kernel/spinlock.h"
#include "kernel/thread.h"
#include "libc/signal.h"
#include "libc/timer/timer.h"
#include <errno.h>
#include <limits.h>

/* However short an interval: the rest of them is missed, and the machine not lost. */
#define SHORTEST_NS 20000u

/* For the handlers that run on it; with its guard page a power of two. */
#define SERVER_STACK (60u << 10)

static struct spinlock lock = SPINLOCK_INIT;
static struct list due = LIST_INIT(due);
static atomic_uint expirations; /* futex: the thread waits for it to change */

/* How many intervals end before now; the deadline becomes the next end. */
static unsigned skip(struct posix_timer *t, uint64_t now)
{
	uint64_t n = 0;

	t->deadline_ns += t->interval_ns;
	if (t->deadline_ns < now) {
		n = (now - t->deadline_ns) / t->interval_ns + 1;
		t->deadline_ns += n * t->interval_ns;
	}
	return n < DELAYTIMER_MAX ? (unsigned)n : DELAYTIMER_MAX;
}

static void pass_on(struct posix_timer *t)
{
	if (t->event.sigev_notify == SIGEV_NONE)
		return;
	if (!list_empty(&t->due)) {
		t->missed += t->missed < DELAYTIMER_MAX;
		return;
	}
	list_push_back(&due, &t->due);
	atomic_fetch_add(&expirations, 1);
	futex_wake(&expirations, 1);
}

static void fire(struct timer *timer)
{
	struct posix_timer *t = container_of(timer, struct posix_timer, timer);
	irq_state s = spin_lock(&lock);

	pass_on(t);
	if (t->interval_ns) {
		unsigned n = skip(t, clock_now_ns() + SHORTEST_NS);

		t->missed = n < DELAYTIMER_MAX - t->missed ? t->missed + n : DELAYTIMER_MAX;
		timer_start(timer, t->deadline_ns);
	} else {
		t->deadline_ns = 0;
	}
	spin_unlock(&lock, s);
}

/* What to do of the first that is due. The timer may be deleted from here on. */
static bool take_due(struct sigevent *event, pthread_attr_t *attr)
{
	irq_state s = spin_lock(&lock);
	bool found = !list_empty(&due);

	if (found) {
		struct posix_timer *t = container_of(due.next, struct posix_timer, due);

		list_remove(&t->due);
		t->overrun = t->missed;
		t->missed = 0;
		*event = t->event;
		*attr = t->attr;
	}
	spin_unlock(&lock, s);
	return found;
}

static void notify(const struct sigevent *event, const pthread_attr_t *attr)
{
	if (event->sigev_notify == SIGEV_SIGNAL)
		signal_send_process(event->sigev_signo);
	else if (timer_start_thread)
		timer_start_thread(event, attr);
}

static void serve(void *unused)
{
	struct sigevent event;
	pthread_attr_t attr;

	(void)unused;
	for (;;) {
		unsigned seen = atomic_load(&expirations);

		while (take_due(&event, &attr))
			notify(&event, &attr);
		futex_wait(&expirations, seen, DEADLINE_NEVER);
	}
}

int posix_timer_prepare(void)
{
	static struct mutex starting = MUTEX_INIT;
	static struct thread *server;
	int error;

	mutex_lock(&starting);
	if (!server)
		server = thread_create("timers", PRIO_DEVICE - 1, SERVER_STACK, serve, NULL);
	error = server ? 0 : -ENOMEM;
	mutex_unlock(&starting);
	return error;
}

void posix_timer_init(struct posix_timer *t)
{
	t->timer.fire = fire;
	list_init(&t->due);
}

/* After timer_stop() the interrupt does not look at it any more. */
void posix_timer_set(struct posix_timer *t, const struct timer_setting *setting)
{
	irq_state s;

	timer_stop(&t->timer);
	s = spin_lock(&lock);
	list_remove(&t->due);
	t->deadline_ns = setting->deadline_ns;
	t->interval_ns = setting->interval_ns;
	t->missed = t->overrun = 0;
	if (t->deadline_ns)
		timer_start(&t->timer, t->deadline_ns);
	spin_unlock(&lock, s);
}

struct timer_setting posix_timer_get(struct posix_timer *t)
{
	irq_state s = spin_lock(&lock);
	struct timer_setting now = { t->deadline_ns, t->interval_ns };
	uint64_t at = clock_now_ns();

	spin_unlock(&lock, s);
	if (now.deadline_ns)
		now.deadline_ns = now.deadline_ns > at ? now.deadline_ns - at : 1;
	return now;
}
