/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that come and go, on stacks of all sizes, some of them detached. Each returns what it was
 * told to, and the destructor of its key has run by the time it is joined.
 */
#include "stress.h"
#include <stdlib.h>

#define MOST 4

static pthread_key_t key;
static atomic_ulong detached, ended;

struct child {
	pthread_t thread;
	unsigned long told;
	bool destroyed;
};

static void destroy(void *child)
{
	((struct child *)child)->destroyed = true;
}

static void *live(void *arg)
{
	struct child *c = arg;
	volatile char deep[8192];

	for (size_t at = 0; at < sizeof deep; at += 512)
		deep[at] = (char)c->told;
	HOLDS(pthread_setspecific(key, c) == 0);
	HOLDS(deep[0] == (char)c->told);
	return (void *)~c->told;
}

static void *live_alone(void *unused)
{
	(void)unused;
	atomic_fetch_add(&ended, 1);
	return NULL;
}

static void start_alone(void)
{
	pthread_attr_t attr;
	pthread_t unused;

	HOLDS(pthread_attr_init(&attr) == 0);
	HOLDS(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0);
	atomic_fetch_add(&detached, 1);
	HOLDS(pthread_create(&unused, &attr, live_alone, NULL) == 0);
	HOLDS(pthread_attr_destroy(&attr) == 0);
}

static void start_child(struct worker *w, struct child *c)
{
	pthread_attr_t attr;

	*c = (struct child){ .told = random_next(&w->random) };
	HOLDS(pthread_attr_init(&attr) == 0);
	HOLDS(pthread_attr_setstacksize(&attr, (4 + chance(w, 60)) * 8192) == 0);
	HOLDS(pthread_attr_setguardsize(&attr, chance(w, 4) * 4096) == 0);
	HOLDS(pthread_create(&c->thread, &attr, live, c) == 0);
	HOLDS(pthread_attr_destroy(&attr) == 0);
}

static void join_child(struct child *c)
{
	void *returned;

	HOLDS(pthread_join(c->thread, &returned) == 0);
	HOLDS(returned == (void *)~c->told);
	HOLDS(c->destroyed);
}

static void come_and_go(struct worker *w)
{
	unsigned n = 1 + chance(w, MOST), first = chance(w, n);
	struct child children[MOST];

	for (unsigned i = 0; i < n; i++)
		start_child(w, &children[i]);
	if (chance(w, 2))
		start_alone();
	dawdle(w);
	for (unsigned i = 0; i < n; i++)
		join_child(&children[(first + i) % n]);
}

static void start(void)
{
	HOLDS(pthread_key_create(&key, destroy) == 0);
}

static void finish(void)
{
	while (atomic_load(&ended) != atomic_load(&detached))
		sleep_ms(1);
	HOLDS(pthread_key_delete(key) == 0);
}

const struct part threads_part = {
	.name = "threads", .start = start, .round = come_and_go, .finish = finish,
};
