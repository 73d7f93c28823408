/* SPDX-License-Identifier: BSD-2-Clause */
/* What means nothing here and does no harm: there is no fork, and every thread is the kernel's. */
#define _GNU_SOURCE 1
#include "libc/pthread/pthread.h"
#include <errno.h>

static int concurrency;

int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	(void)prepare, (void)parent, (void)child;
	return 0;
}

int pthread_setconcurrency(int level)
{
	if (level < 0)
		return EINVAL;
	concurrency = level;
	return 0;
}

int pthread_getconcurrency(void)
{
	return concurrency;
}

void pthread_yield(void)
{
	thread_yield();
}
