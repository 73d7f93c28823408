/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU time: elapsed time, as the machine runs one app and idle time is not accounted yet. */
#include "kernel/clock.h"
#include "libc/ticks.h"
#include <sys/times.h>
#include <time.h>

clock_t times(struct tms *out)
{
	clock_t now = clock_now_ns() / (1000000000 / TICKS_PER_SECOND);

	if (out)
		*out = (struct tms){ .tms_utime = now };
	return now;
}

/* newlib's counts in the ticks of times(), which are too coarse for CLOCKS_PER_SEC. */
clock_t clock(void)
{
	return clock_now_ns() / (1000000000 / CLOCKS_PER_SEC);
}
