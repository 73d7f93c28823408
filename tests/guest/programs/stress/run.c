/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One run: the workers of all parts, until its time is over. The digest says who ended a round
 * when. With a clock that counts instructions, on CPUs that take turns, it is a matter of the seed
 * alone.
 */
#include "stress.h"
#include <stdio.h>

#define WORKERS_MAX 256u

static const struct part *const parts[] = {
	&threads_part, &locks_part, &waits_part, &sleeps_part, &heap_part, &maps_part,
	&registers_part,
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

static struct worker workers[WORKERS_MAX];
static unsigned count;
static atomic_bool over;
static atomic_ulong events, digest;

static void note(const struct worker *w)
{
	uint64_t event = atomic_fetch_add(&events, 1) * WORKERS_MAX + w->number;

	atomic_fetch_xor(&digest, random_next(&event));
}

/*
 * QEMU up to 8.0, with a clock that counts instructions, lets one CPU run from deadline to deadline
 * while another one waits, unless it executes PAUSE: that ends its turn.
 */
static void end_turn(void)
{
	__builtin_ia32_pause();
}

static void *work(void *arg)
{
	struct worker *w = arg;

	while (!atomic_load(&over)) {
		w->part->round(w);
		atomic_fetch_add(&w->rounds, 1);
		note(w);
		end_turn();
	}
	return NULL;
}

/* Of each part one for each CPU and one more, so that they always have to share. */
static void start_workers(const struct run *r)
{
	uint64_t random = r->seed;

	count = (unsigned)PARTS * (r->cpus + 1);
	HOLDS(count <= WORKERS_MAX);
	for (unsigned i = 0; i < count; i++)
		workers[i] = (struct worker){
			.part = parts[i % PARTS], .number = i, .random = random_next(&random),
		};
	for (unsigned i = 0; i < count; i++)
		HOLDS(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
}

static void stop_workers(void)
{
	atomic_store(&over, true);
	for (unsigned p = 0; p < PARTS; p++)
		if (parts[p]->stop)
			parts[p]->stop();
	for (unsigned i = 0; i < count; i++)
		HOLDS(pthread_join(workers[i].thread, NULL) == 0);
}

static unsigned long rounds_of(unsigned part)
{
	unsigned long rounds = 0;

	for (unsigned i = part; i < count; i += PARTS)
		rounds += atomic_load(&workers[i].rounds);
	return rounds;
}

static bool all_have_worked(void)
{
	unsigned part = 0;

	while (part < PARTS && rounds_of(part) > 0)
		part++;
	return part == PARTS;
}

static void report(unsigned long seed)
{
	printf("seed %lu:", seed);
	for (unsigned part = 0; part < PARTS; part++)
		printf(" %s %lu", parts[part]->name, rounds_of(part));
	printf(", digest %016lx\n", atomic_load(&digest));
}

void *run(void *arg)
{
	const struct run *r = arg;

	atomic_store(&over, false);
	atomic_store(&events, 0);
	atomic_store(&digest, 0);
	for (unsigned p = 0; p < PARTS; p++)
		if (parts[p]->start)
			parts[p]->start();
	start_workers(r);
	do
		storm(r, workers, count);
	while (!all_have_worked());
	stop_workers();
	for (unsigned p = 0; p < PARTS; p++)
		if (parts[p]->finish)
			parts[p]->finish();
	report(r->seed);
	return NULL;
}
