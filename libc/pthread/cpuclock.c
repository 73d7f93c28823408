/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks of CPU time, by name; libc/time.c reads them. */
#include "libc/pthread/clock.h"
#include "libc/pthread/pthread.h"
#include <errno.h>
#include <unistd.h>

int pthread_getcpuclockid(pthread_t p, clockid_t *id)
{
	uint64_t ns;

	if (pthread_clock_ns(p, &ns) != 0)
		return ESRCH;
	*id = (clockid_t)p;
	return 0;
}

int clock_getcpuclockid(pid_t pid, clockid_t *id)
{
	if (pid != 0 && pid != getpid())
		return ESRCH;
	*id = CLOCK_PROCESS_CPUTIME_ID;
	return 0;
}
