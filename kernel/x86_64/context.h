/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread's registers while it does not run. The System V ABI lets a called function lose every
 * vector register, so a voluntary switch keeps only the callee-saved registers and the FPU's
 * control words, on the thread's own stack; a preempting interrupt pushes the rest itself.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct context {
	uint64_t rsp;      /* callee-saved registers, MXCSR and x87 control word lie above it */
	uint64_t fs_base;  /* thread control block */
};

/*
 * Prepares a context that starts entry(arg) on the given stack with interrupts off; entry must not
 * return.
 */
void context_init(struct context *, void *stack_top, uint64_t fs_base, void (*entry)(void *), void *arg);

/* Saves the running context and continues the other. Interrupts are off on both sides. */
void context_switch(struct context *save, const struct context *load);
