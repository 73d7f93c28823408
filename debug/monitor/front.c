/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conversation at the consoles, and what begins it there: CR ~ Ctrl-B. A line break begins it too,
 * by the drivers; and whatever else stops the system.
 */
#include "debug/monitor/line.h"
#include "debug/monitor/monitor.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/x86_64/trap.h"
#include <errno.h>
#include <string.h>

#define CTRL_B   0x02
#define WHY_MAX  100u
#define RANK     50u   /* behind gdb */

struct monitor monitor;

/* The tilde has gone to the program by the time it is clear what it was for, as with FreeBSD's. */
bool debugger_key(char c)
{
	static char before[2];
	bool begins = before[0] == '\r' && before[1] == '~' && c == CTRL_B;

	before[0] = before[1];
	before[1] = c;
	if (begins)
		debugger_break();
	return begins;
}

/* Whose string it is nobody knows: a breakpoint instruction brings any value. */
static void print_why(const char *why)
{
	char text[WHY_MAX + 1];
	size_t n = target_read((uintptr_t)why, text, WHY_MAX);

	text[n] = '\0';
	monitor_print("\nstopped: %s", text);
}

static void print_stop(const struct target_stop *s)
{
	const struct cpu *cpu = this_cpu();

	print_why(s->why);
	if (s->trap == STOP_WATCHPOINT)
		monitor_print(" on 0x%lx", s->watched);
	monitor_print("\ncpu %u, ", cpu->id);
	if (s->thread)
		monitor_print("thread %u \"%.15s\"%s", s->thread->id, s->thread->name,
			      cpu->interrupt_depth ? ", in an interrupt" : "");
	else
		monitor_print("before the first thread");
	print_place(", at ", s->frame->rip);
}

static struct line line;
static char again[LINE_MAX_LENGTH + 1]; /* what an empty line means */

static void remember(const char *text)
{
	bool repeats = strcmp(text, "s") == 0 || strncmp(text, "step", 4) == 0 || strncmp(text, "x", 1) == 0;

	strcpy(again, !repeats ? "" : text[0] == 'x' ? "x" : text);
}

static void one_line(void)
{
	char text[LINE_MAX_LENGTH + 1];
	enum line_event event;

	line_begin(&line, "db> ");
	while ((event = line_key(&line, (char)wait_key())) == LINE_GOES_ON)
		;
	if (event == LINE_CANCELLED)
		return;
	if (line.len)
		remember(line.text);
	strcpy(text, line.len ? line.text : again);
	run_quietly(text, console_write, true);
}

static void begin(const struct target_stop *s)
{
	print_begin(console_write, false);
	print_stop(s);
	if (s->cause != DEBUGGER_TRAP)
		monitor_print("`help` for help, `continue` to go on\n");
}

static int stopped(const struct target_stop *s, enum target_resume *how)
{
	bool quiet = s->trap == STOP_STEP && monitor.steps > 0;

	if (s->cause == DEBUGGER_PANIC && panic_action != PANIC_MONITOR)
		return -ENOENT;
	monitor.stop = s;
	monitor.selected = s->thread;
	monitor.leave = quiet;
	monitor.how = TARGET_STEP;
	if (quiet) {
		monitor.steps--;
	} else {
		monitor.steps = 0;
		begin(s);
	}
	while (!monitor.leave)
		one_line();
	*how = monitor.how;
	return 0;
}

static const struct target_front monitor_front = { "monitor", RANK, stopped };
TARGET_FRONT(monitor_front);
