/* SPDX-License-Identifier: BSD-2-Clause */
#include "libc/signal.h"

_Thread_local sigset_t signal_blocked;
