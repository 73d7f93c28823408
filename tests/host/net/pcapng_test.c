/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks of pcapng: each is as long as it says, at both its ends, and a multiple of four; whatever a
 * frame's length. What they mean is tshark's to say (tests/guest/cases/trace.py).
 *
 * Links: net/debugger/pcapng.c
 */
#include "tests/host/test.h"
#include "net/debugger/pcapng.h"
#include <stdlib.h>
#include <string.h>

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };

static uint32_t word(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof v);
	return v;
}

static void check_block(const uint8_t *block, size_t len, uint32_t type)
{
	CHECK(len % 4 == 0);
	CHECK(word(block) == type);
	CHECK(word(block + 4) == len);
	CHECK(word(block + len - 4) == len);
}

TEST(headers)
{
	uint8_t *room = malloc(PCAPNG_INTERFACE_BYTES); /* of the exact size: the sanitizer watches */

	check_block(room, pcapng_section(room), 0x0a0d0d0a);
	CHECK(word(room + 8) == 0x1a2b3c4d);
	check_block(room, pcapng_interface(room, "a name of 15 b.", mac), 1);
	free(room);
	room = malloc(PCAPNG_STATISTICS_BYTES);
	check_block(room, pcapng_statistics(room, 0, UINT64_MAX, 10, 3), 5);
	free(room);
}

static void frame(uint32_t len, uint64_t lost)
{
	struct pcapng_frame f = { .interface = 1, .ns = 0x123456789abcdef0, .len = len, .out = len & 1, .lost = lost };
	size_t bytes = pcapng_frame_bytes(&f), at;
	uint8_t *block = malloc(bytes);

	at = pcapng_frame_head(block, &f);
	memset(block + at, 0xee, len);
	at += len;
	at += pcapng_frame_tail(block + at, &f);
	CHECK(at == bytes);
	check_block(block, bytes, 6);
	CHECK(word(block + 12) == 0x12345678);
	CHECK(word(block + 16) == 0x9abcdef0);
	CHECK(word(block + 20) == len);
	CHECK(word(block + 24) == len);
	free(block);
}

TEST(frames_of_any_length)
{
	for (uint32_t len = 0; len < 70; len++) {
		frame(len, 0);
		frame(len, 1ull << 40);
	}
}

TEST_MAIN
