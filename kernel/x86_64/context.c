/* SPDX-License-Identifier: BSD-2-Clause */
/* A new thread's first stack frame: what context_switch() expects to find. */
#include "kernel/x86_64/context.h"
#include "kernel/x86_64/features.h"
#include <assert.h>

#define MXCSR_DEFAULT  0x1f80 /* all exceptions masked, round to nearest */
#define X87_CW_DEFAULT 0x037f /* the same, with 64-bit mantissas */

struct switch_frame {
	uint32_t mxcsr;
	uint16_t x87_cw, unused;
	uint64_t r15, r14, r13, r12, rbx, rbp, rip;
};

static_assert(offsetof(struct context, rsp) == 0 && offsetof(struct context, fs_base) == 8, "context_switch.S");
static_assert(offsetof(struct cpu_features, fsgsbase) == 0, "context_switch.S");

void context_start(void);

void context_init(struct context *c, void *stack_top, uint64_t fs_base, void (*entry)(void *), void *arg)
{
	struct switch_frame *frame = (struct switch_frame *)((uintptr_t)stack_top & -16ul) - 1;

	*frame = (struct switch_frame){
		.mxcsr = MXCSR_DEFAULT, .x87_cw = X87_CW_DEFAULT,
		.rbx = (uintptr_t)entry, .r12 = (uintptr_t)arg, .rip = (uintptr_t)context_start,
	};
	c->rsp = (uintptr_t)frame;
	c->fs_base = fs_base;
}
