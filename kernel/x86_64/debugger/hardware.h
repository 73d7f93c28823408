/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a debugger asks of the processor. All of it concerns the CPU that calls, with interrupts off.
 * Source: Intel SDM volume 3, 17.2 (debug registers) and 2.5 (CR0); volume 1, 13 (XSAVE).
 */
#pragma once

#include "kernel/x86_64/features.h"
#include "kernel/x86_64/segments.h"
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CR0_WP (1ul << 16)

#define BREAKPOINT_OPCODE 0xcc
#define HARDWARE_POINTS   4u

#define DR6_HITS        0xful     /* bit n: what DRn says has happened */
#define DR6_STEP        (1ul << 14)
#define DR6_IDLE        0xffff0ff0ul /* bits that read as ones */
#define DR7_IDLE        (1ul << 10)

enum { DR7_EXECUTE = 0, DR7_WRITE = 1, DR7_ACCESS = 3 };

/* One point's bits: enabled in every task, what it looks for, and on how many bytes. */
static inline uint64_t dr7_point(unsigned n, unsigned kind, unsigned len)
{
	unsigned size = len == 8 ? 2 : len - 1;

	return 2ull << (2 * n) | (uint64_t)(kind | size << 2) << (16 + 4 * n);
}

static inline uint64_t debug_status_take(void)
{
	uint64_t status;

	__asm__ volatile("movq %%dr6, %0; movq %1, %%dr6" : "=&r"(status) : "r"(DR6_IDLE));
	return status;
}

static inline void debug_points_load(const uint64_t address[HARDWARE_POINTS], uint64_t control)
{
	__asm__ volatile("movq %0, %%dr7" : : "r"(DR7_IDLE));
	__asm__ volatile("movq %0, %%dr0" : : "r"(address[0]));
	__asm__ volatile("movq %0, %%dr1" : : "r"(address[1]));
	__asm__ volatile("movq %0, %%dr2" : : "r"(address[2]));
	__asm__ volatile("movq %0, %%dr3" : : "r"(address[3]));
	__asm__ volatile("movq %0, %%dr7" : : "r"(control | DR7_IDLE));
}

static inline void debug_points_off(void)
{
	__asm__ volatile("movq %0, %%dr7" : : "r"(DR7_IDLE));
}

/* Even where it is read-only. */
static inline void write_anything(void *to, const void *from, size_t len)
{
	uint64_t cr0;

	__asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("movq %0, %%cr0" : : "r"(cr0 & ~CR0_WP) : "memory");
	memcpy(to, from, len);
	__asm__ volatile("movq %0, %%cr0" : : "r"(cr0) : "memory");
}

/* SDM volume 1, 13.1: parts of XSAVE's that a debugger knows, of those that are enabled. */
enum { FPU_PART_X87 = 1, FPU_PART_SSE = 2, FPU_PART_AVX = 4 };

static inline uint32_t fpu_parts(void)
{
	uint32_t low, high;

	if (!cpu_features.xsave)
		return FPU_PART_X87 | FPU_PART_SSE;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return low & (FPU_PART_X87 | FPU_PART_SSE | FPU_PART_AVX);
}

/* Into memory for all of these parts, aligned to 64 bytes; the registers keep their values. */
static inline void fpu_parts_save(void *area, size_t len)
{
	memset(area, 0, len);
	if (cpu_features.xsave)
		__asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(fpu_parts()), "d"(0) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
}

static inline void fpu_parts_restore(const void *area)
{
	if (cpu_features.xsave)
		__asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(fpu_parts()), "d"(0) : "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}

/* entry.S: calls f(arg) on another stack. */
void call_on_stack(void *top, void (*f)(void *arg), void *arg);

/* entry.S: where kdb_enter() is when it has trapped; its argument is in RDI still. */
extern const uint64_t kdb_entered;

/*
 * trap_entry.S: where handlers return to, with the interrupted registers right above; and
 * sched_preempt(), with those above the FPU's state.
 */
extern const uint64_t trap_excepted, trap_interrupted, trap_preempted;
