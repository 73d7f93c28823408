/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: making them, ending them, waiting for them; attributes, once, keys, scheduling. */
#include "check.h"
#include "pthread_time.h"
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- create, join, detach --- */

static void *give_back(void *arg)
{
	return arg;
}

static void *leave_early(void *arg)
{
	pthread_exit(arg);
}

static void *sleep_and_give(void *arg)
{
	sleep_ms(60);
	return arg;
}

static void *tell_self(void *arg)
{
	*(pthread_t *)arg = pthread_self();
	return NULL;
}

static void check_join(void)
{
	pthread_t t, seen;
	void *result = NULL;

	CHECK_EQ(pthread_create(&t, NULL, give_back, &seen), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK(result == &seen);
	CHECK_EQ(pthread_create(&t, NULL, leave_early, (void *)5), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK(result == (void *)5);
	CHECK_EQ(pthread_create(&t, NULL, tell_self, &seen), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK(pthread_equal(t, seen));
	CHECK(!pthread_equal(seen, pthread_self()));
	CHECK_EQ(pthread_join(pthread_self(), NULL), EDEADLK);
}

static void check_timed_join(void)
{
	struct timespec soon = in_ms(CLOCK_REALTIME, 10), later = in_ms(CLOCK_REALTIME, 20000);
	pthread_t t;
	void *result;

	CHECK_EQ(pthread_create(&t, NULL, sleep_and_give, (void *)9), 0);
	CHECK_EQ(pthread_tryjoin_np(t, &result), EBUSY);
	CHECK_EQ(pthread_timedjoin_np(t, &result, &soon), ETIMEDOUT);
	CHECK_EQ(pthread_timedjoin_np(t, &result, &later), 0);
	CHECK(result == (void *)9);
	CHECK_EQ(pthread_create(&t, NULL, give_back, NULL), 0);
	later = in_ms(CLOCK_MONOTONIC, 20000);
	CHECK_EQ(pthread_clockjoin_np(t, NULL, CLOCK_MONOTONIC, &later), 0);
	CHECK_EQ(pthread_create(&t, NULL, give_back, (void *)3), 0);
	while (pthread_tryjoin_np(t, &result) == EBUSY)
		sched_yield();
	CHECK(result == (void *)3);
}

static atomic_int done;

static void *count_done(void *arg)
{
	if (arg)
		sleep_ms(5);
	atomic_fetch_add(&done, 1);
	return NULL;
}

static void check_detach(void)
{
	pthread_attr_t attr;
	pthread_t t;
	int detached;

	pthread_attr_init(&attr);
	CHECK_EQ(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED), 0);
	pthread_attr_getdetachstate(&attr, &detached);
	CHECK_EQ(detached, PTHREAD_CREATE_DETACHED);
	CHECK_EQ(pthread_attr_setdetachstate(&attr, 77), EINVAL);
	CHECK_EQ(pthread_create(&t, &attr, count_done, NULL), 0);
	CHECK_EQ(pthread_create(&t, NULL, count_done, (void *)1), 0);
	CHECK_EQ(pthread_detach(t), 0);
	CHECK_EQ(pthread_create(&t, NULL, count_done, NULL), 0);
	sleep_ms(20);
	CHECK_EQ(pthread_detach(t), 0);
	for (int i = 0; i < 1000 && atomic_load(&done) < 3; i++)
		sleep_ms(5);
	CHECK_EQ(done, 3);
	pthread_attr_destroy(&attr);
}

/* --- many, some on each other --- */

static void *family(void *arg)
{
	uintptr_t depth = (uintptr_t)arg;
	pthread_t child[2];
	uintptr_t sum = 1;

	if (depth == 0)
		return (void *)1;
	for (int i = 0; i < 2; i++)
		if (pthread_create(&child[i], NULL, family, (void *)(depth - 1)) != 0)
			return (void *)0;
	for (int i = 0; i < 2; i++) {
		void *result;

		if (pthread_join(child[i], &result) != 0)
			return (void *)0;
		sum += (uintptr_t)result;
	}
	return (void *)sum;
}

/* --- attributes --- */

static void *measure_stack(void *arg)
{
	pthread_attr_t attr;
	void *stack;
	size_t size, *wanted = arg;
	char here;

	CHECK_EQ(pthread_getattr_np(pthread_self(), &attr), 0);
	CHECK_EQ(pthread_attr_getstack(&attr, &stack, &size), 0);
	CHECK(size >= *wanted);
	CHECK(&here > (char *)stack && &here < (char *)stack + size);
	pthread_attr_destroy(&attr);
	return NULL;
}

static void *use_stack(void *arg)
{
	volatile char big[200 << 10];

	memset((char *)big, 7, sizeof big);
	return (void *)(intptr_t)(big[0] + big[sizeof big - 1] + (arg != NULL));
}

static void *on_given_stack(void *arg)
{
	char here[64];

	snprintf(here, sizeof here, "%g", 1.5);
	CHECK(here >= (char *)arg && here < (char *)arg + 65536);
	CHECK(strcmp(here, "1.5") == 0);
	sleep_ms(5);
	return NULL;
}

static void check_stack_attributes(void)
{
	pthread_attr_t attr;
	size_t size = 256 << 10, guard;
	void *result, *stack;
	pthread_t t;

	pthread_attr_init(&attr);
	CHECK_EQ(pthread_attr_setstacksize(&attr, 1), EINVAL);
	CHECK_EQ(pthread_attr_setstacksize(&attr, size), 0);
	CHECK_EQ(pthread_attr_setguardsize(&attr, 4096), 0);
	CHECK_EQ(pthread_attr_getguardsize(&attr, &guard), 0);
	CHECK_EQ(guard, 4096);
	CHECK_EQ(pthread_create(&t, &attr, measure_stack, &size), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(pthread_create(&t, &attr, use_stack, NULL), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK_EQ((intptr_t)result, 14);
	stack = aligned_alloc(4096, 65536);
	CHECK_EQ(pthread_attr_setstack(&attr, stack, 65536), 0);
	CHECK_EQ(pthread_create(&t, &attr, on_given_stack, stack), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	free(stack);
	pthread_attr_destroy(&attr);
}

static void check_scheduling(void)
{
	struct sched_param param = { .sched_priority = 0 };
	pthread_attr_t attr;
	pthread_t t;
	int policy, value;
	cpu_set_t cpus;

	CHECK_EQ(pthread_getschedparam(pthread_self(), &policy, &param), 0);
	CHECK_EQ(policy, SCHED_OTHER);
	CHECK_EQ(param.sched_priority, 0);
	CHECK(sched_get_priority_max(SCHED_FIFO) - sched_get_priority_min(SCHED_FIFO) >= 31);
	CHECK(sched_get_priority_max(SCHED_RR) >= 32);
	CHECK_ERRNO(sched_get_priority_max(99), EINVAL);
	pthread_attr_init(&attr);
	CHECK_EQ(pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED), 0);
	CHECK_EQ(pthread_attr_setschedpolicy(&attr, SCHED_RR), 0);
	param.sched_priority = 4;
	CHECK_EQ(pthread_attr_setschedparam(&attr, &param), 0);
	pthread_attr_getschedpolicy(&attr, &value);
	CHECK_EQ(value, SCHED_RR);
	CHECK_EQ(pthread_attr_setscope(&attr, PTHREAD_SCOPE_SYSTEM), 0);
	CHECK_EQ(pthread_create(&t, &attr, sleep_and_give, NULL), 0);
	CHECK_EQ(pthread_getschedparam(t, &policy, &param), 0);
	CHECK_EQ(policy, SCHED_RR);
	CHECK_EQ(param.sched_priority, 4);
	CHECK_EQ(pthread_setschedprio(t, 7), 0);
	CHECK_EQ(pthread_getschedparam(t, &policy, &param), 0);
	CHECK_EQ(param.sched_priority, 7);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CPU_ZERO(&cpus);
	CHECK_EQ(sched_getaffinity(0, sizeof cpus, &cpus), 0);
	CHECK(CPU_COUNT(&cpus) >= 1);
	CHECK_EQ(CPU_COUNT(&cpus), sysconf(_SC_NPROCESSORS_ONLN));
	CHECK_EQ(sched_setaffinity(0, sizeof cpus, &cpus), 0);
	CHECK(CPU_ISSET(sched_getcpu(), &cpus));
	CHECK_EQ(sched_yield(), 0);
	pthread_attr_destroy(&attr);
}

static void check_name(void)
{
	char name[32];
	pthread_t t;

	CHECK_EQ(pthread_create(&t, NULL, sleep_and_give, NULL), 0);
	CHECK_EQ(pthread_setname_np(t, "a name of 15 ch"), 0);
	CHECK_EQ(pthread_getname_np(t, name, sizeof name), 0);
	CHECK(strcmp(name, "a name of 15 ch") == 0);
	CHECK_EQ(pthread_getname_np(t, name, 4), ERANGE);
	CHECK_EQ(pthread_setname_np(t, "a name of 16 chr"), ERANGE);
	CHECK_EQ(pthread_join(t, NULL), 0);
}

/* --- once --- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static atomic_int once_runs, once_seen;

static void run_once(void)
{
	sleep_ms(20);
	atomic_fetch_add(&once_runs, 1);
}

static void *call_once_now(void *unused)
{
	pthread_once(&once, run_once);
	if (atomic_load(&once_runs) == 1)
		atomic_fetch_add(&once_seen, 1);
	return unused;
}

static void check_once(void)
{
	pthread_t t[5];

	for (int i = 0; i < 5; i++)
		pthread_create(&t[i], NULL, call_once_now, NULL);
	for (int i = 0; i < 5; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(once_runs, 1);
	CHECK_EQ(once_seen, 5);
}

/* --- keys --- */

static pthread_key_t key, again_key;
static atomic_int destroyed, rounds;

static void destroy(void *value)
{
	atomic_fetch_add(&destroyed, (int)(intptr_t)value);
}

/* Sets itself again: stopped after PTHREAD_DESTRUCTOR_ITERATIONS. */
static void set_again(void *value)
{
	atomic_fetch_add(&rounds, 1);
	pthread_setspecific(again_key, value);
}

static void *use_keys(void *arg)
{
	CHECK(pthread_getspecific(key) == NULL);
	CHECK_EQ(pthread_setspecific(key, arg), 0);
	CHECK_EQ(pthread_setspecific(again_key, arg), 0);
	sched_yield();
	CHECK(pthread_getspecific(key) == arg);
	return NULL;
}

static void check_keys(void)
{
	pthread_t t[4];
	pthread_key_t many[PTHREAD_KEYS_MAX], fresh;
	int n = 0;

	CHECK_EQ(pthread_key_create(&key, destroy), 0);
	CHECK_EQ(pthread_key_create(&again_key, set_again), 0);
	CHECK_EQ(pthread_setspecific(key, (void *)1000), 0);
	for (intptr_t i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, use_keys, (void *)(i + 1));
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK_EQ(destroyed, 1 + 2 + 3 + 4);
	CHECK_EQ(rounds, 4 * PTHREAD_DESTRUCTOR_ITERATIONS);
	CHECK(pthread_getspecific(key) == (void *)1000);
	CHECK_EQ(pthread_key_delete(key), 0);
	CHECK_EQ(pthread_key_create(&fresh, NULL), 0);
	CHECK(pthread_getspecific(fresh) == NULL);
	CHECK_EQ(pthread_key_delete(fresh), 0);
	CHECK_EQ(pthread_key_delete(again_key), 0);
	while (n < PTHREAD_KEYS_MAX && pthread_key_create(&many[n], NULL) == 0)
		n++;
	CHECK(n >= 128);
	while (n > 0)
		CHECK_EQ(pthread_key_delete(many[--n]), 0);
	CHECK_EQ(pthread_setspecific(many[0], "x"), EINVAL);
}

/* --- what each thread has of its own --- */

static _Thread_local int own = 7;

static void *change_own(void *arg)
{
	own += (int)(intptr_t)arg;
	errno = 1000 + own;
	sleep_ms(1);
	return (void *)(intptr_t)(errno == 1000 + own ? own : -1);
}

static void check_thread_local(void)
{
	pthread_t t[3];
	void *result;

	for (intptr_t i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, change_own, (void *)i);
	for (intptr_t i = 0; i < 3; i++) {
		pthread_join(t[i], &result);
		CHECK_EQ((intptr_t)result, 7 + i);
	}
	CHECK_EQ(own, 7);
}

/* --- CPU time --- */

static atomic_bool stop;

static void *burn(void *unused)
{
	while (!atomic_load(&stop))
		;
	return unused;
}

static void check_cpu_clock(void)
{
	clockid_t id, process;
	pthread_t t;
	int64_t mine = clock_ms(CLOCK_THREAD_CPUTIME_ID), all = clock_ms(CLOCK_PROCESS_CPUTIME_ID);
	int64_t from = clock_ms(CLOCK_MONOTONIC), elapsed, used;

	CHECK_EQ(pthread_create(&t, NULL, burn, NULL), 0);
	CHECK_EQ(pthread_getcpuclockid(t, &id), 0);
	CHECK_EQ(clock_getcpuclockid(0, &process), 0);
	while (clock_ms(id) < 50 && clock_ms(CLOCK_MONOTONIC) < from + 20000)
		sleep_ms(10);
	elapsed = clock_ms(CLOCK_MONOTONIC) - from;
	used = clock_ms(id);
	CHECK(used >= 50 && used <= elapsed + 20);
	CHECK(clock_ms(process) - all >= used - 20);
	CHECK(clock_ms(CLOCK_THREAD_CPUTIME_ID) - mine < elapsed - used / 2 + 10);
	atomic_store(&stop, true);
	CHECK_EQ(pthread_join(t, NULL), 0);
}

static pthread_t main_thread;

/* main() may leave before the others: the process ends with the last one, and its verdict. */
static void *outlive_main(void *unused)
{
	void *result;

	(void)unused;
	CHECK_EQ(pthread_join(main_thread, &result), 0);
	CHECK(result == (void *)42);
	exit(verdict());
}

int main(void)
{
	pthread_t t;
	void *result;

	check_join();
	check_timed_join();
	check_detach();
	CHECK_EQ(pthread_create(&t, NULL, family, (void *)6), 0);
	CHECK_EQ(pthread_join(t, &result), 0);
	CHECK_EQ((uintptr_t)result, 127);
	check_stack_attributes();
	check_scheduling();
	check_name();
	check_once();
	check_keys();
	check_thread_local();
	check_cpu_clock();
	CHECK_EQ(pthread_atfork(NULL, NULL, NULL), 0);
	CHECK_EQ(pthread_setconcurrency(3), 0);
	CHECK_EQ(pthread_getconcurrency(), 3);
	main_thread = pthread_self();
	CHECK_EQ(pthread_create(&t, NULL, outlive_main, NULL), 0);
	pthread_exit((void *)42);
}
