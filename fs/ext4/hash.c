/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hash functions of directory indexes (directory.rst, "Hash Tree Directories"): a cut-down MD4,
 * the Tiny Encryption Algorithm, and the first version's own. Each comes in two kinds, because it
 * once depended on whether the compiler's char was signed.
 */
#include "fs/ext4/ext4.h"
#include <string.h>

/* dx_root_info.hash_version. Three more, HASH_UNSIGNED higher, take unsigned characters. */
enum { HASH_LEGACY, HASH_HALF_MD4, HASH_TEA, HASH_UNSIGNED };

#define HASH_EOF 0x7fffffffu /* without its lowest bit; Linux keeps it for the end of a readdir */

static uint32_t character(char c, bool is_unsigned)
{
	return is_unsigned ? (uint32_t)(uint8_t)c : (uint32_t)(int32_t)(int8_t)c;
}

static uint32_t rol(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static uint32_t legacy(const char *name, size_t len, bool is_unsigned)
{
	uint32_t now = 0x12a3fe2d, before = 0x37abe8f9;

	while (len--) {
		uint32_t next = before + (now ^ character(*name++, is_unsigned) * 7152373u);

		if (next & 0x80000000)
			next -= 0x7fffffff;
		before = now;
		now = next;
	}
	return now << 1;
}

/* Packs up to n words' worth of the name, big end first, and fills up with its length. */
static void pack(const char *name, size_t len, bool is_unsigned, uint32_t *words, unsigned n)
{
	uint32_t pad = (uint32_t)len | (uint32_t)len << 8, word;

	pad |= pad << 16;
	word = pad;
	if (len > n * 4)
		len = n * 4;
	for (size_t i = 0; i < len; i++) {
		word = character(name[i], is_unsigned) + (word << 8);
		if (i % 4 == 3) {
			*words++ = word;
			word = pad;
			n--;
		}
	}
	if (n > 0) {
		*words++ = word;
		n--;
	}
	while (n-- > 0)
		*words++ = pad;
}

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z) { return z ^ (x & (y ^ z)); }
static uint32_t majority(uint32_t x, uint32_t y, uint32_t z) { return (x & y) + ((x ^ y) & z); }
static uint32_t parity(uint32_t x, uint32_t y, uint32_t z) { return x ^ y ^ z; }

/* One of MD4's three rounds over half its input. */
struct round {
	uint32_t (*mix)(uint32_t, uint32_t, uint32_t);
	uint32_t constant;
	uint8_t order[8], shifts[4];
};

static const struct round half_md4_rounds[] = {
	{ choose, 0, { 0, 1, 2, 3, 4, 5, 6, 7 }, { 3, 7, 11, 19 } },
	{ majority, 0x5a827999, { 1, 3, 5, 7, 0, 2, 4, 6 }, { 3, 5, 9, 13 } },
	{ parity, 0x6ed9eba1, { 3, 7, 2, 6, 1, 5, 0, 4 }, { 3, 9, 11, 15 } },
};

static void half_md4(uint32_t state[4], const uint32_t in[8])
{
	uint32_t v[4] = { state[0], state[1], state[2], state[3] };

	for (unsigned r = 0; r < 3; r++) {
		const struct round *round = &half_md4_rounds[r];

		/* a, d, c, b take turns: the one changed is v[-i], the others follow it. */
		for (unsigned i = 0; i < 8; i++) {
			uint32_t *a = &v[-i & 3];
			uint32_t b = v[(1 - i) & 3], c = v[(2 - i) & 3], d = v[(3 - i) & 3];
			uint32_t word = in[round->order[i]] + round->constant;

			*a = rol(*a + round->mix(b, c, d) + word, round->shifts[i & 3]);
		}
	}
	for (unsigned i = 0; i < 4; i++)
		state[i] += v[i];
}

static void tea(uint32_t state[4], const uint32_t key[4])
{
	uint32_t x = state[0], y = state[1], sum = 0;

	for (unsigned i = 0; i < 16; i++) {
		sum += 0x9e3779b9;
		x += ((y << 4) + key[0]) ^ (y + sum) ^ ((y >> 5) + key[1]);
		y += ((x << 4) + key[2]) ^ (x + sum) ^ ((x >> 5) + key[3]);
	}
	state[0] += x;
	state[1] += y;
}

static void start_state(const struct ext4 *fs, uint32_t state[4])
{
	static const uint32_t md4_start[4] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
	bool has_seed = fs->hash_seed[0] | fs->hash_seed[1] | fs->hash_seed[2] | fs->hash_seed[3];

	memcpy(state, has_seed ? fs->hash_seed : md4_start, 4 * sizeof(*state));
}

static uint32_t digest(const struct ext4 *fs, bool is_tea, const char *name, size_t len,
		       bool is_unsigned)
{
	unsigned words = is_tea ? 4 : 8;
	uint32_t state[4], in[8];

	start_state(fs, state);
	for (;;) {
		pack(name, len, is_unsigned, in, words);
		(is_tea ? tea : half_md4)(state, in);
		if (len <= words * 4)
			break;
		name += words * 4;
		len -= words * 4;
	}
	return is_tea ? state[0] : state[1];
}

bool ext4_hash(const struct ext4 *fs, uint8_t version, const char *name, size_t len, uint32_t *hash)
{
	bool is_unsigned = version >= HASH_UNSIGNED || fs->hash_unsigned;
	uint8_t function = version % HASH_UNSIGNED;

	if (version >= 2 * HASH_UNSIGNED)
		return false;
	if (function == HASH_LEGACY)
		*hash = legacy(name, len, is_unsigned);
	else
		*hash = digest(fs, function == HASH_TEA, name, len, is_unsigned);
	*hash &= ~1u;
	if (*hash == HASH_EOF << 1)
		*hash = (HASH_EOF - 1) << 1;
	return true;
}
