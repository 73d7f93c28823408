/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

#include <signal.h>

_Noreturn void signal_die(
	int sig); /* the default action: one line on the console, status 128 + sig */

extern _Thread_local sigset_t
	signal_blocked; /* the thread's mask; a new thread has its creator's */
