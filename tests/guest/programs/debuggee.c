/* SPDX-License-Identifier: BSD-2-Clause */
/* For debuggers: threads asleep and at work, calls, variables of every kind. Ends when `done` is set, or is asked to fail. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

volatile int done, watched, rounds;
static _Thread_local volatile int own;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
volatile struct point { int x, y; } corner = { 3, 4 };
char *volatile heap;

__attribute__((noinline)) static int innermost(int n)
{
	rounds++;
	return n * 2;
}

__attribute__((noinline)) static int middle(int n)
{
	int twice = innermost(n);

	if (rounds % 3 == 0)
		watched = twice;
	return twice + 1;
}

/* Waits for ever for what main() holds. */
static void *waiter(void *arg)
{
	own = 7;
	pthread_mutex_lock(&mutex);
	return arg;
}

/* Never sleeps: runs on a CPU, or is preempted. */
static void *spinner(void *arg)
{
	volatile unsigned long *turns = arg;

	while (!done)
		++*turns;
	return NULL;
}

int main(int argc, char **argv)
{
	static unsigned long turns;
	pthread_t threads[2];
	volatile struct point *volatile nowhere = NULL;

	own = 1;
	heap = strcpy(sbrk(1 << 20), "on the heap");
	pthread_mutex_lock(&mutex);
	pthread_create(&threads[0], NULL, waiter, NULL);
	pthread_create(&threads[1], NULL, spinner, &turns);
	puts("ready");
	if (argc > 1 && strcmp(argv[1], "fail") == 0)
		nowhere->y = middle(20);
	for (int i = 0; !done; i++) {
		middle(i);
		usleep(20000);
	}
	printf("done after %d rounds, at %d, %d, %s\n", rounds, corner.x, corner.y, heap);
	return 0;
}
