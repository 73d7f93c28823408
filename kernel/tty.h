/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal behind stdin: canonical line editing (erase, word erase, kill, Ctrl-D, echo), CR ->
 * NL. One per machine, behind /dev/console. Of the modes it minds ICANON, ECHO, ISIG (Ctrl-C ends
 * the app with status 130), ICRNL and the characters in c_cc; output always turns NL into CR NL.
 * Requests: TCGETS, TCSETS*, TCFLSH, TIOCGWINSZ, TIOCSWINSZ, FIONREAD. Input that finds the ring
 * full is dropped with a BEL.
 */
#pragma once

#include "kernel/file.h"
#include <stdbool.h>
#include <stddef.h>

struct console;

/*
 * Something may have been typed at a console: takes it. What finds the terminal full stays there,
 * and console_start_input() is called when there is room again. Any context, without a lock.
 */
void tty_input(struct console *);
bool tty_full(void);
extern const struct file_ops tty_file_ops;   /* stdin, stdout, stderr, /dev/console */
