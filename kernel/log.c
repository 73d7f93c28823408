/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log: a ring of lines in memory, of which the consoles show what is urgent enough.
 *
 * Storing and showing are apart: log_printf() stores under a lock and whoever gets there first
 * shows, outside the lock, everything not yet shown. So lines keep their order, an interrupt
 * handler's line waits for the one it interrupted, and lines from before there was a console appear
 * once there is one.
 */
#include "kernel/log.h"
#include "kernel/clock.h"
#include "kernel/console.h"
#include "kernel/param.h"
#include "kernel/printf.h"
#include "kernel/spinlock.h"
#include <string.h>

#define RING_SIZE 16384u /* a power of two */

/*
 * In the ring a line is its level as a digit, its text, and a newline. Positions run freely and
 * wrap where they are used.
 */
static char ring[RING_SIZE];
static uint32_t oldest, newest; /* where the oldest line starts, where the next will */
static uint32_t shown;          /* where the first line starts that no console was offered */
static bool showing;            /* somebody is in log_flush() */
static bool frozen;
static struct spinlock lock = SPINLOCK_INIT;

static uint32_t loglevel = 5;
PARAM_LIVE_UINT("loglevel", loglevel, 0, 8);

struct line {
	enum log_level level;
	unsigned len;
	char text[LOG_LINE_MAX + 1]; /* ends in a newline */
};

/* After a panic nobody else runs, and the lock's holder may be the one who panicked. */
static irq_state ring_lock(void)
{
	return frozen ? cpu_irq_save() : spin_lock(&lock);
}

static void ring_unlock(irq_state s)
{
	if (frozen)
		cpu_irq_restore(s);
	else
		spin_unlock(&lock, s);
}

static uint32_t next_line(uint32_t at)
{
	while (ring[at++ % RING_SIZE] != '\n')
		;
	return at;
}

static void ring_make_room(unsigned len)
{
	while (newest - oldest + len > RING_SIZE) {
		if (shown == oldest)
			shown = next_line(oldest);
		oldest = next_line(oldest);
	}
}

static void ring_put(const char *text, unsigned len)
{
	uint32_t at = newest % RING_SIZE;
	unsigned first = len < RING_SIZE - at ? len : RING_SIZE - at;

	memcpy(ring + at, text, first);
	memcpy(ring, text + first, len - first);
	newest += len;
}

/* Copies the line at a position and returns where the next one starts. */
static uint32_t ring_get(uint32_t at, struct line *line)
{
	line->level = (enum log_level)(ring[at++ % RING_SIZE] - '0');
	line->len = 0;
	do
		line->text[line->len] = ring[at++ % RING_SIZE];
	while (line->text[line->len++] != '\n');
	return at;
}

/* Fetches the next line to show into line; false: there is none, or somebody else is at it. */
static bool next_to_show(struct line *line, bool *mine)
{
	irq_state s = ring_lock();
	bool some = false;

	if (*mine || !showing || frozen) {
		while (!some && shown != newest) {
			shown = ring_get(shown, line);
			some = line->level < loglevel;
		}
		*mine = showing = some;
	}
	ring_unlock(s);
	return some;
}

void log_flush(void)
{
	struct line line;
	bool mine = false;

	if (!console_ready())
		return;
	while (next_to_show(&line, &mine))
		console_write(line.text, line.len);
}

static unsigned format_line(char *text, enum log_level level, const char *fmt, va_list ap)
{
	uint64_t us = clock_now_ns() / 1000;
	unsigned size = 1 + LOG_LINE_MAX;
	unsigned prefix = (unsigned)ksnprintf(text, size, "%d[%5lu.%06lu] ", (int)level,
					      us / 1000000, us % 1000000);
	unsigned n = (unsigned)kvsnprintf(text + prefix, size - prefix, fmt, ap);
	unsigned len = n < size - prefix ? prefix + n : size - 1;

	for (unsigned i = prefix; i < len; i++)
		if (text[i] == '\n') /* it ends lines in the ring */
			text[i] = ' ';
	text[len] = '\n';
	return len + 1;
}

/*
 * True: a console wants to see it. A line nobody wants is passed over here, which spares
 * log_flush() the walk.
 */
static bool store(const char *text, unsigned len, enum log_level level)
{
	irq_state s = ring_lock();
	bool wanted = level < loglevel;

	ring_make_room(len);
	if (!wanted && shown == newest)
		shown += len;
	ring_put(text, len);
	ring_unlock(s);
	return wanted;
}

void log_printf(enum log_level level, const char *fmt, ...)
{
	char text[1 + LOG_LINE_MAX + 1];
	unsigned len;
	va_list ap;

	va_start(ap, fmt);
	len = format_line(text, level, fmt, ap);
	va_end(ap);
	if (store(text, len, level))
		log_flush();
}

void log_freeze(void)
{
	frozen = true;
}

void log_replay(void (*emit)(const char *text, unsigned len))
{
	struct line line;

	for (uint32_t at = oldest; at != newest;) {
		at = ring_get(at, &line);
		emit(line.text, line.len);
	}
}

void log_replay_shown(void (*emit)(const char *text, unsigned len, void *arg), void *arg)
{
	struct line line;
	uint32_t at = oldest;
	bool some;

	do {
		irq_state s = ring_lock();

		if ((int32_t)(at - oldest) < 0)
			at = oldest; /* it was overwritten meanwhile */
		some = at != shown;
		if (some)
			at = ring_get(at, &line);
		ring_unlock(s);
		if (some && line.level < loglevel)
			emit(line.text, line.len, arg);
	} while (some);
}

/*
 * Where the last max hidden lines start, counted by walking twice: lines cannot be walked
 * backwards.
 */
void log_replay_hidden(unsigned max, void (*emit)(const char *text, unsigned len))
{
	struct line line;
	unsigned hidden = 0;

	for (uint32_t at = oldest; at != newest;) {
		at = ring_get(at, &line);
		hidden += line.level >= loglevel;
	}
	for (uint32_t at = oldest; at != newest;) {
		at = ring_get(at, &line);
		if (line.level >= loglevel && hidden-- <= max)
			emit(line.text, line.len);
	}
}
