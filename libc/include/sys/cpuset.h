/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of CPUs, of which there are at most 64. */
#ifndef _SYS_CPUSET_H_
#define _SYS_CPUSET_H_

#include <stddef.h>

#define CPU_SETSIZE 64

typedef struct {
	unsigned long __bits;
} cpu_set_t;

#define __CPU_BIT(cpu)		((cpu) < CPU_SETSIZE ? 1ul << (cpu) : 0ul)

#define CPU_ZERO(set)		((void)((set)->__bits = 0))
#define CPU_SET(cpu, set)	((void)((set)->__bits |= __CPU_BIT(cpu)))
#define CPU_CLR(cpu, set)	((void)((set)->__bits &= ~__CPU_BIT(cpu)))
#define CPU_ISSET(cpu, set)	(((set)->__bits & __CPU_BIT(cpu)) != 0)
#define CPU_COUNT(set)		__builtin_popcountl((set)->__bits)
#define CPU_EQUAL(a, b)		((a)->__bits == (b)->__bits)
#define CPU_AND(to, a, b)	((void)((to)->__bits = (a)->__bits & (b)->__bits))
#define CPU_OR(to, a, b)	((void)((to)->__bits = (a)->__bits | (b)->__bits))
#define CPU_XOR(to, a, b)	((void)((to)->__bits = (a)->__bits ^ (b)->__bits))

#endif
