/* SPDX-License-Identifier: BSD-2-Clause */
/* The sanitizers' calls around a stack switch; nothing in a build without the sanitizer. */
#pragma once

#include <stddef.h>

#ifdef __SANITIZE_THREAD__
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned flags);
#else
static inline void *__tsan_get_current_fiber(void) { return NULL; }
static inline void *__tsan_create_fiber(unsigned flags) { return (void)flags, NULL; }
static inline void __tsan_destroy_fiber(void *fiber) { (void)fiber; }
static inline void __tsan_switch_to_fiber(void *fiber, unsigned flags) { (void)fiber, (void)flags; }
#endif

#ifdef __SANITIZE_ADDRESS__
void __sanitizer_start_switch_fiber(void **save, const void *low, size_t size);
void __sanitizer_finish_switch_fiber(void *save, const void **old_low, size_t *old_size);
#else
static inline void __sanitizer_start_switch_fiber(void **save, const void *low, size_t size)
{
	(void)save, (void)low, (void)size;
}
static inline void __sanitizer_finish_switch_fiber(void *save, const void **low, size_t *size)
{
	(void)save, (void)low, (void)size;
}
#endif
