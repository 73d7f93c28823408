/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * printf for the kernel: %d %i %u %x %X %o %c %s %p %% with flags, width, precision and hh h l ll z
 * t j; no floating point.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/*
 * As vsnprintf(3): always terminates when size > 0, returns the length the whole text would have.
 */
int kvsnprintf(char *buf, size_t size, const char *fmt, va_list);
int ksnprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
