/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's own, with sets for as many descriptors as elsewhere (newlib: 64). <sys/types.h> includes this, so that it holds everywhere. */
#pragma once

#ifndef FD_SETSIZE
#define FD_SETSIZE 1024
#endif
#include_next <sys/select.h>
