/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Monitor commands. Floors above this one add their own: a file in a folder named debugger/ is in
 * the image only with the debugger, and what it says with MONITOR_SHOW() is found by `show NAME`.
 * Commands run with the system frozen: no locks, no memory, and no pointer that was not checked
 * (target_read()).
 */
#pragma once

struct monitor_args {
	unsigned n;
	const char *word[8];  /* behind the command's own name; NULL behind the last */
};

struct monitor_command {
	const char *name;
	const char *usage;    /* "NAME", its arguments; NULL: none */
	const char *help;     /* one line */
	const char *example;  /* NULL: none */
	void (*run)(const struct monitor_args *);
};

#define MONITOR_COMMAND(c)                                       \
	static const struct monitor_command *const c##_entry    \
		__attribute__((section("monitor_commands"), used)) = &(c)
#define MONITOR_SHOW(c)                                          \
	static const struct monitor_command *const c##_entry    \
		__attribute__((section("monitor_shows"), used)) = &(c)

/* Prints; a long answer pauses at each screenful, where q ends the command. */
void monitor_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
