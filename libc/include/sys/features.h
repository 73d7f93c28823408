/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's own, and which options of POSIX.1-2008 Thimble has: this is what makes newlib's headers declare them. */
#pragma once

#include_next <sys/features.h>

#define _POSIX_VERSION		200809L
#define _POSIX_FSYNC		200809L
#define _POSIX_TIMERS		200809L
#define _POSIX_MONOTONIC_CLOCK	200809L
#define _POSIX_CLOCK_SELECTION	200809L
#define _POSIX_NO_TRUNC		1
