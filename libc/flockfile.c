/* SPDX-License-Identifier: BSD-2-Clause */
/* Streams locked for more than one call, by the lock that newlib's own functions take. */
#include <stdio.h>
#include <sys/lock.h>

void flockfile(FILE *f)
{
	__retarget_lock_acquire_recursive(f->_lock);
}

int ftrylockfile(FILE *f)
{
	return __retarget_lock_try_acquire_recursive(f->_lock) ? 0 : -1;
}

void funlockfile(FILE *f)
{
	__retarget_lock_release_recursive(f->_lock);
}
