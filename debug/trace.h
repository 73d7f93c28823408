/* SPDX-License-Identifier: BSD-2-Clause */
/* Call chains that are kept, and panics that show one besides their own. */
#pragma once

#include <stdint.h>

struct thread;

/* The first n return addresses of the chain, zeroes behind the last. rbp, t: see backtrace(). */
void trace_take(uint64_t *calls, unsigned n, uint64_t rbp, const struct thread *t);

/* A word of a stack that may not be there; 0: it is not. */
uint64_t trace_saved(uint64_t address);

/* panic(), and under a title of its own another chain; calls NULL: it was not kept. */
_Noreturn void panic_with_calls(const char *title, const uint64_t *calls, unsigned n, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
