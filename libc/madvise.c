/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/vm_map.h"
#include "libc/result.h"
#include <errno.h>
#include <sys/mman.h>

/* What is only a hint is taken, as long as there is memory it could be about. */
static int advise(uintptr_t addr, size_t len, int advice)
{
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_FREE:
		return vm_discard(addr, len);
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
		return vm_prefer_large(addr, len, advice == MADV_HUGEPAGE);
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return vm_fill(addr, len);
	case MADV_NORMAL ... MADV_WILLNEED:
	case MADV_DONTFORK ... MADV_DOFORK:
	case MADV_DONTDUMP ... MADV_DODUMP:
	case MADV_COLD ... MADV_PAGEOUT:
		return vm_check_mapped(addr, len);
	}
	return -EINVAL;
}

int madvise(void *addr, size_t len, int advice)
{
	return (int)libc_result(advise((uintptr_t)addr, len, advice));
}
