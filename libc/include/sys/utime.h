/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's own, and the function it forgets. */
#pragma once

#include <sys/cdefs.h>
#include <sys/types.h>
#include_next <sys/utime.h>

__BEGIN_DECLS
int utime(const char *path, const struct utimbuf *times);
__END_DECLS
