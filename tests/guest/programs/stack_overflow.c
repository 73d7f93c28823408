/* SPDX-License-Identifier: BSD-2-Clause */
/* Recurses without end, on the stack argv[1] names: the app's own or another thread's. */
#include "kernel/thread.h"
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

int main(int argc, char **argv)
{
	struct thread *t;

	puts("trying");
	if (argc > 1 && strcmp(argv[1], "main") == 0)
		thread(NULL);
	t = thread_create("deep", PRIO_APP, 0, thread, NULL);
	if (t)
		thread_join(t);
	puts("survived");
	return 1;
}
