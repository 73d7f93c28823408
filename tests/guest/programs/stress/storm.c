/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Preemption where nobody would choose it: until the run's time is over, its thread, which is above
 * all workers, lifts one of them above the others, another one after a while that chance decides.
 * So at any instruction the CPU may go to somebody else, and with a clock that counts instructions
 * the seed says at which (after Burckhardt et al.: A Randomized Scheduler with Probabilistic
 * Guarantees of Finding Bugs, 2010). Without the right to set priorities, as on Linux for most
 * users, there is no storm.
 */
#include "stress.h"
#include <stdio.h>

#define SHORTEST_NS 500u

static int set(pthread_t thread, int policy, int priority)
{
	struct sched_param param = { .sched_priority = priority };

	return pthread_setschedparam(thread, policy, &param);
}

/* So many times as long at most, and each octave as likely as the next. */
static void sleep_a_while(struct worker *chances, unsigned octaves)
{
	unsigned scale = SHORTEST_NS << chance(chances, octaves);

	nanosleep(&(struct timespec){ 0, scale + chance(chances, scale) }, NULL);
}

/* Now and then nobody is lifted, and all have their slices. */
static void blow(struct worker *chances, unsigned octaves, const struct worker *workers, unsigned n)
{
	unsigned victim = chance(chances, n + n / 8);

	if (victim < n)
		HOLDS(set(workers[victim].thread, SCHED_RR, 1) == 0);
	sleep_a_while(chances, octaves);
	if (victim < n)
		HOLDS(set(workers[victim].thread, SCHED_OTHER, 0) == 0);
}

void storm(const struct run *r, const struct worker *workers, unsigned n)
{
	struct worker chances = { .random = ~r->seed };
	int64_t end = clock_ms(CLOCK_MONOTONIC) + r->ms;

	if (set(pthread_self(), SCHED_FIFO, 2) != 0) {
		printf("no right to set priorities: only the clock preempts\n");
		sleep_ms(r->ms);
		return;
	}
	while (clock_ms(CLOCK_MONOTONIC) < end)
		blow(&chances, r->octaves, workers, n);
	HOLDS(set(pthread_self(), SCHED_OTHER, 0) == 0);
}
