/* SPDX-License-Identifier: BSD-2-Clause */
/* Follows a null pointer in the way argv[1] says. */
#include <stdio.h>
#include <string.h>

struct wide {
	char before[4000];
	volatile int member;
};

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	struct wide *volatile wide = NULL;
	void (*volatile function)(void) = NULL;

	printf("trying: %s\n", how);
	if (strcmp(how, "read") == 0)
		printf("read %d\n", *(volatile int *)wide);
	else if (strcmp(how, "write") == 0)
		*(volatile int *)wide = 1;
	else if (strcmp(how, "member") == 0)
		wide->member = 1;
	else if (strcmp(how, "call") == 0)
		function();
	puts("survived");
	return 1;
}
