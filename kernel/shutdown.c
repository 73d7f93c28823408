/* SPDX-License-Identifier: BSD-2-Clause */
/* A list that is walked without a lock, as somebody might hold that when the end comes. */
#include "kernel/shutdown.h"
#include <stddef.h>

static struct shutdown *_Atomic last;
static atomic_bool ending;

void shutdown_add(struct shutdown *s)
{
	struct shutdown *before = last;

	do
		s->next = before;
	while (!atomic_compare_exchange_weak(&last, &before, s));
}

/* Either the end has not begun and will not find it, or may be looking at it. */
bool shutdown_remove(struct shutdown *s)
{
	struct shutdown *_Atomic *at = &last;
	struct shutdown *expected = s;

	while (!atomic_compare_exchange_strong(at, &expected, s->next)) {
		at = &expected->next;
		expected = s;
	}
	return !ending;
}

void shutdown_run(void)
{
	ending = true;
	for (struct shutdown *s = last; s; s = s->next)
		s->run(s);
}
