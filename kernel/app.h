/* SPDX-License-Identifier: BSD-2-Clause */
/* The app, as the kernel sees it. Defined by libc/: sets up stdin, stdout, stderr, runs constructors, main() and atexit handlers. Returns main's status. */
#pragma once

#include <stdbool.h>

int app_run(int argc, char **argv, char **envp);

/*
 * The terminal has a signal for the app (interrupt context, no lock held). False: nobody wants it, so
 * its default is to be done. Absent where the app never sets a handler.
 */
bool app_signal(int sig) __attribute__((weak));
