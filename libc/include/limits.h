/* SPDX-License-Identifier: BSD-2-Clause */
/* The compiler's and newlib's own, and the limits POSIX puts here, which newlib leaves out. */
#pragma once

#include <sys/syslimits.h>
#include_next <limits.h>
