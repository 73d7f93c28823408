/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers each line from the console; at the end of input says how many there were. "quit" ends
 * with status 7.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	char line[300];
	int lines = 0;

	printf("ready tty=%d\n", isatty(STDIN_FILENO));
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		printf("got %u <%s>\n", (unsigned)strlen(line), line);
		if (strcmp(line, "quit") == 0)
			return 7;
		lines++;
	}
	printf("end after %d lines\n", lines);
	return 0;
}
