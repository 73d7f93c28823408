/* SPDX-License-Identifier: BSD-2-Clause */
/* From a file to another descriptor, with Linux's call. */
#pragma once

#include <sys/cdefs.h>
#include <sys/types.h>

__BEGIN_DECLS
ssize_t sendfile(int out, int in, off_t *offset, size_t count);
__END_DECLS
