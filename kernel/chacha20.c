/* SPDX-License-Identifier: BSD-2-Clause */
/* The ChaCha20 block function. Source: RFC 8439, sections 2.1 to 2.3. */
#include "kernel/chacha20.h"
#include <string.h>

static inline uint32_t rotate_left(uint32_t v, unsigned n)
{
	return v << n | v >> (32 - n);
}

static inline void quarter_round(uint32_t *s, unsigned a, unsigned b, unsigned c, unsigned d)
{
	s[a] += s[b]; s[d] = rotate_left(s[d] ^ s[a], 16);
	s[c] += s[d]; s[b] = rotate_left(s[b] ^ s[c], 12);
	s[a] += s[b]; s[d] = rotate_left(s[d] ^ s[a], 8);
	s[c] += s[d]; s[b] = rotate_left(s[b] ^ s[c], 7);
}

static void double_round(uint32_t *s)
{
	for (unsigned i = 0; i < 4; i++)
		quarter_round(s, i, 4 + i, 8 + i, 12 + i);
	for (unsigned i = 0; i < 4; i++)
		quarter_round(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
}

void chacha20_block(uint32_t out[16], const uint32_t key[8], const uint32_t tail[4])
{
	static const uint32_t constants[4] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }; /* "expand 32-byte k" */
	uint32_t start[16];

	memcpy(start, constants, sizeof constants);
	memcpy(start + 4, key, 8 * sizeof *key);
	memcpy(start + 12, tail, 4 * sizeof *tail);
	memcpy(out, start, sizeof start);
	for (unsigned i = 0; i < 10; i++)
		double_round(out);
	for (unsigned i = 0; i < 16; i++)
		out[i] += start[i];
}
