/* SPDX-License-Identifier: BSD-2-Clause */
/* What the monitor's files share. */
#pragma once

#include "debug/monitor.h"
#include "debug/target/target.h"

extern struct monitor {
	const struct target_stop *stop;  /* what this is about */
	const struct thread *selected;
	bool leave;                      /* and go on how */
	enum target_resume how;
	bool fixed;                      /* somebody else (gdb) leads: no leaving */
	unsigned steps;                  /* still to be taken without asking */
} monitor;

/* print.c: how long an answer may be before it pauses; 0: any length. */
extern unsigned monitor_lines;
void print_begin(void (*emit)(const char *text, size_t len), bool pause);
void print_raw(const char *text, size_t len);
_Noreturn void print_quit(void);   /* ends the command */
int wait_key(void);                /* from a console */

/* run.c. A command line; changes text. -ENOENT: no such command. */
int run_line(char *text);
int run_quietly(char *text, void (*emit)(const char *text, size_t len), bool pause);

/* thread.c: a frame of a call chain, and all frames of one. */
void print_place(const char *before, uint64_t rip);
