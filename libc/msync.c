/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/vm_map.h"
#include "libc/result.h"
#include <errno.h>
#include <sys/mman.h>

/* No mapping is written back. */
int msync(void *addr, size_t len, int flags)
{
	bool both = flags & MS_ASYNC && flags & MS_SYNC;

	if (both || flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC))
		return (int)libc_result(-EINVAL);
	return (int)libc_result(vm_check_mapped((uintptr_t)addr, len));
}
