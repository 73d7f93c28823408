/* SPDX-License-Identifier: BSD-2-Clause */
/* BSD's error messages on stderr. */
#include "libc/program.h"
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void message(const char *format, va_list args, const char *reason)
{
	fprintf(stderr, "%s: ", program_name);
	if (format)
		vfprintf(stderr, format, args);
	if (reason)
		fprintf(stderr, "%s%s", format ? ": " : "", reason);
	fputc('\n', stderr);
}

void vwarn(const char *format, va_list args)
{
	message(format, args, strerror(errno));
}

void vwarnx(const char *format, va_list args)
{
	message(format, args, NULL);
}

void verr(int status, const char *format, va_list args)
{
	vwarn(format, args);
	exit(status);
}

void verrx(int status, const char *format, va_list args)
{
	vwarnx(format, args);
	exit(status);
}

void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vwarn(format, args);
	va_end(args);
}

void warnx(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vwarnx(format, args);
	va_end(args);
}

void err(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	verr(status, format, args);
}

void errx(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	verrx(status, format, args);
}
