/* SPDX-License-Identifier: BSD-2-Clause */
/* timer_create() and its kin, alarm(), setitimer(), and how punctual sleeping is. */
#include "check.h"
#include "pthread_time.h"
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static sem_t expired;
static atomic_int expirations, value_seen;
static atomic_int alarms;

static void note(union sigval value)
{
	atomic_fetch_add(&expirations, 1);
	atomic_store(&value_seen, value.sival_int);
	sem_post(&expired);
}

static void note_alarm(int sig)
{
	if (sig == SIGALRM)
		atomic_fetch_add(&alarms, 1);
}

static timer_t make(clockid_t clock, int how)
{
	struct sigevent event;
	timer_t t = 0;

	memset(&event, 0, sizeof event);
	event.sigev_notify = how;
	event.sigev_signo = SIGALRM;
	event.sigev_value.sival_int = 77;
	event.sigev_notify_function = note;
	CHECK_EQ(timer_create(clock, &event, &t), 0);
	return t;
}

static struct itimerspec every_ms(long first, long interval)
{
	return (struct itimerspec){
		.it_value = { first / 1000, first % 1000 * 1000000 },
		.it_interval = { interval / 1000, interval % 1000 * 1000000 },
	};
}

static void check_once(clockid_t clock, bool absolute)
{
	timer_t t = make(clock, SIGEV_THREAD);
	struct itimerspec setting = every_ms(20, 0), left;
	int64_t before = clock_ms(CLOCK_MONOTONIC);

	atomic_store(&expirations, 0);
	if (absolute)
		setting.it_value = in_ms(clock, 20);
	CHECK_EQ(timer_settime(t, absolute ? TIMER_ABSTIME : 0, &setting, NULL), 0);
	CHECK_EQ(timer_gettime(t, &left), 0);
	CHECK(left.it_value.tv_sec == 0 && left.it_value.tv_nsec <= 20000000);
	CHECK_EQ(sem_wait(&expired), 0);
	CHECK(clock_ms(CLOCK_MONOTONIC) - before >= 19);
	CHECK_EQ(value_seen, 77);
	CHECK_EQ(timer_gettime(t, &left), 0);
	CHECK(left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0);
	sleep_ms(10);
	CHECK_EQ(expirations, 1);
	CHECK_EQ(timer_delete(t), 0);
}

/* Every expiration is notified of or counted as missed. */
static void check_periodic(void)
{
	timer_t t = make(CLOCK_MONOTONIC, SIGEV_THREAD);
	struct itimerspec setting = every_ms(2, 2), old;
	int64_t before = clock_ms(CLOCK_MONOTONIC), elapsed;

	atomic_store(&expirations, 0);
	CHECK_EQ(timer_settime(t, 0, &setting, NULL), 0);
	for (int i = 0; i < 20; i++)
		CHECK_EQ(sem_wait(&expired), 0);
	elapsed = clock_ms(CLOCK_MONOTONIC) - before;
	CHECK(elapsed >= 39);
	CHECK(timer_getoverrun(t) >= 0);
	setting = every_ms(0, 0);
	CHECK_EQ(timer_settime(t, 0, &setting, &old), 0);
	CHECK_EQ(old.it_interval.tv_nsec, 2000000);
	CHECK(old.it_value.tv_nsec > 0 && old.it_value.tv_nsec <= 2000000);
	sleep_ms(10);
	while (sem_trywait(&expired) == 0)
		;
	atomic_store(&expirations, 0);
	sleep_ms(10);
	CHECK_EQ(expirations, 0);
	CHECK_EQ(timer_delete(t), 0);
	CHECK_ERRNO(timer_delete((timer_t)0), EINVAL);
}

