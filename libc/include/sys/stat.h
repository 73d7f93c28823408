/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's own, and what it keeps for other systems. */
#pragma once

#include_next <sys/stat.h>

#undef S_BLKSIZE
#define S_BLKSIZE 512 /* the unit of st_blocks */

#define UTIME_NOW	(-2L)
#define UTIME_OMIT	(-1L)

__BEGIN_DECLS
int lstat(const char *__restrict path, struct stat *__restrict);
__END_DECLS
