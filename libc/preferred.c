/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions that newlib has too and that must be ours. The linker searches our archive before
 * newlib's, but takes a function needed by newlib itself (its locks, above all) from newlib; so
 * they are named here, in an object that start.c brings in. Nothing refers to the table: the linker
 * drops it, and with it each function the app has no use for.
 */
#include "libc/preferred.h"
#include <assert.h>
#include <reent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/lock.h>
#include <time.h>
#include <unistd.h>

const libc_function libc_preferred[] = {
	(libc_function)__retarget_lock_acquire,
	(libc_function)__assert_func,
	(libc_function)abort,
	(libc_function)arc4random,
	(libc_function)calloc,
	(libc_function)clock,
	(libc_function)free,
	(libc_function)malloc,
	(libc_function)memcpy,
	(libc_function)memmove,
	(libc_function)memset,
	(libc_function)raise,
	(libc_function)realloc,
	(libc_function)remove,
	(libc_function)rename,
	(libc_function)time,
	(libc_function)_Exit,
	(libc_function)_read_r,
	(libc_function)_write_r,
};
