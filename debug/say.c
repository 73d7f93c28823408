/* SPDX-License-Identifier: BSD-2-Clause */
/* Lines of a panic: formatted, and call chains with their functions' names. */
#include "debug/say.h"
#include "debug/backtrace.h"
#include "debug/symbols.h"
#include "kernel/console.h"
#include "kernel/log.h"
#include "kernel/printf.h"
#include <stdarg.h>

#define FRAMES_MAX 32u /* shown, a run of the same address counting once */

void say(const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = kvsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	console_write(line, n < (int)sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

/*
 * rip itself for depth 0; else a return address: the call lies before it, which matters at a
 * function's end.
 */
void say_frame(unsigned depth, uint64_t address)
{
	uint64_t offset;
	const char *name = symbol_name(depth ? address - 1 : address, &offset);

	if (name)
		say("#%-2u 0x%016lx %s+0x%lx\n", depth, address, name, offset + (depth ? 1 : 0));
	else
		say("#%-2u 0x%016lx\n", depth, address);
}

/* One CPU says all there is to say. */
static struct { uint64_t address; unsigned shown, repeats; } calls;

static void say_repeats(void)
{
	if (calls.repeats)
		say("    the same %u times more\n", calls.repeats);
	calls.repeats = 0;
}

/* Recursion would hide where it began. */
static bool say_call(unsigned depth, uint64_t address)
{
	if (address == calls.address) {
		calls.repeats++;
		return true;
	}
	say_repeats();
	calls.address = address;
	say_frame(depth, address);
	return ++calls.shown < FRAMES_MAX;
}

void say_calls(uint64_t rbp, const struct thread *t)
{
	calls.address = calls.shown = 0;
	backtrace(rbp, t, say_call);
	say_repeats();
}
