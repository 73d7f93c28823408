/* SPDX-License-Identifier: BSD-2-Clause */
/* For debuggers: threads asleep and at work, calls, variables of every kind. Ends when `done` is set, or is asked to fail. */
#include <cpuid.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

volatile int done, watched, rounds;
volatile double halves;
volatile uint32_t held[8];
static _Thread_local volatile int own;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
volatile struct point { int x, y; } corner = { 3, 4 };
char *volatile heap;

__attribute__((noinline)) static int innermost(int n)
{
	rounds++;
	return n * 2;
}

__attribute__((noipa)) static double half(double x)
{
	return x / 2;
}

__attribute__((noinline)) static int middle(int n)
{
	int twice = innermost(n);

	halves += half(n);
	if (rounds % 3 == corner.y - 4)
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

static void hold(void)
{
	static const uint32_t upper[4] = { 5, 6, 7, 8 }, lower[4] = { 1, 2, 3, 4 };
	unsigned a, b, c = 0, d;

	__get_cpuid(1, &a, &b, &c, &d);
	if (c & bit_AVX && c & bit_OSXSAVE)
		__asm__ volatile("vmovdqu %0, %%xmm9; vinsertf128 $1, %%xmm9, %%ymm9, %%ymm9" : : "m"(upper) : "xmm9");
	__asm__ volatile("movdqu %0, %%xmm9; fldpi; fld1" : : "m"(lower) : "xmm9");
}

/* Never sleeps: runs on a CPU, or is preempted, with values in the FPU that its loop does not touch. */
static void *spinner(void *arg)
{
	volatile unsigned long *turns = arg;

	hold();
	while (!done)
		++*turns;
	__asm__ volatile("movdqu %%xmm9, %0; fstp %%st; fistpl %1" : "=m"(held), "=m"(held[4]));
	return NULL;
}

/* --- two threads that call a function at the same moment --- */

enum { MEETINGS = 8 };

static volatile int met[2];
static int arrived;

__attribute__((noipa)) static void meeting(int who)
{
	met[who]++;
}

static void *attend(void *arg)
{
	for (int i = 1; i <= MEETINGS; i++) {
		__atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
		while (__atomic_load_n(&arrived, __ATOMIC_SEQ_CST) < 2 * i)
			;
		meeting((int)(intptr_t)arg);
	}
	return NULL;
}

/* The spinner's CPU is wanted. */
static int meet(pthread_t spinning)
{
	pthread_t other;

	done = 1;
	pthread_join(spinning, NULL);
	pthread_create(&other, NULL, attend, (void *)1);
	attend(NULL);
	pthread_join(other, NULL);
	printf("met %d and %d times\n", met[0], met[1]);
	return 0;
}

int main(int argc, char **argv)
{
	static volatile unsigned long turns;
	pthread_t threads[2];
	volatile struct point *volatile nowhere = NULL;

	own = 1;
	heap = strcpy(sbrk(1 << 20), "on the heap");
	pthread_mutex_lock(&mutex);
	pthread_create(&threads[0], NULL, waiter, NULL);
	pthread_create(&threads[1], NULL, spinner, (void *)&turns);
	while (!turns)
		usleep(1000);
	if (argc > 1 && strcmp(argv[1], "meet") == 0)
		return meet(threads[1]);
	puts("ready");
	if (argc > 1 && strcmp(argv[1], "fail") == 0)
		nowhere->y = middle(20);
	for (int i = 0; !done; i++) {
		middle(i);
		usleep(20000);
	}
	pthread_join(threads[1], NULL);
	printf("held %u %u %u %u, %u\n", held[0], held[1], held[2], held[3], held[4]);
	printf("done after %d rounds, at %d, %d, %s\n", rounds, corner.x, corner.y, heap);
	return 0;
}