/* Much shorter than anybody can follow: missed, not fatal. */
static void check_overrun(void)
{
	timer_t t = make(CLOCK_MONOTONIC, SIGEV_SIGNAL);
	struct itimerspec setting = { { 0, 1000 }, { 0, 1000 } };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	CHECK_EQ(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_EQ(timer_settime(t, 0, &setting, NULL), 0);
	sleep_ms(5);
	CHECK_EQ(sigwaitinfo(&set, NULL), SIGALRM);
	CHECK(timer_getoverrun(t) > 0);
	CHECK_EQ(timer_delete(t), 0);
	while (sigtimedwait(&set, NULL, &(struct timespec){ 0, 1000000 }) == SIGALRM)
		;
	CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
}

static void check_none(void)
{
	timer_t t = make(CLOCK_REALTIME, SIGEV_NONE);
	struct itimerspec setting = every_ms(1000, 500), now;
	struct sigevent bad = { .sigev_notify = 99 };
	timer_t none;

	CHECK_EQ(timer_settime(t, 0, &setting, NULL), 0);
	CHECK_EQ(timer_gettime(t, &now), 0);
	CHECK(now.it_value.tv_sec * 1000000000ll + now.it_value.tv_nsec <= 1000000000);
	CHECK_EQ(now.it_interval.tv_nsec, 500000000);
	setting.it_value.tv_nsec = -1;
	CHECK_ERRNO(timer_settime(t, 0, &setting, NULL), EINVAL);
	CHECK_EQ(timer_delete(t), 0);
	CHECK_ERRNO(timer_create(CLOCK_REALTIME, &bad, &none), EINVAL);
	CHECK_ERRNO(timer_create((clockid_t)12, NULL, &none), EINVAL);
}

static void wait_for_alarms(int n)
{
	for (int i = 0; i < 2000 && atomic_load(&alarms) < n; i++)
		sleep_ms(2);
	CHECK(alarms >= n);
	atomic_store(&alarms, 0);
}

static void check_signal(void)
{
	timer_t t = make(CLOCK_MONOTONIC, SIGEV_SIGNAL);
	struct itimerspec setting = every_ms(5, 0);
	struct itimerval interval = { { 0, 3000 }, { 0, 3000 } }, stop = { { 0, 0 }, { 0, 0 } }, old;

	signal(SIGALRM, note_alarm);
	CHECK_EQ(timer_settime(t, 0, &setting, NULL), 0);
	wait_for_alarms(1);
	CHECK_EQ(timer_delete(t), 0);
	CHECK_EQ(alarm(100), 0);
	CHECK_EQ(alarm(1), 100);
	wait_for_alarms(1);
	CHECK_EQ(alarm(0), 0);
	CHECK_EQ(setitimer(ITIMER_REAL, &interval, NULL), 0);
	wait_for_alarms(3);
	CHECK_EQ(getitimer(ITIMER_REAL, &old), 0);
	CHECK_EQ(old.it_interval.tv_usec, 3000);
	CHECK_EQ(setitimer(ITIMER_REAL, &stop, &old), 0);
	CHECK_EQ(old.it_interval.tv_usec, 3000);
	CHECK_ERRNO(setitimer(99, &stop, NULL), EINVAL);
}

/* Never early. How late it is depends on the host; the best of many says what the guest adds. */
static void check_sleep(clockid_t clock, int flags)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < 20; i++) {
		struct timespec at = { 0, 2000000 };
		int64_t wanted = clock_ns(clock) + 2000000, late;

		if (flags & TIMER_ABSTIME)
			at = (struct timespec){ wanted / 1000000000, wanted % 1000000000 };
		CHECK_EQ(clock_nanosleep(clock, flags, &at, NULL), 0);
		late = clock_ns(clock) - wanted;
		CHECK(late >= 0);
		if (late < best)
			best = late;
	}
	printf("late by %lld us at best\n", (long long)best / 1000);
	CHECK(best < 5000000);
}

static void check_sleep_edges(void)
{
	struct timespec past = { 1, 0 }, bad = { 0, 1000000000 }, left = { 9, 9 };

	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &(struct timespec){ 0, 1 }, NULL), 0);
	CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &past, NULL), 0);
	CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, 0, &bad, NULL), EINVAL);
	CHECK_EQ(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &past, &left), EINVAL);
}

int main(void)
{
	CHECK_EQ(sem_init(&expired, 0, 0), 0);
	check_once(CLOCK_MONOTONIC, false);
	check_once(CLOCK_REALTIME, false);
	check_once(CLOCK_MONOTONIC, true);
	check_once(CLOCK_REALTIME, true);
	check_periodic();
	check_overrun();
	check_none();
	check_signal();
	check_sleep(CLOCK_MONOTONIC, 0);
	check_sleep(CLOCK_MONOTONIC, TIMER_ABSTIME);
	check_sleep(CLOCK_REALTIME, TIMER_ABSTIME);
	check_sleep_edges();
	return verdict();
}
