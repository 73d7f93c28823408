/* SPDX-License-Identifier: BSD-2-Clause */
/* What the vectors lead to. Runs on an interrupt stack, interrupts off. */
#include "kernel/x86_64/trap.h"
#include "kernel/debugger.h"
#include "kernel/panic.h"
#include "kernel/thread.h"
#include "kernel/tracepoint.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/fault.h"
#include "kernel/x86_64/regs.h"
#include "kernel/x86_64/smp.h"
#include "kernel/x86_64/vectors.h"
#include <stdbool.h>

/* Called by trap_entry.S. */
void trap_exception(struct trap_frame *);
bool trap_interrupt(struct trap_frame *);

static const char *const names[VECTOR_EXCEPTIONS] = {
	[0] = "divide error",
	[1] = "debug exception",
	[2] = "non-maskable interrupt",
	[3] = "breakpoint",
	[4] = "overflow",
	[5] = "bound range exceeded",
	[6] = "invalid instruction",
	[7] = "FPU not available",
	[8] = "double fault",
	[10] = "invalid TSS",
	[11] = "segment not present",
	[12] = "stack segment fault",
	[13] = "general protection fault",
	[14] = "page fault",
	[16] = "x87 floating-point error",
	[17] = "alignment check",
	[18] = "machine check",
	[19] = "SIMD floating-point error",
	[20] = "virtualization exception",
	[21] = "control protection exception",
};

void trap_exception(struct trap_frame *tf)
{
	const char *name = names[tf->vector];

	if (tf->vector == VECTOR_NMI && stop_asked(tf))
		return;
	if (debugger_trap && debugger_trap(tf))
		return;
	if (tf->vector == VECTOR_PAGE_FAULT) {
		page_fault(tf, read_cr2());
		return;
	}
	panic_trap(tf, "%s (vector %lu, error code 0x%lx)", name ? name : "reserved exception",
		   tf->vector, tf->error_code);
}

/* A console's interrupt found that somebody wants to talk to the debugger. */
static atomic_bool break_wanted;

void debugger_break(void)
{
	break_wanted = true;
}

static void take_break(struct trap_frame *tf)
{
	if (atomic_exchange(&break_wanted, false) && debugger_enter)
		debugger_enter(tf, DEBUGGER_BREAK, "break");
}

/*
 * True: another thread has to run before this one continues. An interrupted context had interrupts
 * on, so it held no spinlock.
 */
bool trap_interrupt(struct trap_frame *tf)
{
	struct cpu *cpu = this_cpu();

	if (cpu->current == cpu->idle)
		tlb_listen(cpu); /* it was halted */
	cpu->interrupt_depth++;
	cpu->interrupts++;
	TRACEPOINT(IRQ, trace_interrupt(TRACE_BEGIN, (unsigned)tf->vector));
	interrupt_dispatch(tf->vector);
	TRACEPOINT(IRQ, trace_interrupt(TRACE_END, (unsigned)tf->vector));
	cpu->interrupt_depth--;
	if (break_wanted)
		take_break(tf);
	return cpu->interrupt_depth == 0 && cpu->current && sched_preempt_needed();
}
