/* SPDX-License-Identifier: BSD-2-Clause */
/* The app's heap, which newlib's malloc() grows. */
#include "kernel/vm.h"
#include "libc/result.h"
#include <errno.h>
#include <unistd.h>

void *sbrk(ptrdiff_t delta)
{
	void *old = vm_sbrk(delta);

	if (old == (void *)-1)
		libc_result(-ENOMEM);
	return old;
}
