/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the monitor says, a screenful at a time; and keys. Those typed while an answer is printed wait
 * for the next command; when there are too many of them they wait in their device.
 */
#include "debug/monitor/monitor.h"
#include "kernel/byte_ring.h"
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

/* --- keys --- */

static char ahead_data[128];
static struct byte_ring ahead = { .data = ahead_data, .size = sizeof ahead_data };

int wait_key(void)
{
	int c;
	char first;

	if (byte_ring_take(&ahead, &first, 1))
		return (unsigned char)first;
	while ((c = console_poll()) < 0)
		cpu_relax();
	return c;
}

/* A Ctrl-C is for the answer and for all that was typed before it. */
static bool cancelled(void)
{
	int c = 0;

	while (byte_ring_room(&ahead) && (c = console_poll()) >= 0 && c != CTRL_C)
		byte_ring_put(&ahead, &(char){ (char)c }, 1);
	if (c != CTRL_C)
		return false;
	byte_ring_skip(&ahead, byte_ring_used(&ahead));
	return true;
}

/* --- answers --- */

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
	if (cancelled())
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
