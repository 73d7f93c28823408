/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * getrandom() and its sisters, as random(4) and arc4random(3) describe them. The argument says whether something seeds the
 * generator by itself ("seeded"), or only sleep does ("bare").
 */
#include "check.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static unsigned char a[512], b[512];

static void check_before(void)
{
	int fd = open("/dev/random", O_RDONLY | O_NONBLOCK);

	CHECK_ERRNO(getrandom(a, 16, GRND_NONBLOCK), EAGAIN);
	CHECK_ERRNO(getrandom(a, 16, GRND_NONBLOCK | GRND_RANDOM), EAGAIN);
	CHECK_ERRNO(read(fd, a, 16), EAGAIN);
	CHECK_EQ(getrandom(a, 16, GRND_INSECURE), 16);
	close(fd);
	fd = open("/dev/urandom", O_RDONLY);
	CHECK_EQ(read(fd, a, 16), 16);
	close(fd);
}

/* A device may answer at any time. */
static void wait_for_seed(void)
{
	while (getrandom(a, 16, GRND_NONBLOCK) < 0)
		usleep(1000);
}

static void check_uniform(void)
{
	unsigned seen = 0;

	CHECK_EQ(arc4random_uniform(0), 0);
	CHECK_EQ(arc4random_uniform(1), 0);
	for (unsigned i = 0; i < 1000; i++) {
		unsigned n = arc4random_uniform(10);

		CHECK(n < 10);
		seen |= 1u << n;
	}
	CHECK_EQ(seen, 1023);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "bare") == 0)
		check_before();
	else
		wait_for_seed();
	CHECK_EQ(getrandom(a, sizeof a, 0), sizeof a);
	CHECK_EQ(getrandom(b, sizeof b, GRND_NONBLOCK), sizeof b);
	CHECK(memcmp(a, b, sizeof a) != 0);
	CHECK_EQ(getrandom(a, 16, GRND_RANDOM), 16);
	CHECK_ERRNO(getrandom(a, 16, GRND_RANDOM | GRND_INSECURE), EINVAL);
	CHECK_ERRNO(getrandom(a, 16, 0x100), EINVAL);
	CHECK_EQ(getrandom(a, 0, 0), 0);
	CHECK_EQ(getentropy(a, 256), 0);
	CHECK_ERRNO(getentropy(a, 257), EIO);
	arc4random_buf(a, sizeof a);
	arc4random_buf(b, sizeof b);
	CHECK(memcmp(a, b, sizeof a) != 0);
	CHECK(arc4random() != arc4random() || arc4random() != arc4random());
	check_uniform();
	return verdict();
}
