/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memcpy, memmove and memset for the whole image, interrupts included, so without SSE registers.
 * In place of newlib's: those write past the cache from 256 bytes on, where the next reader of a
 * frame or a page wants it there, and move unaligned or overlapping bytes one by one.
 *
 * Long runs are left to the processor's string instructions, which do whole cache lines at a time
 * (Intel's Optimization Reference Manual, 3.7.6); they take a while to start, so short ones are
 * words. Both ends are done by a word each that may overlap the rest: nothing depends on alignment.
 */
#include <stdint.h>
#include <string.h>

#pragma GCC target("general-regs-only")
#pragma GCC optimize("no-tree-loop-distribute-patterns") /* would make these loops calls of these functions */

#define STRING_MIN 128 /* bytes from which a string instruction is worth its start */
#define EACH_BYTE  0x0101010101010101ull

struct word {
	uint64_t value;
} __attribute__((packed, may_alias));

struct half {
	uint32_t value;
} __attribute__((packed, may_alias));

static inline uint64_t get(const uint8_t *at)
{
	return ((const struct word *)at)->value;
}

static inline void put(uint8_t *at, uint64_t value)
{
	((struct word *)at)->value = value;
}

/* Up to 16 bytes. All is read before anything is written, so they may overlap. */
static inline void move_short(uint8_t *to, const uint8_t *from, size_t n)
{
	if (n >= 8) {
		uint64_t first = get(from), last = get(from + n - 8);

		put(to, first);
		put(to + n - 8, last);
	} else if (n >= 4) {
		uint32_t first = ((const struct half *)from)->value;
		uint32_t last = ((const struct half *)(from + n - 4))->value;

		((struct half *)to)->value = first;
		((struct half *)(to + n - 4))->value = last;
	} else if (n > 0) {
		uint8_t first = from[0], middle = from[n / 2], last = from[n - 1];

		to[0] = first;
		to[n / 2] = middle;
		to[n - 1] = last;
	}
}

/* More than 8 bytes, from the first to the last: right as well where to lies before from. */
static inline void move_up(uint8_t *to, const uint8_t *from, size_t n)
{
	uint64_t last = get(from + n - 8);
	uint8_t *last_to = to + n - 8;

	if (n >= STRING_MIN) {
		size_t words = (n - 1) / 8;

		__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	} else {
		for (; to < last_to; to += 8, from += 8)
			put(to, get(from));
	}
	put(last_to, last);
}

/* More than 8 bytes, from the last to the first. */
static inline void move_down(uint8_t *to, const uint8_t *from, size_t n)
{
	uint64_t first = get(from);

	for (; n > 8; n -= 8)
		put(to + n - 8, get(from + n - 8));
	put(to, first);
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	if (n <= 16)
		move_short(to, from, n);
	else
		move_up(to, from, n);
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	if (n <= 16)
		move_short(to, from, n);
	else if ((uintptr_t)to - (uintptr_t)from >= n) /* in front, or apart */
		move_up(to, from, n);
	else
		move_down(to, from, n);
	return to;
}

void *memset(void *to, int byte, size_t n)
{
	uint64_t value = (uint8_t)byte * EACH_BYTE;
	uint8_t *at = to, *last;

	if (n < 8) {
		for (size_t i = 0; i < n; i++)
			at[i] = (uint8_t)byte;
		return to;
	}
	last = at + n - 8;
	if (n >= STRING_MIN) {
		size_t words = n / 8;

		__asm__ volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(value) : "memory");
	}
	for (; at < last; at += 8)
		put(at, value);
	put(last, value);
	return to;
}
