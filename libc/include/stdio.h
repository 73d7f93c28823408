/* SPDX-License-Identifier: BSD-2-Clause */
/* newlib's own, with the functions of POSIX.1-2008 it keeps under other names or for _GNU_SOURCE. */
#pragma once

#include_next <stdio.h>

#if __POSIX_VISIBLE >= 200809 || __BSD_VISIBLE
__BEGIN_DECLS
ssize_t getline(char **__restrict line, size_t *__restrict size, FILE *__restrict);
ssize_t getdelim(char **__restrict line, size_t *__restrict size, int delimiter, FILE *__restrict);
int renameat(int from_dir, const char *from, int to_dir, const char *to);
int asprintf(char **__restrict text, const char *__restrict format, ...) __attribute__((format(printf, 2, 3)));
int vasprintf(char **__restrict text, const char *__restrict format, __VALIST) __attribute__((format(printf, 2, 0)));
__END_DECLS
#endif
