/* SPDX-License-Identifier: BSD-2-Clause */
/* What chance decides, and the times that come of it. */
#include "stress.h"
#include <sched.h>

/* splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

unsigned chance(struct worker *w, unsigned n)
{
	return (unsigned)((random_next(&w->random) >> 32) % n);
}

void dawdle(struct worker *w)
{
	unsigned how = chance(w, 64);

	if (how == 0) {
		nanosleep(&(struct timespec){ 0, chance(w, 300000) }, NULL);
		return;
	}
	if (how < 4)
		sched_yield();
	for (volatile unsigned left = chance(w, 200); left; left--)
		;
}

struct timespec soon(struct worker *w, clockid_t clock, unsigned most_us)
{
	int64_t ns = clock_ns(clock) + chance(w, most_us * 1000);

	return (struct timespec){ ns / 1000000000, ns % 1000000000 };
}

bool is_past(clockid_t clock, const struct timespec *t)
{
	return clock_ns(clock) >= t->tv_sec * 1000000000ll + t->tv_nsec;
}
