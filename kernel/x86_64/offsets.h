/* SPDX-License-Identifier: BSD-2-Clause */
/* Where assembly finds what it needs of struct cpu; segments.c checks the numbers. */
#pragma once

#define CPU_CURRENT         8
#define CPU_PREEMPT_PENDING 16
#define CPU_APIC_ID         56
#define CPU_STACK_TOP       64
#define CPU_TLB_SEEN        72
