/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's own, with ESHUTDOWN and the other names it keeps for Linux. */
#pragma once

#ifndef __LINUX_ERRNO_EXTENSIONS__
#define __LINUX_ERRNO_EXTENSIONS__ 1
#endif
#include_next <sys/errno.h>
