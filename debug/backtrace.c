/* SPDX-License-Identifier: BSD-2-Clause */
/* Walks frames without trusting them: whatever smashed the stack may have written the chain. */
#include "debug/backtrace.h"
#include "debug/trace.h"
#include "kernel/thread.h"
#include "kernel/vm.h"
#include <stddef.h>

#define DEPTH_MAX 100000u /* a chain that only grows ends anyway, but perhaps not soon */

/* System V ABI, 3.2.2: the caller's rbp, and above it the return address. */
struct frame {
	uint64_t rbp;
	uint64_t return_address;
};

static bool readable(uint64_t rbp)
{
	if (rbp == 0 || rbp % 8 || rbp > UINT64_MAX - sizeof(struct frame))
		return false;
	return vm_phys((const void *)rbp) && vm_phys((const void *)(rbp + 8));
}

static bool on_stack_of(const struct thread *t, uint64_t rbp)
{
	return t && vm_phys(t) && rbp - (uint64_t)t->stack < t->stack_size;
}

/*
 * Callers' frames lie higher; but the chain of an interrupt handler, on a stack of its own, leads
 * into the stack of the thread it interrupted, wherever that is.
 */
static bool leads_on(const struct thread *t, uint64_t from, uint64_t to)
{
	return to > from || (on_stack_of(t, to) && !on_stack_of(t, from));
}

/* The next frame's rbp; 0: the chain ends here. */
static uint64_t next_frame(const struct thread *t, uint64_t rbp)
{
	uint64_t next = ((const struct frame *)rbp)->rbp;

	return leads_on(t, rbp, next) ? next : 0;
}

uint64_t trace_saved(uint64_t address)
{
	return readable(address) ? *(const uint64_t *)address : 0;
}

void trace_take(uint64_t *calls, unsigned n, uint64_t rbp, const struct thread *t)
{
	for (unsigned i = 0; i < n; i++) {
		calls[i] = readable(rbp) ? ((const struct frame *)rbp)->return_address : 0;
		rbp = calls[i] ? next_frame(t, rbp) : 0;
	}
}

void backtrace(uint64_t rbp, const struct thread *t, bool (*visit)(unsigned depth, uint64_t address))
{
	for (unsigned depth = 1; depth <= DEPTH_MAX && readable(rbp); depth++) {
		const struct frame *f = (const struct frame *)rbp;

		if (f->return_address == 0 || !visit(depth, f->return_address))
			return;
		rbp = next_frame(t, rbp);
	}
}
