/* SPDX-License-Identifier: BSD-2-Clause */
/* Consoles: where the log, the app's stdout and its stdin meet the world. console= chooses; several may print, the last named one reads. */
#pragma once

#include "kernel/list.h"
#include <stdbool.h>
#include <stddef.h>

struct console {
	struct list node;
	const char *name;                                       /* "ttyS0", "hvc0", "efi" */
	void (*write)(struct console *, const char *, size_t);  /* never sleeps, usable in panic: polls if it must */
	void (*start_input)(struct console *);                  /* enables receive interrupts; bytes come by tty_input() */
	void *driver;
	bool reading;                                           /* console.c's own: start_input was called */
};

void console_register(struct console *);
void console_write(const char *, size_t); /* to every chosen console, raw bytes with \n -> \r\n; serialised per call */
void console_init(void);                  /* console= is known: shows what the log kept until now */
bool console_ready(void);                 /* after console_init(), and one of those that console= names is there */
void console_start_input(void);           /* on the first read: the last named console, or all if none was named */
void console_freeze(void);                /* for panic: from here on no lock is taken */
