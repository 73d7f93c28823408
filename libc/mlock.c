/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/page.h"
#include "kernel/vm_map.h"
#include "libc/result.h"
#include <errno.h>
#include <sys/mman.h>

/*
 * Nothing is ever paged out; what is locked is filled, so that touching it takes no fault. The
 * image and stacks are filled always, and lie outside of what vm_map.h knows.
 */
static int lock(uintptr_t addr, size_t len)
{
	uintptr_t start = addr / PAGE_SIZE * PAGE_SIZE;

	if (addr + len < addr)
		return -ENOMEM;
	if (!vm_is_area(addr))
		return vm_phys((void *)addr) ? 0 : -ENOMEM;
	return vm_fill(start, addr + len - start);
}

int mlock(const void *addr, size_t len)
{
	return (int)libc_result(lock((uintptr_t)addr, len));
}

int munlock(const void *addr, size_t len)
{
	(void)addr, (void)len;
	return 0;
}

/* What is mapped later is filled when it is touched. */
int mlockall(int flags)
{
	if (!flags || flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		return (int)libc_result(-EINVAL);
	return 0;
}

int munlockall(void)
{
	return 0;
}
