/* SPDX-License-Identifier: BSD-2-Clause */
/* Cancellation at each kind of call that waits, cleanup handlers, and signals between threads. */
#include "check.h"
#include "pthread_time.h"
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/select.h>
#include <unistd.h>

static atomic_int cleaned;
static atomic_bool there;
static int pipe_ends[2];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static sem_t sem;
static pthread_t sleeper;

static void clean(void *arg)
{
	atomic_store(&cleaned, atomic_load(&cleaned) * 10 + (int)(intptr_t)arg);
}

/* --- calls that wait --- */

static void *in_read(void *unused)
{
	char c;

	read(pipe_ends[0], &c, 1);
	return unused;
}

static void *in_poll(void *unused)
{
	poll(&(struct pollfd){ .fd = pipe_ends[0], .events = POLLIN }, 1, -1);
	return unused;
}

static void *in_select(void *unused)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(pipe_ends[0], &set);
	select(pipe_ends[0] + 1, &set, NULL, NULL, NULL);
	return unused;
}

static void *in_sleep(void *unused)
{
	sleep(1000);
	return unused;
}

static void *in_nanosleep(void *unused)
{
	struct timespec at = in_ms(CLOCK_MONOTONIC, 1000000);

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	return unused;
}

static void *in_sem_wait(void *unused)
{
	sem_wait(&sem);
	return unused;
}

static void *in_join(void *unused)
{
	pthread_join(sleeper, NULL);
	return unused;
}

static void *in_sigwait(void *unused)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigwait(&set, &sig);
	return unused;
}

static void *in_pause(void *unused)
{
	pause();
	return unused;
}

static void unlock(void *m)
{
	clean((void *)1);
	CHECK_EQ(pthread_mutex_unlock(m), 0);
}

static void *in_cond_wait(void *unused)
{
	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(unlock, &mutex);
	for (;;)
		pthread_cond_wait(&cond, &mutex);
	pthread_cleanup_pop(0);
	return unused;
}

static void *in_testcancel(void *unused)
{
	for (;;) {
		pthread_testcancel();
		sched_yield();
	}
	return unused;
}

static void *(*const waits[])(void *) = {
	in_read, in_poll, in_select, in_sleep, in_nanosleep, in_sem_wait, in_join, in_sigwait, in_pause,
	in_cond_wait, in_testcancel,
};

/* early: the request comes before the call, most likely. */
static void check_wait(void *(*wait)(void *), bool early)
{
	void *result = NULL;
	pthread_t t;

	atomic_store(&cleaned, 0);
	CHECK_EQ(pthread_create(&t, NULL, wait, NULL), 0);
	if (!early)
		sleep_ms(3);
	CHECK_EQ(pthread_cancel(t), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK(result == PTHREAD_CANCELED);
	if (wait == in_cond_wait) {
		CHECK_EQ(cleaned, 1);
		CHECK_EQ(pthread_mutex_trylock(&mutex), 0);
		CHECK_EQ(pthread_mutex_unlock(&mutex), 0);
	}
}

static void check_waits(void)
{
	void *result;

	CHECK_EQ(pipe(pipe_ends), 0);
	CHECK_EQ(sem_init(&sem, 0, 0), 0);
	CHECK_EQ(pthread_create(&sleeper, NULL, in_sleep, NULL), 0);
	for (unsigned i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		check_wait(waits[i], false);
		check_wait(waits[i], true);
	}
	CHECK_EQ(pthread_cancel(sleeper), 0);
	CHECK_EQ(pthread_join(sleeper, &result), 0);
	CHECK_EQ(sem_destroy(&sem), 0);
	CHECK_EQ(pthread_cond_destroy(&cond), 0);
}

/* --- states and handlers --- */

static void *not_now(void *unused)
{
	int old = -1;

	CHECK_EQ(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old), 0);
	CHECK_EQ(old, PTHREAD_CANCEL_ENABLE);
	pthread_cleanup_push(clean, (void *)1);
	pthread_cleanup_push(clean, (void *)2);
	atomic_store(&there, true);
	sleep_ms(30);
	pthread_testcancel();
	pthread_cleanup_push(clean, (void *)3);
	pthread_cleanup_pop(1);
	pthread_cleanup_push(clean, (void *)4);
	pthread_cleanup_pop(0);
	CHECK_EQ(cleaned, 3);
	CHECK_EQ(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL), 0);
	CHECK_EQ(pthread_setcancelstate(77, NULL), EINVAL);
	pthread_testcancel();
	CHECK(!"cancelled");
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
	return unused;
}

