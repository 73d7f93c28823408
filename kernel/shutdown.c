/* SPDX-License-Identifier: BSD-2-Clause */
/* A list that is only ever pushed to, so that the end needs no lock that somebody might hold. */
#include "kernel/shutdown.h"
#include <stdatomic.h>

static struct shutdown *_Atomic last;

void shutdown_add(struct shutdown *s)
{
	s->next = last;
	while (!atomic_compare_exchange_weak(&last, &s->next, s))
		;
}

void shutdown_run(void)
{
	for (struct shutdown *s = last; s; s = s->next)
		s->run(s);
}
