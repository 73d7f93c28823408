/* SPDX-License-Identifier: BSD-2-Clause */
/* The smallest app: it says hello and shows its arguments. */
#include <stdio.h>

int main(int argc, char **argv)
{
	printf("Hello from %s!\n", argv[0]);
	for (int i = 1; i < argc; i++)
		printf("argv[%d] = %s\n", i, argv[i]);
	return 0;
}
