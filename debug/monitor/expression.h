/* SPDX-License-Identifier: BSD-2-Clause */
/* What a word of a command line means: sums of numbers, registers, functions and memory. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What the expression cannot know itself. False: there is no such thing. */
struct expression_world {
	bool (*name)(const char *name, uint64_t *value);      /* $register or function */
	bool (*memory)(uint64_t address, uint64_t *value);    /* eight bytes */
};

/* NULL and *value, or what is wrong. */
const char *expression_value(const struct expression_world *, const char *text, uint64_t *value);
