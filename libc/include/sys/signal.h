/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * newlib's own, and flags that programs pass. Signals are synchronous here: raise() and kill() call
 * the handler, nothing interrupts a call.
 */
#pragma once

#include_next <sys/signal.h>

#define SA_RESTART	0x10000000
#define SA_NODEFER	0x40000000
#define SA_RESETHAND	0x80000000
