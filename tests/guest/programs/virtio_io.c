/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Real work for a block, a network and an entropy device: argv is address and TCP port of an echo server. Of the disk
 * /dev/vda, whose 8-byte words hold their own index times STEP, the second half is turned around; the host looks at
 * what is left on it.
 */
#include "check.h"
#include "exchange.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define STEP 0x9e3779b97f4a7c15ull
#define DISK (1u << 20)
#define BULK 100000u

/* From one sector to more than a request can carry, and none a divisor of the next. */
static const size_t sizes[] = { 512, 3 * 512, 4096, 17 * 512, 100 * 512, 300 * 1024 };

static void check_words(const uint64_t *words, size_t len, size_t at)
{
	for (size_t i = 0; i < len / 8; i++) {
		if (words[i] == (at / 8 + i) * STEP)
			continue;
		printf("FAIL: the word at %zu is %llx\n", at + i * 8, (unsigned long long)words[i]);
		failed++;
		return;
	}
}

static size_t half_end(size_t at)
{
	return at < DISK / 2 ? DISK / 2 : DISK;
}

static void check_disk(int fd, uint64_t *words)
{
	size_t at = 0;

	for (unsigned i = 0; at < DISK; i++) {
		size_t len = sizes[i % (sizeof sizes / sizeof sizes[0])];

		len = len < half_end(at) - at ? len : half_end(at) - at;
		CHECK_EQ(pread(fd, words, len, (off_t)at), len);
		check_words(words, len, at);
		for (size_t w = 0; w < len / 8; w++)
			words[w] = ~words[w];
		if (at >= DISK / 2)
			CHECK_EQ(pwrite(fd, words, len, (off_t)at), len);
		at += len;
	}
	CHECK_EQ(fsync(fd), 0);
}

static int connected(const char *address, const char *port)
{
	struct sockaddr_in host = { .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	inet_pton(AF_INET, address, &host.sin_addr);
	CHECK_EQ(connect(fd, (struct sockaddr *)&host, sizeof host), 0);
	return fd;
}

static void check_echo(int fd)
{
	static char out[BULK], in[BULK];

	CHECK_EQ(getrandom(out, sizeof out, 0), sizeof out);
	exchange(fd, out, in, BULK);
}

int main(int argc, char **argv)
{
	uint64_t *words = malloc(300 * 1024);
	int disk = open("/dev/vda", O_RDWR), wire;

	CHECK(argc == 3 && disk >= 0 && words);
	if (failed)
		return verdict();
	check_disk(disk, words);
	wire = connected(argv[1], argv[2]);
	check_echo(wire);
	close(wire);
	close(disk);
	return verdict();
}
