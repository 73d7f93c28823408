/* SPDX-License-Identifier: BSD-2-Clause */
/* The file creation mask. */
#include "libc/umask.h"
#include <stdatomic.h>
#include <sys/stat.h>

static atomic_uint mask = S_IWGRP | S_IWOTH;

mode_t umask_get(void)
{
	return atomic_load_explicit(&mask, memory_order_relaxed);
}

mode_t umask(mode_t new_mask)
{
	return atomic_exchange(&mask, new_mask & ACCESSPERMS);
}
