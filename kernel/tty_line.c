/* SPDX-License-Identifier: BSD-2-Clause */
/* Line editing: see tty_line.h. */
#include "kernel/tty_line.h"

#define BACKSPACE 0x08
#define DELETE    0x7f
#define EOF_BYTE  0 /* with its bit in ends */

static void echo(const struct termios *modes, const char *text, size_t len)
{
	if (modes->c_lflag & ECHO)
		tty_line_echo(text, len);
}

static bool is_control(char c)
{
	return (unsigned char)c < ' ' || c == DELETE;
}

/*
 * Control characters appear as ^X. A tab takes one column, so that erasing it needs no knowledge of
 * where it stood.
 */
static void echo_typed(const struct termios *modes, char c)
{
	char caret[2] = { '^', (char)(c ^ 0x40) };

	if (c == '\t')
		echo(modes, " ", 1);
	else if (is_control(c) && c != '\n')
		echo(modes, caret, 2);
	else
		echo(modes, &c, 1);
}

static bool has_room(const struct tty_line *l, unsigned reserve)
{
	return l->end - l->read + reserve < TTY_RING;
}

static void append(struct tty_line *l, char c, bool ends)
{
	unsigned at = l->end++ % TTY_RING;
	uint8_t bit = (uint8_t)(1u << at % 8);

	l->ring[at] = c;
	l->ends[at / 8] = (uint8_t)(ends ? l->ends[at / 8] | bit : l->ends[at / 8] & ~bit);
}

static char last(const struct tty_line *l)
{
	return l->ring[(l->end - 1) % TTY_RING];
}

/*
 * Takes back one character, which in UTF-8 may be several bytes: continuation bytes are 10xxxxxx.
 * A literal newline went to the next line of the screen, and what was before it stays there.
 */
static void erase(struct tty_line *l, const struct termios *modes)
{
	char c;

	if (l->end == l->ready)
		return;
	do {
		c = last(l);
		l->end--;
	} while ((c & 0xc0) == 0x80 && l->end != l->ready);
	if (!(modes->c_lflag & ECHOE))
		echo_typed(modes, (char)modes->c_cc[VERASE]);
	else if (is_control(c) && c != '\t')
		echo(modes, "\b\b  \b\b", 6);
	else
		echo(modes, "\b \b", 3);
}

static void erase_word(struct tty_line *l, const struct termios *modes)
{
	while (l->end != l->ready && last(l) == ' ')
		erase(l, modes);
	while (l->end != l->ready && last(l) != ' ')
		erase(l, modes);
}

static void erase_line(struct tty_line *l, const struct termios *modes)
{
	if (modes->c_lflag & ECHOE) {
		while (l->end != l->ready)
			erase(l, modes);
		return;
	}
	l->end = l->ready;
	echo_typed(modes, (char)modes->c_cc[VKILL]);
	if (modes->c_lflag & ECHOK)
		echo(modes, "\n", 1);
}

void tty_line_reprint(struct tty_line *l, const struct termios *modes)
{
	for (unsigned at = l->ready; at != l->end; at++)
		echo_typed(modes, l->ring[at % TTY_RING]);
}

/* Editing beyond POSIX. True: c was such a character and has done its work. */
static bool edit_more(struct tty_line *l, const struct termios *modes, char c)
{
	if (tty_line_is(modes, VWERASE, c)) {
		erase_word(l, modes);
	} else if (tty_line_is(modes, VREPRINT, c)) {
		echo_typed(modes, c);
		echo(modes, "\n", 1);
		tty_line_reprint(l, modes);
	} else if (tty_line_is(modes, VLNEXT, c)) {
		l->literal = true;
		echo(modes, "^\b", 2);
	} else {
		return false;
	}
	return true;
}

/* Terminals' erase keys send one of two, whatever VERASE is. */
static bool edit(struct tty_line *l, const struct termios *modes, char c)
{
	if (modes->c_cc[VERASE] && ((cc_t)c == modes->c_cc[VERASE] || c == BACKSPACE || c == DELETE))
		erase(l, modes);
	else if (tty_line_is(modes, VKILL, c))
		erase_line(l, modes);
	else
		return modes->c_lflag & IEXTEN && edit_more(l, modes, c);
	return true;
}

/*
 * An ordinary character leaves a place for the line's end, or a full ring could never be read
 * empty.
 */
static bool type_canonical(struct tty_line *l, const struct termios *modes, char c)
{
	bool literal = l->literal, is_eof = !literal && tty_line_is(modes, VEOF, c);
	bool ends = is_eof || (!literal && (c == '\n' || tty_line_is(modes, VEOL, c) ||
					    tty_line_is(modes, VEOL2, c)));

	l->literal = false;
	if (!literal && !is_eof && c != '\n' && edit(l, modes, c))
		return false;
	if (!has_room(l, ends ? 0 : 1)) {
		tty_line_echo("\a", 1);
		return false;
	}
	if (c == '\n' && modes->c_lflag & ECHONL)
		tty_line_echo("\n", 1);
	else if (!is_eof)
		echo_typed(modes, c);
	append(l, is_eof ? EOF_BYTE : c, ends);
	if (ends)
		l->ready = l->end;
	return ends;
}

bool tty_line_type(struct tty_line *l, const struct termios *modes, char c)
{
	if (modes->c_lflag & ICANON)
		return type_canonical(l, modes, c);
	if (!has_room(l, 0)) {
		tty_line_echo("\a", 1);
		return false;
	}
	echo_typed(modes, c);
	append(l, c, c == '\n');
	l->ready = l->end;
	return true;
}

size_t tty_line_take(struct tty_line *l, const struct termios *modes, char *buf, size_t len,
		     bool *more)
{
	bool canonical = modes->c_lflag & ICANON;
	size_t n = 0;

	*more = true;
	while (l->read != l->ready && *more) {
		unsigned at = l->read % TTY_RING;
		bool ends = canonical && l->ends[at / 8] >> at % 8 & 1;
		bool is_eof = ends && l->ring[at] == EOF_BYTE;

		/* An end of file that follows what was read belongs to it. */
		if (n == len && !is_eof)
			break;
		l->read++;
		*more = !ends;
		if (!is_eof)
			buf[n++] = l->ring[at];
	}
	return n;
}
