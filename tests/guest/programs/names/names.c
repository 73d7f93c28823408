/* SPDX-License-Identifier: BSD-2-Clause */
#include "names.h"
#include <string.h>

int cpus = 7;

int page_alloc(int n)
{
	return n + cpus;
}

int panic(const char *why)
{
	return (int)strlen(why);
}
