/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /dev/{null,zero,full,random,urandom,console}, as null(4), zero(4), full(4) and random(4) describe
 * them.
 */
#include "check.h"
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned char bytes[8192];

static bool all(unsigned char value)
{
	for (size_t i = 0; i < sizeof bytes; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

static int open_device(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDWR);

	CHECK(fd >= 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	memset(bytes, 0xa5, sizeof bytes);
	return fd;
}

static void check_null(void)
{
	int fd = open_device("/dev/null");

	CHECK_EQ(read(fd, bytes, sizeof bytes), 0);
	CHECK_EQ(write(fd, bytes, sizeof bytes), sizeof bytes);
	CHECK(all(0xa5));
	close(fd);
}

static void check_zero(void)
{
	int fd = open_device("/dev/zero");

	CHECK_EQ(read(fd, bytes, sizeof bytes), sizeof bytes);
	CHECK(all(0));
	CHECK_EQ(write(fd, bytes, sizeof bytes), sizeof bytes);
	close(fd);
}

static void check_full(void)
{
	int fd = open_device("/dev/full");

	CHECK_EQ(read(fd, bytes, sizeof bytes), sizeof bytes);
	CHECK(all(0));
	CHECK_ERRNO(write(fd, bytes, 1), ENOSPC);
	close(fd);
}

/* Of 8192 random bytes a given value is missing with probability e^-32. */
static bool looks_random(void)
{
	bool seen[256] = { false };
	unsigned kinds = 0;

	for (size_t i = 0; i < sizeof bytes; i++)
		if (!seen[bytes[i]]) {
			seen[bytes[i]] = true;
			kinds++;
		}
	return kinds == 256;
}

static void check_random(const char *path)
{
	unsigned char first[32];
	int fd = open_device(path);

	CHECK_EQ(read(fd, bytes, sizeof bytes), sizeof bytes);
	CHECK(looks_random());
	memcpy(first, bytes, sizeof first);
	CHECK_EQ(read(fd, bytes, sizeof bytes), sizeof bytes);
	CHECK(memcmp(first, bytes, sizeof first) != 0);
	CHECK_EQ(write(fd, bytes, 16), 16);
	close(fd);
}

static void check_getentropy(void)
{
	memset(bytes, 0, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i += 256)
		CHECK_EQ(getentropy(bytes + i, 256), 0);
	CHECK(looks_random());
}

static void check_console(void)
{
	int fd = open_device("/dev/console");

	CHECK(isatty(fd));
	CHECK_EQ(write(fd, "written to the console\n", 23), 23);
	close(fd);
}

int main(void)
{
	check_null();
	check_zero();
	check_full();
	check_random("/dev/random");
	check_random("/dev/urandom");
	check_getentropy();
	check_console();
	CHECK(!isatty(open_device("/dev/null")));
	CHECK_ERRNO(open("/dev/none", O_RDONLY), ENOENT);
	return verdict();
}
