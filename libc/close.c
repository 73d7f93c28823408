/* SPDX-License-Identifier: BSD-2-Clause */
#include "libc/fd.h"
#include "libc/result.h"
#include <unistd.h>

int close(int fd)
{
	return libc_result(fd_close(fd));
}
