/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clocks that pthread_getcpuclockid() names: by the thread's address, which is no other clock's
 * number.
 */
#pragma once

#include <stdint.h>
#include <time.h>

struct pthread;

#define CLOCK_IDS 16u /* below: the clocks of <time.h> */

/*
 * The CPU time of a thread. Nonzero: it lives no more. In the image only with threads that can be
 * named.
 */
int pthread_clock_ns(const struct pthread *, uint64_t *ns) __attribute__((weak));
