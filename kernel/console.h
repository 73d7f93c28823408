/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Consoles: where the log, the app's stdout and its stdin meet the world. console= chooses; several
 * may print, the last named one reads.
 */
#pragma once

#include "kernel/list.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct console {
	struct list node;
	const char *name; /* "ttyS0", "hvc0", "efi" */
	/* Never sleeps, usable in panic: polls if it must. */
	void (*write)(struct console *, const char *, size_t);
	/* Enables receive interrupts; bytes come by tty_input(). NULL: it cannot read. */
	void (*start_input)(struct console *);
	/* With the system frozen (debugger): a byte that was typed, or -1. NULL: it cannot read then. */
	int (*poll)(struct console *);
	void *driver;
	atomic_bool reading; /* console.c's own: start_input was called */
};

void console_register(struct console *);

/* To every chosen console, raw bytes with \n -> \r\n; serialised per call. */
void console_write(const char *, size_t);

/* console= is known now: shows what the log kept until here. */
void console_init(void);

/* After console_init(), and one of those that console= names is there. */
bool console_ready(void);

/* On the first read: the last named console, or all if none was named. */
void console_start_input(void);

/* For panic: from here on no lock is taken, and any console will do. */
void console_freeze(void);
