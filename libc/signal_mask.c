/* SPDX-License-Identifier: BSD-2-Clause */
#include "libc/signal.h"

_Thread_local sigset_t signal_blocked;
_Thread_local _Atomic sigset_t signal_pending;
sigset_t *signal_main_blocked;
