/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ctrl-T: one line about the running system, from an interrupt. What it reads may change meanwhile; a
 * pointer that leads nowhere by then only makes the line shorter.
 */
#include "debug/target/target.h"
#include "debug/where.h"
#include "kernel/clock.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/page.h"
#include "kernel/printf.h"
#include "kernel/debugger.h"
#include "kernel/thread.h"
#include <stdarg.h>
#include <string.h>

#define LINE_MAX_LENGTH 240

static char line[LINE_MAX_LENGTH];
static int length;

static void __attribute__((format(printf, 1, 2))) add(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (length < LINE_MAX_LENGTH)
		length += kvsnprintf(line + length, (size_t)(LINE_MAX_LENGTH - length), fmt, ap);
	va_end(ap);
}

/* CPUs that were busy, in hundredths, since the last time or the start. */
static unsigned load(uint64_t now)
{
	static uint64_t seen, seen_busy;
	uint64_t busy = thread_cpu_ns_all(), passed = now - seen;
	unsigned hundredths = passed ? (unsigned)((busy - seen_busy) * 100 / passed) : 0;

	seen = now;
	seen_busy = busy;
	return hundredths;
}

static void add_current(void)
{
	for (unsigned i = 0; cpus[i]; i++) {
		const struct thread *t = cpus[i]->current;

		if (t && t != cpus[i]->idle)
			add(", cpu %u: %.15s", i, t->name);
	}
}

/* The one the user means: main()'s, the first of its name. */
static void add_main(void)
{
	const struct thread *t = NULL;
	char where[100];

	while ((t = target_thread_next(t)) && strcmp(t->name, "main") != 0)
		;
	if (!t || target_cpu_of(t))
		return;
	where_is(t, where, sizeof where);
	add(", main: %s", where);
}

void debugger_status(void)
{
	uint64_t now = clock_now_ns();
	unsigned hundredths = load(now);

	length = 0;
	add("load %u.%02u, up %lu.%02lu s, %zu of %zu MiB free", hundredths / 100, hundredths % 100, now / 1000000000,
	    now / 10000000 % 100, page_count_free() / 256, page_count_total() / 256);
	add_current();
	add_main();
	length = length < LINE_MAX_LENGTH ? length : LINE_MAX_LENGTH - 1;
	console_write(line, (size_t)length);
	console_write("\n", 1);
}
