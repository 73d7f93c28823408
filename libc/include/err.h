/* SPDX-License-Identifier: BSD-2-Clause */
/* BSD's error messages: the program's name, the text, and (without x) what errno says. */
#pragma once

#include <stdarg.h>
#include <sys/cdefs.h>

__BEGIN_DECLS
void err(int status, const char *format, ...) __attribute__((__noreturn__, format(printf, 2, 3)));
void errx(int status, const char *format, ...) __attribute__((__noreturn__, format(printf, 2, 3)));
void verr(int status, const char *format, va_list) __attribute__((__noreturn__, format(printf, 2, 0)));
void verrx(int status, const char *format, va_list) __attribute__((__noreturn__, format(printf, 2, 0)));
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warnx(const char *format, ...) __attribute__((format(printf, 1, 2)));
void vwarn(const char *format, va_list) __attribute__((format(printf, 1, 0)));
void vwarnx(const char *format, va_list) __attribute__((format(printf, 1, 0)));
__END_DECLS
