/* SPDX-License-Identifier: BSD-2-Clause */
/* Line editing: see tty_line.h. */
#include "kernel/tty_line.h"

#define BACKSPACE 0x08
#define DELETE    0x7f
#define EOF_MARK  0x04 /* an end of file in the ring; nothing else puts this byte there */

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

static void append(struct tty_line *l, char c)
{
	l->ring[l->end++ % TTY_RING] = c;
}

static char last(const struct tty_line *l)
{
	return l->ring[(l->end - 1) % TTY_RING];
}

/*
 * Takes back one character, which in UTF-8 may be several bytes: continuation bytes are 10xxxxxx.
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
	if (is_control(c) && c != '\t')
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
	while (l->end != l->ready)
		erase(l, modes);
}

/* True: c was an editing character and has done its work. */
static bool edit(struct tty_line *l, const struct termios *modes, char c)
{
	const cc_t *cc = modes->c_cc, byte = (cc_t)c;

	if (byte == cc[VERASE] || c == BACKSPACE || c == DELETE)
		erase(l, modes);
	else if (byte == cc[VWERASE])
		erase_word(l, modes);
	else if (byte == cc[VKILL])
		erase_line(l, modes);
	else
		return false;
	return true;
}

/*
 * An ordinary character leaves a place for the line's end, or a full ring could never be read
 * empty.
 */
static bool type_canonical(struct tty_line *l, const struct termios *modes, char c)
{
	bool is_eof = (cc_t)c == modes->c_cc[VEOF], ends = c == '\n' || is_eof;

	if (edit(l, modes, c))
		return false;
	if (!has_room(l, ends ? 0 : 1)) {
		tty_line_echo("\a", 1);
		return false;
	}
	if (!is_eof)
		echo_typed(modes, c);
	append(l, is_eof ? EOF_MARK : c);
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
	append(l, c);
	l->ready = l->end;
	return true;
}

size_t tty_line_take(struct tty_line *l, const struct termios *modes, char *buf, size_t len,
		     bool *more)
{
	bool canonical = modes->c_lflag & ICANON;
	size_t n = 0;
	char c = 0;

	*more = true;
	while (l->read != l->ready && *more) {
		c = l->ring[l->read % TTY_RING];
		/* An end of file that follows what was read belongs to it. */
		if (n == len && !(canonical && c == EOF_MARK))
			break;
		l->read++;
		*more = !(canonical && (c == '\n' || c == EOF_MARK));
		if (!canonical || c != EOF_MARK)
			buf[n++] = c;
	}
	return n;
}
