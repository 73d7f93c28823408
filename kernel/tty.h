/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The terminal behind stdin: canonical line editing (erase, kill, Ctrl-D, echo), CR -> NL. One per machine, behind /dev/console.
 */
#pragma once

#include "kernel/file.h"
#include <stdbool.h>
#include <stddef.h>

void tty_input(const char *, size_t);        /* from a console's receive interrupt */
extern const struct file_ops tty_file_ops;   /* stdin, stdout, stderr, /dev/console */
