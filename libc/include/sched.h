/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's own, with sets of CPUs. */
#pragma once

#include <sys/features.h>
#if __GNU_VISIBLE
#include <sys/cpuset.h>
#endif
#include_next <sched.h>
