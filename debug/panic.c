/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the road: says why, where and who, and ends the machine. Everything here works on a
 * broken system: no lock is taken, nothing is allocated, no pointer followed that was not checked;
 * a panic within the panic just ends. Other CPUs are stopped first; one that panics at the same time
 * waits for that.
 */
#include "kernel/panic.h"
#include "debug/backtrace.h"
#include "debug/others.h"
#include "debug/say.h"
#include "debug/symbols.h"
#include "debug/trace.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/debugger.h"
#include "kernel/log.h"
#include "kernel/param.h"
#include "kernel/power.h"
#include "kernel/printf.h"
#include "kernel/thread.h"
#include "kernel/x86_64/trap.h"
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#define HIDDEN_LINES 12u /* of the log, that loglevel= kept from the consoles */

static _Atomic(const struct cpu *) panicking;
static char reason[LOG_LINE_MAX];

enum panic_action panic_action;

static int panic_param(const struct param *p, const char *value, const char *suffix)
{
	static const char *const words[] = { "exit", "reboot", "halt", "monitor" };

	(void)p, (void)suffix;
	for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (strcmp(value, words[i]) != 0)
			continue;
		panic_action = i;
		return i == PANIC_MONITOR && !debugger_enter ? -EINVAL : 0;
	}
	return -EINVAL;
}
PARAM_CALL("panic", panic_param);

static void emit(const char *text, unsigned len)
{
	console_write(text, len);
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

/* tf: what this CPU did, if that is known otherwise than by the NMI that will stop it. */
static void be_the_only_one(struct trap_frame *tf)
{
	const struct cpu *first = NULL;

	if (atomic_compare_exchange_strong(&panicking, &first, this_cpu()))
		return;
	if (first == this_cpu())
		power_off_panic();
	cpu_stop_here(tf);
}

static void begin(struct trap_frame *tf, const char *fmt, va_list ap)
{
	cpu_irq_disable();
	be_the_only_one(tf);
	cpus_stop(tf);
	log_freeze();
	console_freeze();
	log_flush(); /* what the panic kept from being shown */
	kvsnprintf(reason, sizeof reason, fmt, ap);
	say("\nkernel panic: %s\n", reason);
	say_cpu(this_cpu());
}

/* A debugger is asked whatever panic= says: gdb may be there, or a core dump be wanted. */
static _Noreturn void end(struct trap_frame *tf)
{
	say_other_cpus();
	log_replay_hidden(HIDDEN_LINES, emit);
	say_other_threads();
	if (panic_action != PANIC_EXIT)
		power_panic_handled();
	if (debugger_enter)
		debugger_enter(tf, DEBUGGER_PANIC, reason);
	if (panic_action == PANIC_REBOOT)
		power_reset();
	if (panic_action == PANIC_HALT)
		cpus_halt();
	power_off_panic();
}

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	begin(NULL, fmt, ap);
	va_end(ap);
	say_calls(backtrace_here(), this_cpu()->current);
	end(NULL);
}

void panic_with_calls(const char *title, const uint64_t *calls, unsigned n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	begin(NULL, fmt, ap);
	va_end(ap);
	say_calls(backtrace_here(), this_cpu()->current);
	say("%s:%s\n", title, calls ? "" : " not known any more");
	for (unsigned i = 0; calls && i < n && calls[i]; i++)
		say_frame(i + 1, calls[i]);
	end(NULL);
}

void panic_trap(struct trap_frame *tf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	begin(tf, fmt, ap);
	va_end(ap);
	say_registers(tf);
	say_frame(0, tf->rip);
	say_calls(tf->rbp, this_cpu()->current);
	end(tf);
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
