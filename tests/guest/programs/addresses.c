/* SPDX-License-Identifier: BSD-2-Clause */
/* Says where this run's memory lies. */
#include "check.h"
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

static void *frame(void *unused)
{
	(void)unused;
	return __builtin_frame_address(0);
}

int main(void)
{
	void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *thread;
	pthread_t t;

	CHECK(map != MAP_FAILED);
	CHECK_EQ(pthread_create(&t, NULL, frame, NULL), 0);
	CHECK_EQ(pthread_join(t, &thread), 0);
	CHECK((uintptr_t)thread % 16 == 0 && (uintptr_t)__builtin_frame_address(0) % 16 == 0);
	printf("heap %p, map %p, stack %p, thread %p\n", sbrk(0), map, __builtin_frame_address(0), thread);
	return verdict();
}
