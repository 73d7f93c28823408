/* SPDX-License-Identifier: BSD-2-Clause */
/* Follows a switched-out thread's frames as far as the scheduler's own do not interest. */
#include "debug/where.h"
#include "debug/symbols.h"
#include "debug/trace.h"
#include "kernel/printf.h"
#include "kernel/thread.h"
#include <string.h>

#define CALLS 12u
#define SHOWN 3u

#define SAVED_RBP 48 /* above the stack pointer: context_switch.S */

static const char *state_of(const struct thread *t)
{
	static const char *const states[] = {
		[THREAD_NEW] = "not started", [THREAD_RUNNABLE] = "ready", [THREAD_RUNNING] = "running",
		[THREAD_BLOCKED] = "asleep", [THREAD_DEAD] = "at its end",
	};

	return t->state <= THREAD_DEAD ? states[t->state] : "in no state";
}

/* Behind the last of these the interesting ones begin: whatever waits does so through them. */
static bool is_of_scheduler(const char *name)
{
	return strncmp(name, "sched_", 6) == 0 || strncmp(name, "futex_", 6) == 0 || strcmp(name, "preempt") == 0;
}

static unsigned first_interesting(const char *const *names)
{
	unsigned first = 0;

	for (unsigned i = 0; i < CALLS; i++)
		if (names[i] && is_of_scheduler(names[i]))
			first = i + 1;
	return first;
}

void where_is(const struct thread *t, char *text, size_t size)
{
	uint64_t calls[CALLS], offset;
	const char *names[CALLS];
	unsigned shown = 0;
	int n = ksnprintf(text, size, "%s", state_of(t));

	if (t->state != THREAD_BLOCKED && t->state != THREAD_RUNNABLE)
		return;
	trace_take(calls, CALLS, trace_saved(t->context.rsp + SAVED_RBP), t);
	for (unsigned i = 0; i < CALLS; i++)
		names[i] = symbol_name(calls[i] - 1, &offset);
	for (unsigned i = first_interesting(names); i < CALLS && shown < SHOWN && n < (int)size; i++)
		if (names[i])
			n += ksnprintf(text + n, size - n, shown++ ? " < %s" : " in %s", names[i]);
}
