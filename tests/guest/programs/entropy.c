/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random bytes for others to judge: fills /dev/vda, as large as it is, from getrandom().
 */
#include "check.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (1u << 20)

int main(void)
{
	int fd = open("/dev/vda", O_WRONLY);
	char *bytes = malloc(PIECE);
	struct stat st;

	CHECK(bytes);
	CHECK_EQ(fstat(fd, &st), 0);
	for (off_t at = 0; at < st.st_size && !failed; at += PIECE) {
		CHECK_EQ(getrandom(bytes, PIECE, 0), PIECE);
		CHECK_EQ(write(fd, bytes, PIECE), PIECE);
	}
	return verdict();
}
