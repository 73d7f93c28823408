/* SPDX-License-Identifier: BSD-2-Clause */
/* Two threads that give way to each other, as often as the argument says. The test counts the instructions up to done(). */
#include "kernel/thread.h"
#include <stdlib.h>

void done(void);

static void give_way(void *unused)
{
	(void)unused;
	for (;;)
		thread_yield();
}

__attribute__((noinline)) void done(void)
{
	__asm__ volatile("");
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 0;

	thread_create("other", PRIO_APP, 0, give_way, NULL);
	for (int i = 0; i < n; i++)
		thread_yield();
	done();
	return 0;
}
