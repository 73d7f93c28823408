/* SPDX-License-Identifier: BSD-2-Clause */
/* Ends in the way argv[1] says, with the status argv[2]. */
#include "kernel/power.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void at_exit(void)
{
	puts("atexit ran");
}

__attribute__((destructor)) static void destructor(void)
{
	puts("destructor ran");
}

int main(int argc, char **argv)
{
	int status = argc > 2 ? atoi(argv[2]) : 0;
	const char *how = argc > 1 ? argv[1] : "return";

	atexit(at_exit);
	printf("no newline yet;"); /* exit() and return flush it, _exit() does not */
	if (strcmp(how, "exit") == 0)
		exit(status);
	if (strcmp(how, "_exit") == 0)
		_exit(status);
	if (strcmp(how, "abort") == 0)
		abort();
	if (strcmp(how, "reboot") == 0)
		power_reboot();
	return status;
}
