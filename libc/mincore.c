/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/vm_map.h"
#include "libc/result.h"
#include <errno.h>
#include <sys/mman.h>

int mincore(void *addr, size_t len, unsigned char *pages)
{
	return (int)libc_result(vm_residence((uintptr_t)addr, len, pages));
}
