/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The random generator: the cipher against RFC 8439, and what the generator promises around it.
 * Links: kernel/random.c kernel/chacha20.c
 */
#include "tests/host/test.h"
#include "tests/host/shim.h"
#include "kernel/chacha20.h"
#include "kernel/random.h"
#include "kernel/thread.h"
#include <errno.h>

/* RFC 8439, section 2.3.2. */
TEST(chacha20_block_of_the_rfc)
{
	static const uint32_t expected[16] = {
		0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7, 0x0368c033, 0x9aaa2204, 0x4e6cd4c3,
		0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9, 0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2,
	};
	uint32_t tail[4] = { 1, 0x09000000, 0x4a000000, 0 }, out[16];
	uint8_t key[32];

	for (unsigned i = 0; i < 32; i++)
		key[i] = (uint8_t)i;
	chacha20_block(out, (const uint32_t *)(const void *)key, tail);
	CHECK(memcmp(out, expected, sizeof(out)) == 0);
}

static unsigned sleeps;
static bool cpu_has_random = false;

void thread_sleep_until(uint64_t deadline_ns)
{
	shim_now_ns = deadline_ns;
	sleeps++;
}

uint64_t cpu_random_u64(unsigned *bits_vouched)
{
	*bits_vouched = cpu_has_random ? 64 : 0;
	return 0x1234;
}

/* First of all: nothing has seeded anything yet. */
TEST(waits_only_where_nothing_else_seeds)
{
	uint8_t byte = 1;

	random_init();
	CHECK(!random_seeded());
	CHECK_EQ(random_wait(false), -EAGAIN);
	CHECK_EQ(sleeps, 0);
	random_add(&byte, 1, 8); /* a device that gives little */
	CHECK_EQ(random_wait(false), -EAGAIN);
	CHECK_EQ(random_wait(true), 0);
	CHECK_EQ(sleeps, 256 - 8);
	CHECK_EQ(random_wait(true), 0);
	CHECK_EQ(sleeps, 256 - 8);
}

TEST(seeded_by_the_cpu)
{
	cpu_has_random = true;
	random_init();
	CHECK(random_seeded());
}

/* Every length is filled to its end and not beyond, and no two answers are alike. */
TEST(every_length)
{
	for (unsigned len = 1; len < 300; len++) {
		uint8_t *a = calloc(1, len), *b = calloc(1, len);
		unsigned zero = 0;

		random_bytes(a, len);
		random_bytes(b, len);
		for (unsigned i = 0; i < len; i++)
			zero += a[i] == 0;
		CHECK(zero <= 1 + len / 16);
		CHECK(len < 8 || memcmp(a, b, len) != 0);
		free(a);
		free(b);
	}
}

static unsigned asked;

static void ask(struct random_source *s)
{
	(void)s;
	asked++;
}

TEST(sources_are_asked_now_and_then)
{
	static struct random_source source = { .name = "test", .ask = ask };
	static uint8_t buf[65536];

	random_source_register(&source);
	for (unsigned i = 0; i < 64; i++)
		random_bytes(buf, sizeof(buf));
	CHECK(asked >= 3 && asked <= 4);
}

TEST(sources_are_asked_after_some_time)
{
	static struct random_source other = { .name = "other", .ask = ask };
	uint8_t byte;

	random_source_register(&other);
	shim_now_ns += 1000000000000ull;
	random_bytes(&byte, 1);
	asked = 0;
	random_bytes(&byte, 1);
	CHECK_EQ(asked, 0);
	shim_now_ns += 299000000000ull;
	random_bytes(&byte, 1);
	CHECK_EQ(asked, 0);
	shim_now_ns += 2000000000ull;
	random_bytes(&byte, 1);
	CHECK_EQ(asked, 2); /* both of them */
}

TEST(bits_spread_evenly)
{
	unsigned ones = 0;

	for (unsigned i = 0; i < 10000; i++)
		ones += (unsigned)__builtin_popcountll(random_u64());
	CHECK(ones > 318000 && ones < 322000);
}

TEST_MAIN