static void check_state(void)
{
	void *result = NULL;
	int64_t before;
	pthread_t t;

	atomic_store(&cleaned, 0);
	before = clock_ms(CLOCK_MONOTONIC);
	CHECK_EQ(pthread_create(&t, NULL, not_now, NULL), 0);
	while (!atomic_load(&there))
		sleep_ms(1);
	CHECK_EQ(pthread_cancel(t), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK(result == PTHREAD_CANCELED);
	CHECK(clock_ms(CLOCK_MONOTONIC) - before >= 30);
	CHECK_EQ(cleaned, 321);
}

static pthread_key_t key;

static void *exit_with_handlers(void *unused)
{
	CHECK_EQ(pthread_setspecific(key, (void *)3), 0);
	pthread_cleanup_push(clean, (void *)2);
	pthread_cleanup_push(clean, (void *)1);
	pthread_exit(unused);
	pthread_cleanup_pop(0);
	pthread_cleanup_pop(0);
}

/* Handlers first, the last one first, then keys. */
static void check_order_at_exit(void)
{
	pthread_t t;

	atomic_store(&cleaned, 0);
	CHECK_EQ(pthread_key_create(&key, clean), 0);
	CHECK_EQ(pthread_create(&t, NULL, exit_with_handlers, NULL), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(cleaned, 123);
	CHECK_EQ(pthread_key_delete(key), 0);
}

/* --- signals --- */

static atomic_int handled;
static pthread_t handled_by;

static void handle(int sig)
{
	handled_by = pthread_self();
	atomic_store(&handled, sig);
}

static void *call_until_handled(void *unused)
{
	atomic_store(&there, true);
	while (!atomic_load(&handled))
		sleep_ms(1);
	return unused;
}

static void check_kill(void)
{
	pthread_t t;

	signal(SIGUSR1, handle);
	atomic_store(&there, false);
	CHECK_EQ(pthread_create(&t, NULL, call_until_handled, NULL), 0);
	while (!atomic_load(&there))
		sleep_ms(1);
	CHECK_EQ(pthread_kill(t, 0), 0);
	CHECK_EQ(pthread_kill(t, 9999), EINVAL);
	CHECK_EQ(pthread_kill(t, SIGUSR1), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(handled, SIGUSR1);
	CHECK(pthread_equal(handled_by, t));
	atomic_store(&handled, 0);
	CHECK_EQ(pthread_kill(pthread_self(), SIGUSR1), 0);
	CHECK_EQ(handled, SIGUSR1);
}

static void *wait_and_tell(void *set)
{
	int sig = 0;

	CHECK_EQ(sigwait(set, &sig), 0);
	return (void *)(intptr_t)sig;
}

static void *pause_and_tell(void *unused)
{
	sigset_t none;

	(void)unused;
	sigemptyset(&none);
	atomic_store(&there, true);
	CHECK_ERRNO(sigsuspend(&none), EINTR);
	return (void *)(intptr_t)atomic_load(&handled);
}

static void check_accepting(void)
{
	struct timespec soon = { 0, 5000000 };
	sigset_t set, before, pending;
	void *result;
	pthread_t t;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	CHECK_EQ(pthread_sigmask(77, &set, NULL), EINVAL);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, &before), 0);
	CHECK_ERRNO(sigtimedwait(&set, NULL, &soon), EAGAIN);
	atomic_store(&handled, 0);
	CHECK_EQ(kill(getpid(), SIGUSR2), 0);
	CHECK_EQ(sigpending(&pending), 0);
	CHECK(sigismember(&pending, SIGUSR2) && !sigismember(&pending, SIGUSR1));
	CHECK_EQ(sigwaitinfo(&set, NULL), SIGUSR2);
	CHECK_EQ(pthread_create(&t, NULL, wait_and_tell, &set), 0);
	sleep_ms(5);
	CHECK_EQ(kill(getpid(), SIGUSR2), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK_EQ((intptr_t)result, SIGUSR2);
	atomic_store(&there, false);
	CHECK_EQ(pthread_create(&t, NULL, pause_and_tell, NULL), 0);
	while (!atomic_load(&there))
		sleep_ms(1);
	CHECK_EQ(pthread_kill(t, SIGUSR1), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK_EQ((intptr_t)result, SIGUSR1);
	atomic_store(&handled, 0);
	CHECK_EQ(kill(getpid(), SIGUSR1), 0);
	CHECK_EQ(handled, 0);
	CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
	CHECK_EQ(handled, SIGUSR1);
}

int main(void)
{
	check_waits();
	check_state();
	check_order_at_exit();
	check_kill();
	check_accepting();
	return verdict();
}
