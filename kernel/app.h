/* SPDX-License-Identifier: BSD-2-Clause */
/* The app, as the kernel sees it. Defined by libc/: sets up stdin, stdout, stderr, runs constructors, main() and atexit handlers. Returns main's status. */
#pragma once

int app_run(int argc, char **argv, char **envp);
