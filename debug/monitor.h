/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Monitor commands. Floors above this one add their own: a file in a folder named debugger/ is in
 * the image only with the debugger, and what it says with MONITOR_SHOW() is found by `show NAME`.
 * Commands run with the system frozen: no locks, no memory, and no pointer that was not checked
 * (target_read()). An exception in one ends it, and nothing more.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thread;

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

/* Prints; a long answer pauses at each screenful, where q ends the command, as Ctrl-C does anywhere. */
void monitor_print(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * What a word means: a number, $register, function, *address, and sums of them. False: a line says
 * why it means nothing.
 */
bool monitor_value(const char *text, uint64_t *value);

/* The thread that a word names by its number; NULL for the selected one. NULL: a line says why. */
const struct thread *monitor_thread(const char *word);

/* " <function+0x12>" for what lies in a function, else "". In a buffer that the next call reuses. */
const char *monitor_symbol(uint64_t address);

/*
 * Copies an object that a list or another object points to, and says so where it cannot: for lists
 * that may be broken.
 */
bool monitor_copy(void *to, const void *from, size_t size);

/*
 * The next node of a list, *node NULL: its first. False: that was the last, or, with a line that says
 * so, it leads nowhere or round in a circle.
 */
struct list;
bool monitor_list_next(const struct list *head, const struct list **node);

/*
 * One command line, whose answer goes to emit and is not paused. -ENOENT: there is no such
 * command. For gdb's `monitor`; with the system stopped. What would let it go on does not.
 */
int monitor_run(const char *line, void (*emit)(const char *text, size_t len)) __attribute__((weak));
