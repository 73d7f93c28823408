/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's random generator. */
#pragma once

#include <sys/cdefs.h>
#include <sys/types.h>

#define GRND_NONBLOCK	1
#define GRND_RANDOM	2
#define GRND_INSECURE	4

__BEGIN_DECLS
ssize_t getrandom(void *buf, size_t len, unsigned flags);
int getentropy(void *buf, size_t len);
__END_DECLS
