/* SPDX-License-Identifier: BSD-2-Clause */
/* Line editing: see line.h. The keys are those of readline and of ECMA-48's arrows. */
#include "debug/monitor/line.h"
#include <string.h>

#define CTRL(c)   ((c) & 0x1f)
#define ESC       0x1b
#define BACKSPACE 0x08
#define DELETE    0x7f

static void echo(const char *text)
{
	line_echo(text, strlen(text));
}

/* What is right of the cursor, after a change; and back. */
static void redraw_rest(const struct line *l)
{
	echo(l->text + l->at);
	echo("\033[K");
	for (unsigned i = l->at; i < l->len; i++)
		echo("\b");
}

static void redraw(const struct line *l)
{
	echo("\r");
	echo(l->prompt);
	line_echo(l->text, l->at);
	redraw_rest(l);
}

void line_begin(struct line *l, const char *prompt)
{
	l->prompt = prompt;
	l->len = l->at = l->back = 0;
	l->text[0] = '\0';
	l->state = LINE_PLAIN;
	echo(prompt);
}

/* --- changes --- */

static void insert(struct line *l, const char *text, unsigned n)
{
	if (l->len + n > LINE_MAX_LENGTH) {
		echo("\a");
		return;
	}
	memmove(l->text + l->at + n, l->text + l->at, l->len - l->at + 1);
	memcpy(l->text + l->at, text, n);
	l->at += n;
	l->len += n;
	line_echo(text, n);
	if (l->at < l->len)
		redraw_rest(l);
}

/* [from, to) goes; the cursor is at from then. */
static void cut(struct line *l, unsigned from, unsigned to)
{
	memmove(l->text + from, l->text + to, l->len - to + 1);
	l->len -= to - from;
	for (; l->at > from; l->at--)
		echo("\b");
	redraw_rest(l);
}

static unsigned word_start(const struct line *l)
{
	unsigned at = l->at;

	while (at > 0 && l->text[at - 1] == ' ')
		at--;
	while (at > 0 && l->text[at - 1] != ' ')
		at--;
	return at;
}

static void move(struct line *l, unsigned to)
{
	l->at = to;
	redraw(l);
}

/* --- lines before --- */

static void remember(struct line *l)
{
	const char *before = l->history[(l->nhistory + LINE_HISTORY - 1) % LINE_HISTORY];

	if (l->len == 0 || (l->nhistory && strcmp(before, l->text) == 0))
		return;
	memcpy(l->history[l->nhistory++ % LINE_HISTORY], l->text, l->len + 1);
}

static void recall(struct line *l, unsigned back)
{
	unsigned kept = l->nhistory < LINE_HISTORY ? l->nhistory : LINE_HISTORY;

	if (back > kept) {
		echo("\a");
		return;
	}
	l->back = back;
	if (back)
		strcpy(l->text, l->history[(l->nhistory - back) % LINE_HISTORY]);
	else
		l->text[0] = '\0';
	l->len = (unsigned)strlen(l->text);
	move(l, l->len);
}

static void older(struct line *l)
{
	recall(l, l->back + 1);
}

static void newer(struct line *l)
{
	if (l->back)
		recall(l, l->back - 1);
}

/* --- keys --- */

static void complete(struct line *l)
{
	char more[LINE_MAX_LENGTH + 1];
	unsigned ways = line_complete(l->text, l->at, more, sizeof more);

	if (ways == 0)
		echo("\a");
	else if (more[0])
		insert(l, more, (unsigned)strlen(more));
	if (ways == 1)
		insert(l, " ", 1);
	if (ways > 1 && !more[0]) {
		echo("\r\n");
		line_show_ways(l->text, l->at);
		redraw(l);
	}
}

static void control(struct line *l, char c)
{
	switch (c) {
	case BACKSPACE: case DELETE:
		if (l->at > 0)
			cut(l, l->at - 1, l->at);
		break;
	case CTRL('D'):
		if (l->at < l->len)
			cut(l, l->at, l->at + 1);
		break;
	case CTRL('A'): move(l, 0); break;
	case CTRL('E'): move(l, l->len); break;
	case CTRL('B'): move(l, l->at ? l->at - 1 : 0); break;
	case CTRL('F'): move(l, l->at < l->len ? l->at + 1 : l->len); break;
	case CTRL('U'): cut(l, 0, l->at); break;
	case CTRL('K'): cut(l, l->at, l->len); break;
	case CTRL('W'): cut(l, word_start(l), l->at); break;
	case CTRL('L'): redraw(l); break;
	case CTRL('P'): older(l); break;
	case CTRL('N'): newer(l); break;
	case '\t': complete(l); break;
	default: break;
	}
}

/* The last byte of ESC [ parameter byte. Each stands for a control character. */
static char sequence(char parameter, char c)
{
	switch (c) {
	case 'A': return CTRL('P');
	case 'B': return CTRL('N');
	case 'C': return CTRL('F');
	case 'D': return CTRL('B');
	case 'H': return CTRL('A');
	case 'F': return CTRL('E');
	case '~':
		switch (parameter) {
		case '1': return CTRL('A');
		case '3': return CTRL('D');
		case '4': return CTRL('E');
		}
	}
	return 0;
}

static void in_sequence(struct line *l, char c)
{
	if (l->state == LINE_ESCAPE) {
		l->state = c == '[' || c == 'O' ? LINE_BRACKET : LINE_PLAIN;
		l->parameter = 0;
	} else if ((c >= '0' && c <= '9') || c == ';') {
		l->parameter = c;
	} else {
		l->state = LINE_PLAIN;
		control(l, sequence(l->parameter, c));
	}
}

static enum line_event end(struct line *l, enum line_event event)
{
	echo("\r\n");
	if (event == LINE_READY)
		remember(l);
	return event;
}

enum line_event line_key(struct line *l, char c)
{
	char last = l->last;

	l->last = c;
	if (c == CTRL('C'))
		return end(l, LINE_CANCELLED);
	if (c == '\n' && last == '\r')
		return LINE_GOES_ON;
	if (c == '\r' || c == '\n')
		return end(l, LINE_READY);
	if (l->state != LINE_PLAIN)
		in_sequence(l, c);
	else if (c == ESC)
		l->state = LINE_ESCAPE;
	else if ((unsigned char)c < ' ' || c == DELETE)
		control(l, c);
	else
		insert(l, &c, 1);
	return LINE_GOES_ON;
}
