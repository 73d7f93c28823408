/* SPDX-License-Identifier: BSD-2-Clause */
/* The POSIX names of two functions that newlib keeps under its own. */
#include <stdio.h>

ssize_t getline(char **restrict line, size_t *restrict size, FILE *restrict stream)
{
	return __getline(line, size, stream);
}

ssize_t getdelim(char **restrict line, size_t *restrict size, int delimiter, FILE *restrict stream)
{
	return __getdelim(line, size, delimiter, stream);
}
