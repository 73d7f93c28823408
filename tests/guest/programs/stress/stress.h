/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything at once: each part of this program is something that threads do, with an invariant of
 * its own that is checked all the time. A run has several workers of each part; what they do and
 * how long they take over it comes from the run's seed. The first invariant that does not hold ends
 * the program and names the seed.
 */
#pragma once

#include "../pthread_time.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct worker {
	const struct part *part;
	unsigned number;
	uint64_t random;
	pthread_t thread;
	atomic_ulong rounds;
};

struct part {
	const char *name;
	void (*start)(void);            /* before there are workers */
	void (*round)(struct worker *); /* again and again until the time is over */
	void (*stop)(void);             /* the time is over: whoever waits for good has to go on */
	void (*finish)(void);           /* no worker is left: does the sum come right? */
};

extern const struct part threads_part, locks_part, waits_part, sleeps_part, heap_part, maps_part,
	registers_part;

/* main.c */
_Noreturn void broken(const char *file, int line, const char *what);

#define HOLDS(what) do {						\
	if (!(what))							\
		broken(__FILE_NAME__, __LINE__, #what);			\
} while (0)

/* random.c */
uint64_t random_next(uint64_t *state);
unsigned chance(struct worker *, unsigned n); /* 0 to n - 1 */
void dawdle(struct worker *);                 /* computes for a while, or yields, or sleeps */
struct timespec soon(struct worker *, clockid_t, unsigned most_us);
bool is_past(clockid_t, const struct timespec *);

struct run {
	unsigned long seed;
	long ms;
	unsigned cpus, octaves;
};

void *run(void *run);
void storm(const struct run *, const struct worker *, unsigned n); /* until its time is over */
