/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was typed and not yet read: a ring, with line editing at its end. Knows nothing of locks,
 * consoles or threads. POSIX.1-2008, 11.1.6 and 11.1.9; VWERASE, VREPRINT and VLNEXT as everywhere.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

#define TTY_RING 1024u /* bytes; a power of two, at least POSIX's MAX_CANON */

/* Positions run freely and wrap where they are used. */
struct tty_line {
	char ring[TTY_RING];
	uint8_t ends[TTY_RING / 8]; /* bits: the byte there ends a line; of one that is 0, an EOF */
	unsigned read;   /* next byte for a reader */
	unsigned ready;  /* end of what readers may have: complete lines */
	unsigned end;    /* end of what was typed; [ready, end) can still be edited */
	bool literal;    /* VLNEXT was typed: the next byte means just itself */
};

/* Where echoes go: whoever owns the line defines it. */
void tty_line_echo(const char *text, size_t len);

/* Takes in one byte as typed, echoing it. True: readers may have more than before. */
bool tty_line_type(struct tty_line *, const struct termios *, char c);

/* Shows again what of the line was typed. */
void tty_line_reprint(struct tty_line *, const struct termios *);

/*
 * Gives out up to len bytes, but no more than one line in canonical mode. *more: there was no
 * line's end, so the caller may go on. 0 with something ready is end of file.
 */
size_t tty_line_take(struct tty_line *, const struct termios *, char *buf, size_t len, bool *more);

static inline unsigned tty_line_ready(const struct tty_line *l)
{
	return l->ready - l->read;
}

/* c is the character of that name, which is not disabled. */
static inline bool tty_line_is(const struct termios *modes, unsigned name, char c)
{
	return modes->c_cc[name] && (cc_t)c == modes->c_cc[name];
}
