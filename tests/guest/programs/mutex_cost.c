/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks and unlocks a mutex that nobody else wants, as often as the argument says. The test counts
 * the instructions up to done().
 */
#include <pthread.h>
#include <stdlib.h>

void done(void);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) void done(void)
{
	__asm__ volatile("");
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 0;

	for (int i = 0; i < n; i++) {
		pthread_mutex_lock(&mutex);
		pthread_mutex_unlock(&mutex);
	}
	done();
	return 0;
}
