/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recurses without end, on the stack argv[1] names: the app's own, another thread's, or one in
 * pieces; or leaves another thread's in one step, wider than a page, for a guard that is wider still.
 */
#include "fragments.h"
#include "kernel/thread.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static volatile int depth;

__attribute__((noinline)) static int recurse(int n)
{
	volatile char frame[256];

	if (n < 0)
		return 0;
	memset((char *)frame, n, sizeof frame);
	depth = n;
	return recurse(n + 1) + frame[n % (int)sizeof frame];
}

static void thread(void *unused)
{
	(void)unused;
	printf("survived %d\n", recurse(1));
}

#define STACK (64 << 10)
#define GUARD (32 << 10)

__attribute__((noinline)) static void leap(volatile char *here)
{
	here[-STACK - GUARD / 2] = 1; /* from somewhere near the top */
}

static void *leaper(void *unused)
{
	volatile char here;

	(void)unused;
	pthread_setname_np(pthread_self(), "wide");
	leap(&here);
	puts("survived");
	return NULL;
}

static void leap_elsewhere(void)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	pthread_attr_setguardsize(&attr, GUARD);
	if (pthread_create(&t, &attr, leaper, NULL) == 0)
		pthread_join(t, NULL);
}

static void *digger(void *unused)
{
	pthread_setname_np(pthread_self(), "scattered");
	thread(unused);
	return NULL;
}

static void overflow_in_pieces(void)
{
	pthread_t t;

	fragment_memory();
	if (pthread_create(&t, NULL, digger, NULL) == 0)
		pthread_join(t, NULL);
}

int main(int argc, char **argv)
{
	struct thread *t;

	puts("trying");
	if (argc > 1 && strcmp(argv[1], "wide") == 0)
		leap_elsewhere();
	if (argc > 1 && strcmp(argv[1], "scattered") == 0)
		overflow_in_pieces();
	if (argc > 1 && strcmp(argv[1], "main") == 0)
		thread(NULL);
	t = thread_create("deep", PRIO_APP, 0, thread, NULL);
	if (t)
		thread_join(t);
	puts("survived");
	return 1;
}
