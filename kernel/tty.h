/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal behind stdin, /dev/console: one per machine. Of the modes it minds
 *   c_iflag  ICRNL, INLCR, IGNCR
 *   c_oflag  OPOST, ONLCR
 *   c_lflag  ICANON, ECHO, ECHOE, ECHOK, ECHONL, IEXTEN, ISIG, NOFLSH
 *   c_cc     VERASE (and both usual erase keys), VKILL, VEOF, VEOL, VEOL2, VMIN, VTIME; with IEXTEN
 *            VWERASE, VREPRINT, VLNEXT; with ISIG VINTR, VQUIT and VSTATUS
 * VINTR and VQUIT are signals for an app that handles them, and end any other with status 128 + the
 * signal's number. VSTATUS (Ctrl-T) is the debugger's (kernel/debugger.h). Requests: TCGETS, TCSETS*,
 * TCFLSH, TIOCGWINSZ, TIOCSWINSZ, FIONREAD. A line too long for the ring is cut, with a BEL; finished
 * lines that find it full wait in their console.
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
/* Any context. What a console says of its window; zeroes: not known. */
void tty_set_window(unsigned short cols, unsigned short rows);

extern const struct file_ops tty_file_ops;   /* stdin, stdout, stderr, /dev/console */
