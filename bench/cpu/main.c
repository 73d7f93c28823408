/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What threads, locks, memory and clocks cost, a line "NAME NS" for each; bench/cpu.py runs it in both guests. Under
 * Linux it is the only process, /init, and switches the machine off.
 */
#define _GNU_SOURCE
#include "timing.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/reboot.h>
#endif

#define ROUNDS 5

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void report(const char *name, double ns)
{
	printf("%s %.1f\n", name, ns);
	fflush(stdout);
}

void measure(const char *name, unsigned times, void (*round)(unsigned times))
{
	uint64_t best = UINT64_MAX;

	round(times / 10 + 1); /* warms caches, and QEMU's translations */
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t start = now_ns(), took;

		round(times);
		took = now_ns() - start;
		best = took < best ? took : best;
	}
	report(name, (double)best / times);
}

void stay_on_first_cpu(void)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	pthread_setaffinity_np(pthread_self(), sizeof first, &first);
}

int main(void)
{
	bench_memory(); /* first: the scaling of malloc wants all CPUs */
	stay_on_first_cpu();
	bench_switches();
	bench_threads();
	bench_time();
	puts("end");
	fflush(stdout);
#ifdef __linux__
	if (getpid() == 1)
		reboot(RB_POWER_OFF);
#endif
	return 0;
}
