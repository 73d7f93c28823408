/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/vm_map.h"
#include "libc/result.h"
#include <errno.h>
#include <sys/mman.h>

int mprotect(void *addr, size_t len, int prot)
{
	if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC))
		return (int)libc_result(-EINVAL);
	return (int)libc_result(vm_protect((uintptr_t)addr, len, (unsigned)prot));
}
