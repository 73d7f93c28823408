/* SPDX-License-Identifier: BSD-2-Clause */
/* A fuzzer's input, taken a byte at a time; behind its end all is 0. And what to do when something does not hold. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct steer {
	const uint8_t *at, *end;
};

static inline bool steer_more(const struct steer *s)
{
	return s->at < s->end;
}

static inline uint8_t steer_byte(struct steer *s)
{
	return steer_more(s) ? *s->at++ : 0;
}

static inline uint16_t steer_word(struct steer *s)
{
	uint16_t low = steer_byte(s);

	return (uint16_t)(low | steer_byte(s) << 8);
}

static inline uint32_t steer_dword(struct steer *s)
{
	uint32_t low = steer_word(s);

	return low | (uint32_t)steer_word(s) << 16;
}

static inline void steer_check(bool holds, const char *what)
{
	if (holds)
		return;
	fflush(stdout); /* where a model says which rule was broken */
	fprintf(stderr, "%s\n", what);
	abort();
}
