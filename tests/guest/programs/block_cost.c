/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads the same 4 KiB of /dev/vda without end; the test counts what the requests cost, from one blk_submit() to another. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	static char data[4096];
	int fd = open("/dev/vda", O_RDONLY);

	while (pread(fd, data, sizeof data, 8192) == (ssize_t)sizeof data)
		;
	perror("/dev/vda");
	return 1;
}
