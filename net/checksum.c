/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Internet checksum (RFC 1071), eight bytes at a time: without device help it is the costliest
 * loop per byte after the copy itself.
 */
#include "lwip/opt.h"
#include "lwip/inet_chksum.h"
#include <string.h>

/*
 * Adds with the carry brought round, which one's complement addition is at any width (RFC 1071,
 * 2(C)).
 */
static inline uint64_t add(uint64_t sum, uint64_t word)
{
	sum += word;
	return sum + (sum < word);
}

static inline uint64_t load(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static uint16_t fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint16_t net_checksum(const void *data, int len)
{
	const uint8_t *p = data;
	uint64_t sum = 0, last = 0;

	for (; len >= 32; len -= 32, p += 32) {
		sum = add(sum, load(p));
		sum = add(sum, load(p + 8));
		sum = add(sum, load(p + 16));
		sum = add(sum, load(p + 24));
	}
	for (; len >= 8; len -= 8, p += 8)
		sum = add(sum, load(p));
	memcpy(&last, p, (size_t)len);
	return fold(add(sum, last));
}
