/* SPDX-License-Identifier: BSD-2-Clause */
/* Consoles: where the log, the app's stdout and its stdin meet the world. console= chooses; several may print, the last named one reads. */
#pragma once

#include "kernel/list.h"
#include <stddef.h>

struct console {
	struct list node;
	const char *name;                                       /* "ttyS0", "hvc0", "efi" */
	void (*write)(struct console *, const char *, size_t);  /* never sleeps, usable in panic: polls if it must */
	void (*start_input)(struct console *);                  /* enables receive interrupts; bytes come by tty_input() */
	void *driver;
};

void console_register(struct console *);
void console_write(const char *, size_t); /* to every chosen console, raw bytes with \n -> \r\n; serialised per call */
void console_init(void);                  /* applies console=; starts input on the reading one on first read */
