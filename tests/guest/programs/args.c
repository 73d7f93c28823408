/* SPDX-License-Identifier: BSD-2-Clause */
/* Shows what main() was given. Brackets make blanks visible. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv, char **envp)
{
	const char *home = getenv("HOME");

	for (int i = 1; i < argc; i++)
		printf("argv[%d]=[%s]\n", i, argv[i]);
	for (int i = 0; envp[i]; i++)
		printf("env[%s]\n", envp[i]);
	printf("argc=%d end=%d environ=%d HOME=[%s]\n", argc, argv[argc] == NULL, environ == envp, home ? home : "");
	return 0;
}
