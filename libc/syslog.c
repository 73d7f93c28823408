/* SPDX-License-Identifier: BSD-2-Clause */
/* syslog(3) into the kernel's log, whose levels are the same. */
#include "kernel/log.h"
#include "libc/program.h"
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

static const char *ident; /* NULL: the program's name */
static int mask = LOG_UPTO(LOG_DEBUG);

void openlog(const char *name, int options, int facility)
{
	(void)options, (void)facility;
	ident = name;
}

void closelog(void)
{
	ident = NULL;
}

int setlogmask(int new_mask)
{
	int old = mask;

	if (new_mask)
		mask = new_mask;
	return old;
}

void vsyslog(int priority, const char *format, va_list args)
{
	int level = priority & LOG_PRIMASK;
	char text[LOG_LINE_MAX];

	if (!(mask & LOG_MASK(level)))
		return;
	vsnprintf(text, sizeof(text), format, args);
	log_printf(level, "%s: %s", ident ? ident : program_name, text);
}

void syslog(int priority, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsyslog(priority, format, args);
	va_end(args);
}
