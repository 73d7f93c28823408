/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the CPU benchmark's parts share. One source for Thimble and for Linux: POSIX and nothing else.
 */
#pragma once

#include <stdint.h>

/* CLOCK_MONOTONIC, in ns. */
uint64_t now_ns(void);

/*
 * Prints "NAME NS": the shortest time of ROUNDS rounds, each of `times` operations, per operation.
 * What else the host does can only lengthen a round.
 */
void measure(const char *name, unsigned times, void (*round)(unsigned times));

/* One result of a kind of its own, in ns. */
void report(const char *name, double ns);

/* The calling thread, and the threads it makes from now on, run on the first CPU only. */
void stay_on_first_cpu(void);

void bench_switches(void); /* two threads take turns, by every means there is */
void bench_threads(void);  /* create and join */
void bench_memory(void);   /* malloc, mmap */
void bench_time(void);     /* clock_gettime, nanosleep */
