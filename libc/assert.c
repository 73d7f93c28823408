/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a failed assert() calls. newlib's own uses stdio, and one in newlib's number formatting would bring a second printf into
 * every image.
 */
#include "kernel/printf.h"
#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

void __assert_func(const char *file, int line, const char *function, const char *expression)
{
	char text[512];
	int len = ksnprintf(text, sizeof(text), "%s:%d: %s%sassertion \"%s\" failed\n", file, line, function ? function : "",
			    function ? ": " : "", expression);

	write(STDERR_FILENO, text, len < (int)sizeof(text) ? len : (int)sizeof(text) - 1);
	abort();
}

void __assert(const char *file, int line, const char *expression)
{
	__assert_func(file, line, NULL, expression);
}
