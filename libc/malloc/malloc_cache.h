/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each thread's store of free memory, in front of newlib's allocator: what malloc() and free() need
 * no lock for.
 */
#pragma once

#include <stdbool.h>

/*
 * False in the kernel's own threads, whose end nobody would tell us: they go straight to the
 * allocator.
 */
extern _Thread_local bool malloc_cache_wanted;

/*
 * Gives the calling thread's store back, for good. Absent from an image that does not call
 * malloc().
 */
void malloc_cache_flush(void) __attribute__((weak));
