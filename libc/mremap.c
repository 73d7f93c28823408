/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/vm_map.h"
#include "libc/result.h"
#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>

void *mremap(void *addr, size_t old_len, size_t new_len, int flags, ...)
{
	uintptr_t new_addr = 0;
	va_list more;

	if (flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED) || flags == MREMAP_FIXED)
		return (void *)libc_result(-EINVAL);
	if (flags & MREMAP_FIXED) {
		va_start(more, flags);
		new_addr = (uintptr_t)va_arg(more, void *);
		va_end(more);
	}
	return (void *)libc_result(vm_remap((uintptr_t)addr, old_len, new_len,
					    (flags & MREMAP_MAYMOVE ? VM_MAY_MOVE : 0) |
					    (flags & MREMAP_FIXED ? VM_MOVE_TO : 0), new_addr));
}
