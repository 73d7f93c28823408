/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Randomness from the processor. Source: Intel SDM volume 1, 7.3.17 (RDRAND, RDSEED; both may fail
 * for a moment).
 */
#include "kernel/x86_64/arch.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/features.h"
#include <stdbool.h>

#define TRIES         10 /* the SDM's own number */
#define JITTER_ROUNDS 8

static bool rdseed(uint64_t *v)
{
	bool ok;

	__asm__ volatile("rdseed %0" : "=r"(*v), "=@ccc"(ok));
	return ok;
}

static bool rdrand(uint64_t *v)
{
	bool ok;

	__asm__ volatile("rdrand %0" : "=r"(*v), "=@ccc"(ok));
	return ok;
}

static bool try(bool (*instruction)(uint64_t *), uint64_t *v)
{
	for (unsigned i = 0; i < TRIES; i++)
		if (instruction(v))
			return true;
	return false;
}

/*
 * When the machine was started, and how long instructions take in it: little, and nothing that
 * could be vouched for.
 */
static uint64_t jitter(void)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < JITTER_ROUNDS; i++)
		v = (v ^ cpu_tsc()) * 0x9e3779b97f4a7c15; /* 2^64 / golden ratio: spreads the low bits */
	return v ^ v >> 32;
}

uint64_t cpu_random_u64(unsigned *bits_vouched)
{
	uint64_t v;

	*bits_vouched = 64;
	if (cpu_features.rdseed && try(rdseed, &v))
		return v;
	if (cpu_features.rdrand && try(rdrand, &v))
		return v;
	*bits_vouched = 0;
	return jitter();
}
