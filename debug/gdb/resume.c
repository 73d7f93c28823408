/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Going on and stopping again (appendices E.2, E.3). Everything goes on or stops together. A thread that
 * a CPU was running can be stepped, while the others stand still.
 */
#include "debug/gdb/gdb.h"
#include "debug/gdb/signal.h"
#include "kernel/cpu.h"
#include "kernel/thread.h"
#include "kernel/x86_64/trap.h"

enum signal { SIG_INT = 2, SIG_ILL = 4, SIG_TRAP = 5, SIG_ABRT = 6, SIG_FPE = 8, SIG_SEGV = 11 };

/* A panic by an exception is what a process would get for it. */
int gdb_signal_of(const struct target_stop *s)
{
	if (s->cause == DEBUGGER_BREAK)
		return SIG_INT;
	if (s->cause != DEBUGGER_PANIC)
		return SIG_TRAP;
	switch (s->frame ? s->frame->vector : UINT64_MAX) {
	case 0: case 16: case 19:
		return SIG_FPE;
	case 6:
		return SIG_ILL;
	case 13: case 14:
		return SIG_SEGV;
	default:
		return SIG_ABRT;
	}
}

/* gdb is told which of its breakpoints it was, as it may have been removed meanwhile. */
static void say_breakpoint(uint64_t address)
{
	struct target_point_info p;

	for (unsigned i = 0; target_point_at(i, &p); i++) {
		if (p.address != address || p.kind > TARGET_HARD_BREAK)
			continue;
		gdb_reply_text(p.kind == TARGET_SOFT_BREAK ? "swbreak:;" : "hwbreak:;");
		return;
	}
}

static void say_trap(const struct target_stop *s)
{
	if (s->trap == STOP_BREAKPOINT)
		say_breakpoint(s->frame->rip);
	if (s->trap != STOP_WATCHPOINT)
		return;
	gdb_reply_text("watch:");
	gdb_reply_number(s->watched);
	gdb_reply_byte(';');
}

void gdb_stop_reply(void)
{
	uint8_t signal = (uint8_t)gdb_signal_of(gdb_stop);

	gdb_reply_byte('T');
	gdb_reply_hex(&signal, 1);
	if (gdb_current()) {
		gdb_reply_text("thread:");
		gdb_reply_number(gdb_current());
		gdb_reply_byte(';');
	}
	if (gdb_stop->cause == DEBUGGER_TRAP)
		say_trap(gdb_stop);
}

/* Where stepping ends: outside of it. Empty: after one instruction. */
static uint64_t range_start, range_end;

bool gdb_steps_on(const struct target_stop *s)
{
	return s->cause == DEBUGGER_TRAP && s->trap == STOP_STEP && s->frame->rip >= range_start &&
	       s->frame->rip < range_end;
}

static enum gdb_next go(bool step)
{
	if (!step)
		return GDB_CONTINUE;
	if (gdb_stop->thread)
		return GDB_STEP;
	gdb_reply_error();
	return GDB_TALK;
}

/* c, s, C and S: signals are nothing to us. An address to go on at is not taken, as gdb sends none. */
enum gdb_next gdb_resume(char letter, const char *at)
{
	uint64_t signal;

	range_start = range_end = 0;
	if ((letter == 'C' || letter == 'S') && !gdb_scan_number(&at, &signal))
		at = "?";
	if (!*at)
		return go(letter == 's' || letter == 'S');
	gdb_reply_error();
	return GDB_TALK;
}

struct action {
	char letter;
	unsigned thread;
	uint64_t start, end;
};

/* ;letter[arguments][:thread] */
static bool scan_action(const char **at, struct action *a)
{
	uint64_t signal;

	*a = (struct action){ 0 };
	if (!gdb_scan_char(at, ';') || !**at)
		return false;
	a->letter = *(*at)++;
	if ((a->letter == 'C' || a->letter == 'S') && !gdb_scan_number(at, &signal))
		return false;
	if (a->letter == 'r' &&
	    !(gdb_scan_number(at, &a->start) && gdb_scan_char(at, ',') && gdb_scan_number(at, &a->end)))
		return false;
	return !gdb_scan_char(at, ':') || gdb_scan_thread(at, &a->thread);
}

static bool is_step(const struct action *a)
{
	return a->letter == 's' || a->letter == 'S' || a->letter == 'r';
}

static bool is_continue(const struct action *a)
{
	return a->letter == 'c' || a->letter == 'C';
}

static bool is_own(const struct action *a)
{
	return a->thread == GDB_ALL || a->thread == gdb_current();
}

/* The first action that a thread meets is its own. One steps at most: gdb's others go on meanwhile. */
static bool find_step(const char *at, struct action *step)
{
	struct action a;
	bool decided = false;

	*step = (struct action){ 0 };
	while (*at) {
		if (!scan_action(&at, &a) || !(is_step(&a) || is_continue(&a)))
			return false;
		if (is_step(&a) && !step->letter && !(is_own(&a) && decided))
			*step = a;
		decided |= is_own(&a);
	}
	return true;
}

static enum gdb_next step_other(unsigned id)
{
	const struct thread *t = gdb_thread(id);

	if (t && target_step_on(t))
		return GDB_STEP;
	gdb_reply_text("E.no CPU runs this thread, so it cannot be stepped; set a breakpoint and continue");
	return GDB_TALK;
}

static enum gdb_next continue_by(const char *at)
{
	struct action step;

	if (!find_step(at, &step)) {
		gdb_reply_error();
		return GDB_TALK;
	}
	range_start = step.start;
	range_end = step.end;
	return step.letter && !is_own(&step) ? step_other(step.thread) : go(step.letter);
}

enum gdb_next gdb_verbose(const char *at)
{
	if (gdb_scan_word(&at, "Cont?")) {
		gdb_reply_text("vCont;c;C;s;S;t;r");
	} else if (gdb_scan_word(&at, "Cont;t")) {
		gdb_reply_ok(); /* it is stopped */
	} else if (gdb_scan_word(&at, "Cont")) {
		return continue_by(at);
	} else if (gdb_scan_word(&at, "Kill;")) {
		gdb_reply_ok();
		return GDB_KILL;
	}
	return GDB_TALK;
}
