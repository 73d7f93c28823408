/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line being typed: editing with a terminal's usual keys, and the lines before it. Knows nothing
 * of consoles or commands.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define LINE_MAX_LENGTH 120u
#define LINE_HISTORY    8u

struct line {
	const char *prompt;
	char text[LINE_MAX_LENGTH + 1]; /* NUL-terminated */
	unsigned len, at;               /* at: where the cursor stands */
	enum { LINE_PLAIN, LINE_ESCAPE, LINE_BRACKET } state;
	char parameter;                 /* of a sequence: the digit in ESC [ 3 ~ */
	char last;                      /* CR LF is one end */
	char history[LINE_HISTORY][LINE_MAX_LENGTH + 1];
	unsigned nhistory;              /* so far, in a ring */
	unsigned back;                  /* how far; 0: the line that is being typed */
};

enum line_event { LINE_GOES_ON, LINE_READY, LINE_CANCELLED };

void line_begin(struct line *, const char *prompt);
enum line_event line_key(struct line *, char c);

/* Defined by whoever owns the line. Where echoes go: */
void line_echo(const char *text, size_t len);
/*
 * Tab. more: what surely follows the first len characters of text; returns how many ways there are
 * to go on. And those ways, shown below the line.
 */
unsigned line_complete(const char *text, unsigned len, char *more, size_t size);
void line_show_ways(const char *text, unsigned len);
