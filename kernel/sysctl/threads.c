/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads, by their ids. */
#include "kernel/clock.h"
#include "kernel/sysctl.h"
#include "kernel/thread.h"

struct walk { struct sysctl_walk *w; uint32_t n; };

static void thread(const struct thread *t, void *arg)
{
	struct walk *walk = arg;

	walk->n++;
	sysctl_text(walk->w, t->name, "name of the thread", "kern.thread.%u.name", t->id);
	sysctl_counter(walk->w, t->cpu_ticks, "ticks of the TSC that it ran for, up to its last switch",
		       "kern.thread.%u.ticks", t->id);
}

static void threads(struct sysctl_walk *w)
{
	struct walk walk = { w, 0 };

	(w->frozen ? thread_for_each : thread_for_each_locked)(thread, &walk);
	sysctl_int(w, walk.n, "threads there are", "kern.threads");
}
SYSCTL_SOURCE(threads);
