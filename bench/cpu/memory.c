/* SPDX-License-Identifier: BSD-2-Clause */
/* malloc by one thread and by two at once, and memory mapped, touched and unmapped. */
#define _GNU_SOURCE
#include "timing.h"
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>

#define LIVE 64
#define PAGES 16
#define PAGE 4096

/* Blocks of mixed sizes, of which LIVE are in use at any time. */
static void *allocate(void *arg)
{
	void *live[LIVE] = { NULL };
	unsigned size = 1;

	for (unsigned i = *(unsigned *)arg; i > 0; i--) {
		size = size * 1103515245u + 12345u;
		free(live[i % LIVE]);
		live[i % LIVE] = malloc(16 + size / 65536 % 1000);
	}
	for (unsigned i = 0; i < LIVE; i++)
		free(live[i]);
	return NULL;
}

static void by_one(unsigned times)
{
	allocate(&times);
}

static void by_two(unsigned times)
{
	unsigned half = times / 2;
	pthread_t other;

	pthread_create(&other, NULL, allocate, &half);
	allocate(&half);
	pthread_join(other, NULL);
}

static void map_and_touch(unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			continue;
		for (unsigned page = 0; page < PAGES; page++)
			p[page * PAGE] = 1;
		munmap(p, PAGES * PAGE);
	}
}

void bench_memory(void)
{
	measure("malloc-free", 100000, by_one);
	measure("malloc-free-2-threads", 200000, by_two);
	measure("mmap-touch-munmap-64K", 1000, map_and_touch);
}
