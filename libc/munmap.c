/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/vm_map.h"
#include "libc/result.h"
#include <errno.h>
#include <sys/mman.h>

int munmap(void *addr, size_t len)
{
	return (int)libc_result(vm_unmap((uintptr_t)addr, len));
}
