/* SPDX-License-Identifier: BSD-2-Clause */
/* -errno becomes errno here and nowhere else. */
#include "libc/result.h"
#include <errno.h>

ssize_t libc_result(ssize_t result)
{
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}
