/* SPDX-License-Identifier: BSD-2-Clause */
/* What the monitor says, a screenful at a time. */
#include "debug/monitor/monitor.h"
#include "kernel/console.h"
#include "kernel/log.h"
#include "kernel/printf.h"
#include "kernel/x86_64/cpu.h"
#include <stdarg.h>
#include <string.h>

#define CTRL_C 0x03
#define MORE   "--more-- (space: a page, Return: a line, q: enough) "

unsigned monitor_lines = 24;

static void (*emitter)(const char *text, size_t len);
static bool pausing;
static unsigned left; /* lines, before the next pause */

void print_begin(void (*emit)(const char *text, size_t len), bool pause)
{
	emitter = emit;
	pausing = pause;
	left = monitor_lines;
}

int wait_key(void)
{
	int c;

	while ((c = console_poll()) < 0)
		cpu_relax();
	return c;
}

static void pause_for_reader(void)
{
	int c;

	console_write(MORE, sizeof MORE - 1);
	c = wait_key();
	console_write_raw("\r\033[K", 4);
	if (c == 'q' || c == CTRL_C)
		print_quit();
	left = c == '\r' || c == '\n' ? 1 : monitor_lines;
}

static void line_ended(void)
{
	if (!pausing)
		return;
	if (console_poll() == CTRL_C)
		print_quit();
	if (monitor_lines && --left == 0)
		pause_for_reader();
}

void print_raw(const char *text, size_t len)
{
	while (len > 0) {
		const char *newline = memchr(text, '\n', len);
		size_t n = newline ? (size_t)(newline - text) + 1 : len;

		emitter(text, n);
		text += n;
		len -= n;
		if (newline)
			line_ended();
	}
}

void monitor_print(const char *fmt, ...)
{
	char text[LOG_LINE_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = kvsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	print_raw(text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
}
