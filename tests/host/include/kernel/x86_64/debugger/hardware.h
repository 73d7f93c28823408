/* SPDX-License-Identifier: BSD-2-Clause */
/* The debug registers as plain memory. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BREAKPOINT_OPCODE 0xcc
#define HARDWARE_POINTS   4u
#define SELECTOR_CODE     0x08
#define SELECTOR_DATA     0x10

enum { DR7_EXECUTE = 0, DR7_WRITE = 1, DR7_ACCESS = 3 };

static inline uint64_t dr7_point(unsigned n, unsigned kind, unsigned len)
{
	unsigned size = len == 8 ? 2 : len - 1;

	return 2ull << (2 * n) | (uint64_t)(kind | size << 2) << (16 + 4 * n);
}

extern uint64_t host_dr[HARDWARE_POINTS], host_dr7;

static inline void debug_points_load(const uint64_t address[HARDWARE_POINTS], uint64_t control)
{
	memcpy(host_dr, address, sizeof host_dr);
	host_dr7 = control;
}

static inline void debug_points_off(void)
{
	host_dr7 = 0;
}

static inline void write_anything(void *to, const void *from, size_t len)
{
	memcpy(to, from, len);
}

extern const uint64_t trap_excepted, trap_interrupted, trap_preempted;
