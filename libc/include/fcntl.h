/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's own, and advice about how a file will be read. */
#pragma once

#include_next <fcntl.h>

#define POSIX_FADV_NORMAL	0
#define POSIX_FADV_RANDOM	1
#define POSIX_FADV_SEQUENTIAL	2
#define POSIX_FADV_WILLNEED	3
#define POSIX_FADV_DONTNEED	4
#define POSIX_FADV_NOREUSE	5

__BEGIN_DECLS
int posix_fadvise(int fd, off_t offset, off_t len, int advice);
__END_DECLS
