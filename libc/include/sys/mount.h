/* SPDX-License-Identifier: BSD-2-Clause */
/* Mounting, with Linux's calls. */
#pragma once

#include <sys/cdefs.h>

#define MS_RDONLY 1

__BEGIN_DECLS
int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *options);
int umount(const char *target);
__END_DECLS
