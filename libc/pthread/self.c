/* SPDX-License-Identifier: BSD-2-Clause */
#include "libc/pthread/pthread.h"

_Thread_local struct pthread pthread_own;

pthread_t pthread_self(void)
{
	return self();
}

int pthread_equal(pthread_t a, pthread_t b)
{
	return a == b;
}
