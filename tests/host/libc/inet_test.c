/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Addresses as text, against the C library of this machine: both are asked about the same texts, well-formed, nearly so, and not at all.
 *
 * Links: libc/socket/inet_pton.c libc/socket/inet_ntop.c libc/socket/inet_aton.c libc/result.c kernel/printf.c
 */
#include "tests/host/test.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

typedef int pton(int family, const char *text, void *addr);
typedef const char *ntop(int family, const void *addr, char *text, socklen_t size);
typedef int aton(const char *text, struct in_addr *addr);

static void *theirs(const char *name)
{
	void *libc = dlopen("libc.so.6", RTLD_NOW);

	return dlsym(libc, name);
}

static void compare_pton(int family, const char *text)
{
	unsigned char mine[16] = { 0 }, other[16] = { 0 };
	pton *their_pton = (pton *)theirs("inet_pton");
	int want = their_pton(family, text, other), got = inet_pton(family, text, mine);

	if (got != want || memcmp(mine, other, 16) != 0)
		test_fail(__FILE__, __LINE__, text);
}

static void compare_aton(const char *text)
{
	struct in_addr mine = { 0 }, other = { 0 };
	aton *their_aton = (aton *)theirs("inet_aton");
	int want = their_aton(text, &other), got = inet_aton(text, &mine);

	if (!got != !want || (got && mine.s_addr != other.s_addr))
		test_fail(__FILE__, __LINE__, text);
}

static void compare_ntop(int family, const void *addr)
{
	char mine[INET6_ADDRSTRLEN], other[INET6_ADDRSTRLEN];
	ntop *their_ntop = (ntop *)theirs("inet_ntop");

	their_ntop(family, addr, other, sizeof(other));
	CHECK(inet_ntop(family, addr, mine, sizeof(mine)) == mine);
	CHECK_STR(mine, other);
}

static const char *const texts[] = {
	"0.0.0.0", "255.255.255.255", "256.0.0.0", "1.2.3", "1.2.3.4.5", "1.2.3.4 ", " 1.2.3.4", "01.2.3.4", "1.2.3.", ".1.2.3", "1..2.3",
	"1.2.3.4x", "", "x", "-1.2.3.4", "+1.2.3.4", "1.2.3.400", "0x1.2.3.4", "127.1", "0177.0.0.1", "0x7f.1", "1.65536", "1.2.65536", "1.2.65535",
	"4294967295", "4294967296", "1.2.3.4\t", "1.2.3.4\n5", "1.2.3.0x", "08.1.1.1", "::", "::1", "1::", "1::2", ":1", "1:", ":::", "1:::2", "1::2::3",
	"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8", "12345::", "g::",
	"::ffff:1.2.3.4", "::1.2.3.4", "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "::1.2.3.4:5", "::1.2.3.256", "fe80::1%eth0", "::FfFf",
	"1:2:3:4:5:6:7:", ":2:3:4:5:6:7:8", "1.2.3.4::", "::.1.2.3", "0:0:0:0:0:0:0:0", "::00001",
};

TEST(pton_table)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		compare_pton(AF_INET, texts[i]);
		compare_pton(AF_INET6, texts[i]);
	}
}

TEST(aton_table)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		compare_aton(texts[i]);
}

static unsigned seed = 1;

static unsigned chance(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

TEST(pton_random)
{
	static const char alphabet[] = "0123456789abcdefF::::....:";

	for (int round = 0; round < 200000; round++) {
		char text[24];
		unsigned len = chance(sizeof(text));

		for (unsigned i = 0; i < len; i++)
			text[i] = alphabet[chance(sizeof(alphabet) - 1)];
		text[len] = '\0';
		compare_pton(AF_INET6, text);
		compare_pton(AF_INET, text);
		compare_aton(text);
	}
}

TEST(ntop_random)
{
	for (int round = 0; round < 100000; round++) {
		unsigned char addr[16];

		for (int i = 0; i < 16; i += 2) {
			bool zero = chance(2);

			addr[i] = zero ? 0 : chance(4) ? chance(256) : 0xff;
			addr[i + 1] = zero ? 0 : addr[i] == 0xff ? 0xff : chance(256);
		}
		compare_ntop(AF_INET, addr);
		compare_ntop(AF_INET6, addr);
	}
}

TEST(small_buffers_and_other_families)
{
	unsigned char addr[16] = { 1, 2, 3, 4 };
	char text[8];

	errno = 0;
	CHECK(!inet_ntop(AF_INET, addr, text, 7));
	CHECK_EQ(errno, ENOSPC);
	CHECK(inet_ntop(AF_INET, addr, text, 8));
	CHECK_STR(text, "1.2.3.4");
	errno = 0;
	CHECK(!inet_ntop(99, addr, text, 8));
	CHECK_EQ(errno, EAFNOSUPPORT);
	errno = 0;
	CHECK_EQ(inet_pton(99, "1.2.3.4", addr), -1);
	CHECK_EQ(errno, EAFNOSUPPORT);
}

TEST_MAIN
