/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the system meets its debugger: the monitor and the gdb stub (debug/), which an image
 * carries when it was built `--with debug`. Without it the weak functions are NULL, so whoever calls
 * one asks first.
 */
#pragma once

#include <stdbool.h>

struct trap_frame;

enum debugger_cause {
	DEBUGGER_TRAP,   /* a breakpoint, a watchpoint or a step */
	DEBUGGER_BREAK,  /* somebody at a console or at gdb asked for it */
	DEBUGGER_PANIC,  /* panic= says so; nothing can go on after this */
	DEBUGGER_CALL,   /* kdb_enter() */
};

/*
 * Stops the other CPUs, lets the debugger talk, and returns when the system is to go on, at what tf
 * says then; tf NULL: from the caller's place, for a panic. Interrupts are off. False: there is
 * nobody to talk to.
 */
bool debugger_enter(struct trap_frame *tf, enum debugger_cause, const char *why)
	__attribute__((weak));

/* Every exception, first of all. True: it was the debugger's, and the CPU goes on at what tf says. */
bool debugger_trap(struct trap_frame *tf) __attribute__((weak));

/* On each CPU when it begins: its debug registers. */
void debugger_cpu_begins(void) __attribute__((weak));

/*
 * A CPU that another has stopped, at tf: calls wait(tf), and keeps what a debugger may see and change
 * meanwhile.
 */
void debugger_cpu_waits(void (*wait)(struct trap_frame *), struct trap_frame *) __attribute__((weak));

/* That CPU was handed the stop (cpus_hand_over()) and steps on. */
void debugger_takes_over(struct trap_frame *) __attribute__((weak));

/*
 * A console's receive interrupt: each byte typed. True: the debugger keeps it, being part of the
 * sequence CR ~ Ctrl-B.
 */
bool debugger_key(char c) __attribute__((weak));

/*
 * From an interrupt handler: enter as soon as this CPU's interrupt ends, so that the debugger sees
 * what was interrupted. A line's break, the sequence, a byte from gdb.
 */
void debugger_break(void) __attribute__((weak));

/*
 * Ctrl-T: prints one line about what the system does. Called in interrupt context, with no lock of the
 * terminal's held.
 */
void debugger_status(void) __attribute__((weak));

/*
 * Parts of the debugger that run beside the app: threads that stream traces or captured packets,
 * memory they want. start: the boot thread, with threads and devices there; finish: the app's last
 * thread, before the machine ends, to send what is still to be sent, soon. Either may be NULL.
 */
struct debugger_part {
	void (*start)(void);
	void (*finish)(void);
};
#define DEBUGGER_PART(p)                                       \
	static const struct debugger_part *const p##_entry     \
		__attribute__((section("debugger_parts"), used)) = &(p)

void debugger_start(void) __attribute__((weak));
void debugger_finish(void) __attribute__((weak));

/* FreeBSD's kdb_enter(9): a thread stops the system of its own accord. why: a few words. */
void kdb_enter(const char *why) __attribute__((weak));
