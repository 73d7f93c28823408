/* SPDX-License-Identifier: BSD-2-Clause */
/* abort(3): a handler may run, but not keep the app alive (newlib's own would end it with status 1 then). */
#include "libc/signal.h"
#include <signal.h>
#include <stdlib.h>

void abort(void)
{
	raise(SIGABRT);
	signal_die(SIGABRT);
}
