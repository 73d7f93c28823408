/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The app's arguments as kernel/param.c reads them from kernel command lines, one line an argument:
 * for each how many they are, and then they, all ended by a NUL.
 */
#include "kernel/param.h"
#include <stdio.h>
#include <string.h>

static void show(char **words, int n)
{
	printf("%d%c", n - 1, 0);
	for (int i = 1; i < n; i++)
		fwrite(words[i], 1, strlen(words[i]) + 1, stdout);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int n;
		char **words;

		param_init(argv[i]);
		words = param_app_argv(&n);
		show(words, n);
	}
	return 0;
}
