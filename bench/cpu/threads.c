/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads made, run and joined one after the other. */
#include "timing.h"
#include <pthread.h>
#include <stddef.h>

static void *nothing(void *arg)
{
	return arg;
}

static void create_and_join(unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		pthread_t t;

		if (pthread_create(&t, NULL, nothing, NULL) == 0)
			pthread_join(t, NULL);
	}
}

void bench_threads(void)
{
	measure("thread-create-join", 500, create_and_join);
}
