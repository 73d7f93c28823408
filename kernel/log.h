/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The time-stamped log: syslog's levels, kept in a ring in memory, printed on the consoles up to
 * loglevel= (Linux's meaning: messages with a level below the number are printed; default 5:
 * warnings and worse, so that an app's output stays its own). Callable from anywhere, interrupt
 * handlers and early boot included. A line longer than LOG_LINE_MAX is cut.
 */
#pragma once

#define LOG_LINE_MAX 256

enum log_level {
	LOG_EMERG, LOG_ALERT, LOG_CRIT, LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG
};

void log_printf(enum log_level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_err(...)   log_printf(LOG_ERR, __VA_ARGS__)
#define log_warn(...)  log_printf(LOG_WARNING, __VA_ARGS__)
#define log_info(...)  log_printf(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_printf(LOG_DEBUG, __VA_ARGS__)

/* Shows what no console has shown yet and one should; called when a console appears. */
void log_flush(void);

/*
 * Hands every kept line to emit, oldest first (monitor, a console that came late). Takes no lock:
 * for a quiet or frozen system.
 */
void log_replay(void (*emit)(const char *text, unsigned len));

/* The lines that consoles were shown so far, for one that comes late. Takes the log's lock. */
void log_replay_shown(void (*emit)(const char *text, unsigned len, void *arg), void *arg);

/*
 * For panic: from here on nobody else runs, so no lock is taken; and the last max lines that
 * loglevel= kept from the consoles.
 */
void log_freeze(void);
void log_replay_hidden(unsigned max, void (*emit)(const char *text, unsigned len));
