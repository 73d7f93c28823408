/* SPDX-License-Identifier: BSD-2-Clause */
/* Host stand-in for a thread's registers: ucontext(3), and what the sanitizers want to know of a switch. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

struct context {
	ucontext_t uc;
	void (*entry)(void *);
	void *arg;
	uint64_t fs_base;
	void *fiber;                /* ThreadSanitizer's */
	void *fake_stack;           /* AddressSanitizer's */
	const void *stack_low;
	size_t stack_size;
};

void context_init(struct context *, void *stack_top, uint64_t fs_base, void (*entry)(void *), void *arg);
void context_switch(struct context *save, const struct context *load);
