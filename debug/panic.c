/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the road: says why, where and who, and ends the machine. Everything here works on a
 * broken system: no lock is taken, nothing is allocated, no pointer followed that was not checked;
 * a panic within the panic just ends.
 */
#include "kernel/panic.h"
#include "debug/backtrace.h"
#include "debug/symbols.h"
#include "kernel/console.h"
#include "kernel/log.h"
#include "kernel/power.h"
#include "kernel/printf.h"
#include "kernel/thread.h"
#include "kernel/vm.h"
#include "kernel/cpu.h"
#include "kernel/x86_64/trap.h"
#include <stdarg.h>
#include <stdatomic.h>

#define HIDDEN_LINES 12u /* of the log, that loglevel= kept from the consoles */
#define FRAMES_MAX   32u /* shown, a run of the same address counting once */

static atomic_uint panics;

static void emit(const char *text, unsigned len)
{
	console_write(text, len);
}

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = kvsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	emit(line, n < (int)sizeof(line) ? (unsigned)n : sizeof(line) - 1);
}

/*
 * rip itself for depth 0; else a return address: the call lies before it, which matters at a
 * function's end.
 */
static void say_frame(unsigned depth, uint64_t address)
{
	uint64_t offset;
	const char *name = symbol_name(depth ? address - 1 : address, &offset);

	if (name)
		say("#%-2u 0x%016lx %s+0x%lx\n", depth, address, name, offset + (depth ? 1 : 0));
	else
		say("#%-2u 0x%016lx\n", depth, address);
}

static struct { uint64_t address; unsigned shown, repeats; } calls;

static void say_repeats(void)
{
	if (calls.repeats)
		say("    the same %u times more\n", calls.repeats);
	calls.repeats = 0;
}

/* Recursion would hide where it began. */
static bool say_call(unsigned depth, uint64_t address)
{
	if (address == calls.address) {
		calls.repeats++;
		return true;
	}
	say_repeats();
	calls.address = address;
	say_frame(depth, address);
	return ++calls.shown < FRAMES_MAX;
}

static void say_calls(uint64_t rbp)
{
	backtrace(rbp, say_call);
	say_repeats();
}

static void say_registers(const struct trap_frame *tf)
{
	say("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", tf->rax, tf->rbx, tf->rcx, tf->rdx);
	say("rsi %016lx  rdi %016lx  rbp %016lx  rsp %016lx\n", tf->rsi, tf->rdi, tf->rbp, tf->rsp);
	say("r8  %016lx  r9  %016lx  r10 %016lx  r11 %016lx\n", tf->r8, tf->r9, tf->r10, tf->r11);
	say("r12 %016lx  r13 %016lx  r14 %016lx  r15 %016lx\n", tf->r12, tf->r13, tf->r14, tf->r15);
	say("rip %016lx  rflags %08lx  cs %lx  ss %lx  error %lx\n",
	    tf->rip, tf->rflags, tf->cs, tf->ss, tf->error_code);
}

static void say_thread(void)
{
	const struct cpu *cpu = this_cpu();
	const struct thread *t = cpu ? cpu->current : NULL;

	if (t && vm_phys(t))
		say("cpu %u, thread %u \"%.15s\"%s\n", cpu->id, t->id, t->name,
		    cpu->interrupt_depth ? ", in an interrupt" : "");
	else
		say("before the first thread\n");
}

static void begin(const char *fmt, va_list ap)
{
	char reason[LOG_LINE_MAX];

	cpu_irq_disable();
	if (atomic_fetch_add(&panics, 1) > 0)
		power_off_panic();
	log_freeze();
	console_freeze();
	log_flush(); /* what the panic kept from being shown */
	kvsnprintf(reason, sizeof(reason), fmt, ap);
	say("\nkernel panic: %s\n", reason);
	say_thread();
}

static _Noreturn void end(void)
{
	log_replay_hidden(HIDDEN_LINES, emit);
	power_off_panic();
}

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	begin(fmt, ap);
	va_end(ap);
	say_calls(backtrace_here());
	end();
}

void panic_trap(const struct trap_frame *tf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	begin(fmt, ap);
	va_end(ap);
	say_registers(tf);
	say_frame(0, tf->rip);
	say_calls(tf->rbp);
	end();
}

/*
 * Called by the compiler's function epilogue when the canary below the return address has changed.
 */
_Noreturn void __stack_chk_fail(void);
void __stack_chk_fail(void)
{
	uint64_t offset;
	uint64_t where = (uint64_t)__builtin_return_address(0);
	const char *name = symbol_name(where - 1, &offset);

	panic("stack smashing detected in %s (0x%lx)", name ? name : "an unknown function", where);
}
