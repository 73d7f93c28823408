/* SPDX-License-Identifier: BSD-2-Clause */
/* Extended processor state. Source: Intel SDM volume 1, chapter 13. */
#include "kernel/x86_64/fpu.h"
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/regs.h"
#include <string.h>

/*
 * XCR0: x87, SSE, AVX and the three parts of AVX-512. AMX's 8 KiB of tiles would not fit a thread's
 * stack; nobody is offered them.
 */
#define XCR0_WANTED (1u << 0 | 1u << 1 | 1u << 2 | 7u << 5)
#define XCR0_AVX512 (7u << 5)

#define FXSAVE_SIZE   512
#define XSAVE_HEADER  64 /* behind the FXSAVE part */

uint64_t fpu_area_size = FXSAVE_SIZE;

static void write_xcr0(uint32_t v)
{
	__asm__ volatile("xsetbv" : : "c"(0), "a"(v), "d"(0));
}

void fpu_enable(void)
{
	uint32_t offered;

	if (!cpu_features.xsave)
		return;
	offered = cpuid(0xd, 0).eax & XCR0_WANTED;
	if ((offered & XCR0_AVX512) != XCR0_AVX512)
		offered &= ~XCR0_AVX512; /* all three or none */
	write_xcr0(offered);
	/* For what XCR0 now enables; the same on every CPU. */
	fpu_area_size = (cpuid(0xd, 0).ebx + FPU_AREA_ALIGN - 1) & -FPU_AREA_ALIGN;
}

void fpu_save(void *area)
{
	if (!cpu_features.xsave) {
		__asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
		return;
	}
	/* XSAVE writes one word of the header; XRSTOR insists on zeroes in the others. */
	memset((char *)area + FXSAVE_SIZE, 0, XSAVE_HEADER);
	__asm__ volatile("xsave64 (%0)" : : "r"(area), "a"(~0u), "d"(~0u) : "memory");
}

void fpu_restore(const void *area)
{
	if (cpu_features.xsave)
		__asm__ volatile("xrstor64 (%0)" : : "r"(area), "a"(~0u), "d"(~0u) : "memory");
	else
		__asm__ volatile("fxrstor64 (%0)" : : "r"(area) : "memory");
}
