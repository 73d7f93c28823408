/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memcpy, memmove and memset against the plainest way to write them: every length around the borders
 * between their ways, every alignment, every overlap.
 */
#include "tests/host/test.h"
#include <stdbool.h>

/* Under other names, as the sanitizers and the test itself use the library's. */
#define memcpy  our_memcpy
#define memmove our_memmove
#define memset  our_memset
#include "libc/memory.c"
#undef memcpy
#undef memmove
#undef memset

#define ROOM  800
#define START 300
#define LONG  260 /* past STRING_MIN, and past a few words behind it */

static uint8_t got[ROOM], want[ROOM];

static void fill(void)
{
	for (unsigned i = 0; i < ROOM; i++)
		got[i] = want[i] = (uint8_t)(i * 37 + (i >> 8) * 11);
}

static void move_plainly(uint8_t *to, const uint8_t *from, size_t n)
{
	uint8_t copy[LONG];

	for (size_t i = 0; i < n; i++)
		copy[i] = from[i];
	for (size_t i = 0; i < n; i++)
		to[i] = copy[i];
}

static bool same(void)
{
	for (unsigned i = 0; i < ROOM; i++)
		if (got[i] != want[i])
			return false;
	return true;
}

/* Whether `copy` moves n bytes within got[], returns where to, and touches nothing else. */
static bool moves(void *(*copy)(void *, const void *, size_t), unsigned to, unsigned from, size_t n)
{
	bool returns;

	fill();
	returns = copy(got + to, got + from, n) == got + to;
	move_plainly(want + to, want + from, n);
	return returns && same();
}

TEST(every_overlap)
{
	unsigned wrong = 0;

	for (size_t n = 0; n < LONG; n++)
		for (unsigned to = START - 40; to <= START + 40; to++)
			wrong += !moves(our_memmove, to, START, n);
	CHECK_EQ(wrong, 0);
}

TEST(every_alignment)
{
	unsigned wrong = 0;

	for (size_t n = 0; n < LONG; n++)
		for (unsigned at = 0; at < 64; at++)
			wrong += !moves(our_memcpy, 400 + at % 8, 100 + at / 8, n);
	CHECK_EQ(wrong, 0);
}

TEST(every_fill)
{
	unsigned wrong = 0;

	for (size_t n = 0; n < LONG; n++)
		for (unsigned at = 0; at < 8; at++) {
			fill();
			wrong += our_memset(got + START + at, (int)(n + 0x1080), n) != got + START + at;
			for (size_t i = 0; i < n; i++)
				want[START + at + i] = (uint8_t)(n + 0x1080);
			wrong += !same();
		}
	CHECK_EQ(wrong, 0);
}

/* Behind the end lies what belongs to others: AddressSanitizer looks. */
TEST(nothing_beyond)
{
	for (size_t n = 1; n < LONG; n++) {
		uint8_t *a = malloc(n), *b = malloc(n);

		our_memset(a, 7, n);
		our_memcpy(b, a, n);
		our_memmove(b, b, n);
		CHECK_EQ(b[n - 1], 7);
		free(a);
		free(b);
	}
}

TEST_MAIN
