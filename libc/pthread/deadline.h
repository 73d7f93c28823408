/* SPDX-License-Identifier: BSD-2-Clause */
/* Absolute times of POSIX's timed calls as the kernel's deadlines. */
#pragma once

#include <stdint.h>
#include <time.h>

/*
 * 0 or EINVAL: not a time, or a clock that nobody can wait on. Setting the wall clock afterwards
 * does not move the deadline.
 */
int deadline_of(clockid_t, const struct timespec *at, uint64_t *deadline_ns);
