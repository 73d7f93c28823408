/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Consoles: where the log, the app's stdout and its stdin meet the world. console= chooses; several
 * may print, the last named one reads.
 */
#pragma once

#include "kernel/list.h"
#include "kernel/wait.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct console {
	struct list node;
	const char *name; /* "ttyS0", "hvc0" */
	/*
	 * Never sleeps, usable in panic: polls if it must. What it cannot take it drops, and counts.
	 */
	void (*write)(struct console *, const char *, size_t);
	/* How much it could take now without dropping any. NULL: everything. */
	size_t (*room)(struct console *);
	/*
	 * From now on tty_input() is called when something is typed; also after the terminal was
	 * full. Never sleeps. NULL: it cannot read.
	 */
	void (*start_input)(struct console *);
	/*
	 * A byte that was typed, or -1; with the system frozen it polls the device, and takes no
	 * lock. NULL: it cannot read.
	 */
	int (*poll)(struct console *);
	/* Used only with the system frozen, and while no other serves. */
	bool last_resort;
	/* console.c's own: */
	atomic_bool reading;  /* start_input was called */
	atomic_bool stalled;  /* took nothing for long: nobody waits for it until it does */
	atomic_ulong dropped; /* bytes, that the log has not told of yet */
};

/* Shows it the log up to here, unless another console did. */
void console_register(struct console *);

/* To every chosen console, raw bytes with \n -> \r\n; serialised per call. */
void console_write(const char *, size_t);

/* The same without the translation. */
void console_write_raw(const char *, size_t);

/*
 * Threads: sleeps until each chosen console can take len bytes. One that takes nothing for seconds
 * is not waited for any more. And whether that is so now, with whose wake-up that may change.
 */
void console_wait_for_room(size_t len);
bool console_has_room(size_t len);
extern struct wait_queue console_writable;

/* Drivers, in any context, without a lock: it has more room than before. */
void console_drained(struct console *);

/* console= is known now: shows what the log kept until here. */
void console_init(void);

/* console= names it; NULL: it names any. */
bool console_named(const char *name);

/* More consoles may come, without anybody waiting for them but console_settle(). */
void console_expect(void);

/*
 * The app's thread, before main(): what it prints should find the consoles that console= names. Those
 * that will not come get one line, and those that are there serve.
 */
void console_settle(void);

/* After console_init(), and one of those that console= names is there. */
bool console_ready(void);

/*
 * On the first read, and when the terminal has room again: the last named console, or all if none
 * was named.
 */
void console_start_input(void);

/*
 * For panic and the debugger: from here on no lock is taken, and any console will do; until the
 * system goes on.
 */
void console_freeze(void);
void console_thaw(bool wake); /* false: not those who wait, as locks may be held; they have deadlines */
bool console_frozen(void);

/* With the system frozen: a byte typed at any console, or -1. */
int console_poll(void);
