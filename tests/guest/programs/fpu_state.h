/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests of the FPU's state have in common: every vector register, and the two control words. */
#pragma once

#include "check.h"
#include <cpuid.h>
#include <stdbool.h>
#include <stdint.h>

#define VECTOR_REGS     16
#define EACH_VECTOR_REG ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\t"
#define CLOBBERS_VECTOR_REGS \
	"memory", "eax", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", \
	"xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

struct fpu_control {
	uint32_t mxcsr;
	uint16_t cw;
};

/* Another rounding mode for each of four threads. */
static inline struct fpu_control fpu_control_of(unsigned thread)
{
	return (struct fpu_control){ 0x1f80 | thread % 4 << 13, (uint16_t)(0x037f | thread % 4 << 10) };
}

static inline void fpu_control_set(const struct fpu_control *c)
{
	__asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(c->mxcsr), "m"(c->cw));
}

static inline void fpu_control_check(const struct fpu_control *want)
{
	struct fpu_control c;

	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(c.mxcsr), "=m"(c.cw));
	CHECK_EQ(c.mxcsr, want->mxcsr);
	CHECK_EQ(c.cw, want->cw);
}

static inline bool have_avx(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_AVX) && (c & bit_OSXSAVE);
}

#define HOLD(mov, reg, end) \
	__asm__ volatile( \
		EACH_VECTOR_REG mov " \\n*32(%0), %%" reg "\\n\n\t.endr\n\t" \
		"movl %2, %%eax\n1:\tdecl %%eax\n\tjnz 1b\n\t" \
		EACH_VECTOR_REG mov " %%" reg "\\n, \\n*32(%1)\n\t.endr\n\t" end \
		: : "r"(in), "r"(out), "r"(spins) : CLOBBERS_VECTOR_REGS)

/* Fills every vector register, spins, and stores what is in them then: of each the half that there is. */
static inline void vectors_hold(bool avx, unsigned spins, const uint8_t (*in)[32], uint8_t (*out)[32])
{
	if (avx)
		HOLD("vmovdqu", "ymm", "vzeroupper");
	else
		HOLD("movdqu", "xmm", "");
}
