/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vector registers. The kernel never uses them, and a voluntary switch need not keep them
 * (context.h): only a preempting interrupt saves the whole state, on the interrupted thread's
 * stack.
 */
#pragma once

#include <stdint.h>

#define FPU_AREA_ALIGN 64

extern uint64_t fpu_area_size; /* bytes, a multiple of FPU_AREA_ALIGN; trap_entry.S reads it */

void fpu_enable(void); /* on each CPU */
void fpu_save(void *area);
void fpu_restore(const void *area);
