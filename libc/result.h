/* SPDX-License-Identifier: BSD-2-Clause */
/* The border between -errno, as everything inside returns it, and errno. */
#pragma once

#include <sys/types.h>

/* result itself, or errno = -result and -1. The one place that sets errno. */
ssize_t libc_result(ssize_t result);
