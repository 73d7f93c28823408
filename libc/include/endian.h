/* SPDX-License-Identifier: BSD-2-Clause */
/* Byte order conversions (glibc and BSD names, POSIX.1-2024). */
#pragma once

#include <sys/endian.h>

#define __LITTLE_ENDIAN	_LITTLE_ENDIAN
#define __BIG_ENDIAN	_BIG_ENDIAN
#define __BYTE_ORDER	_BYTE_ORDER
