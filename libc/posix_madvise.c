/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/vm_map.h"
#include "libc/result.h"
#include <errno.h>
#include <sys/mman.h>

/* Returns the error itself. POSIX's DONTNEED, unlike Linux's, loses nothing. */
int posix_madvise(void *addr, size_t len, int advice)
{
	if (advice < POSIX_MADV_NORMAL || advice > POSIX_MADV_DONTNEED)
		return EINVAL;
	return -vm_check_mapped((uintptr_t)addr, len);
}
