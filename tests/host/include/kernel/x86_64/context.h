/* SPDX-License-Identifier: BSD-2-Clause */
/* Host stand-in for a thread's registers, over ucontext(3). */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

struct context {
	ucontext_t uc;
	void (*entry)(void *);
	void *arg;
	void *asan_stack;       /* what AddressSanitizer wants to know of a stack switch */
	const void *stack_low;
	size_t stack_size;
	uint64_t fs_base;
	uint64_t rsp;           /* as the kernel has it; only tests of what reads it set it */
};

void context_init(struct context *, void *stack_top, uint64_t fs_base, void (*entry)(void *),
		  void *arg);
void context_switch(struct context *save, const struct context *load);
