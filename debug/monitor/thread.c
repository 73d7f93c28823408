/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads and CPUs: who there is, where each stands, with which registers. */
#include "debug/monitor/monitor.h"
#include "debug/symbols.h"
#include "debug/where.h"
#include "kernel/clock.h"
#include "kernel/cpu.h"
#include "kernel/thread.h"
#include "kernel/x86_64/debugger/hardware.h"
#include "kernel/x86_64/fpu.h"
#include "kernel/x86_64/regs.h"
#include "kernel/x86_64/trap.h"
#include <string.h>

#define FRAMES_MAX 256u

/* --- bt --- */

static struct chain {
	unsigned depth;
	uint64_t last;
	unsigned repeats;
} chain;

static void print_repeats(void)
{
	if (chain.repeats)
		monitor_print("    the same %u times more\n", chain.repeats);
	chain.repeats = 0;
}

void print_place(const char *before, uint64_t rip)
{
	monitor_print("%s0x%016lx%s\n", before, rip, monitor_symbol(rip));
}

/* In the form in which `tools/thimble run` adds the source line. call: address is a return address. */
static void print_frame(uint64_t address, bool call)
{
	uint64_t offset;
	const char *name = symbol_name(address - call, &offset);

	if (address == chain.last) {
		chain.repeats++;
		chain.depth++;
		return;
	}
	print_repeats();
	chain.last = address;
	if (name)
		monitor_print("#%-2u 0x%016lx %s+0x%lx\n", chain.depth, address, name, offset + call);
	else
		monitor_print("#%-2u 0x%016lx\n", chain.depth, address);
	chain.depth++;
}

struct frame {
	uint64_t rbp, return_address;
};

/* Where the interrupted registers lie if this frame is a handler's; 0: it is not. */
static uint64_t interrupted_at(uint64_t rbp, uint64_t return_address)
{
	if (return_address == trap_interrupted || return_address == trap_excepted)
		return rbp + sizeof(struct frame);
	if (return_address == trap_preempted)
		return rbp + sizeof(struct frame) + fpu_area_size;
	return 0;
}

/* At a function's first instruction the caller is known by the stack alone. */
static void print_caller_of_new(const struct target_registers *r)
{
	uint64_t offset, caller;

	if (symbol_name(r->rip, &offset) && offset == 0 && target_read(r->rsp, &caller, sizeof caller) == sizeof caller)
		print_frame(caller, true);
}

static void print_chain(uint64_t rbp)
{
	struct trap_frame tf;
	struct frame f;
	uint64_t at, above = 0;

	while (chain.depth < FRAMES_MAX && rbp > above && rbp % 8 == 0) {
		if (target_read(rbp, &f, sizeof f) != sizeof f || f.return_address == 0)
			break;
		print_frame(f.return_address, true);
		at = interrupted_at(rbp, f.return_address);
		above = at ? 0 : rbp;
		rbp = f.rbp;
		if (!at || target_read(at, &tf, sizeof tf) != sizeof tf)
			continue;
		monitor_print("--- interrupted, vector %lu, rsp 0x%lx ---\n", tf.vector, tf.rsp);
		print_frame(tf.rip, false);
		rbp = tf.rbp;
	}
	print_repeats();
}

static void trace(const struct thread *t)
{
	struct target_registers r;
	bool all;

	monitor_print("thread %u \"%.15s\"\n", t->id, t->name);
	if (!target_registers(t, &r, &all)) {
		monitor_print("its CPU does not stop\n");
		return;
	}
	memset(&chain, 0, sizeof chain);
	print_frame(r.rip, false);
	if (all)
		print_caller_of_new(&r);
	print_chain(r.rbp);
}

static void bt(const struct monitor_args *args)
{
	const struct thread *t = NULL;

	if (args->n && strcmp(args->word[0], "all") == 0) {
		while ((t = target_thread_next(t)))
			trace(t);
	} else if ((t = monitor_thread(args->word[0]))) {
		trace(t);
	}
}

static const struct monitor_command bt_command = {
	"bt", "[THREAD | all]", "the call chain of a thread", "bt 3", bt,
};
MONITOR_COMMAND(bt_command);

/* --- ps --- */

static void print_thread(const struct thread *t)
{
	const struct cpu *cpu = target_cpu_of(t);
	uint64_t ms = clock_ticks_to_ns(t->cpu_ticks) / 1000000;
	struct target_registers r;
	char where[100];
	bool all;

	monitor_print("%c%3u %3u %4d %8lu %-15.15s ", t == monitor.selected ? '*' : ' ', t->id,
		      cpu || t->cpu ? (cpu ? cpu : t->cpu)->id : 0, (int)t->priority, ms, t->name);
	if (!cpu) {
		where_is(t, where, sizeof where);
		all = t->state == THREAD_RUNNABLE && target_registers(t, &r, &all) && all;
		monitor_print("%s%s\n", t->priority == PRIO_IDLE ? "idle" : all ? "ready, preempted at" : where,
			      all ? monitor_symbol(r.rip) : "");
	} else if (target_registers(t, &r, NULL)) {
		monitor_print("on cpu %u%s\n", cpu->id, monitor_symbol(r.rip));
	} else {
		monitor_print("on cpu %u, which does not stop\n", cpu->id);
	}
}

static void ps(const struct monitor_args *args)
{
	(void)args;
	monitor_print("  id cpu prio       ms name            where\n");
	for (const struct thread *t = NULL; (t = target_thread_next(t));)
		print_thread(t);
}

static const struct monitor_command ps_command = {
	"ps", NULL, "all threads, and where each one stands; * is the selected one", NULL, ps,
};
MONITOR_COMMAND(ps_command);

static void select_thread(const struct monitor_args *args)
{
	const struct thread *t = monitor_thread(args->word[0]);

	if (!t)
		return;
	monitor.selected = t;
	monitor_print("thread %u \"%.15s\" is what bt, $registers and `show registers` are about\n", t->id, t->name);
}

static const struct monitor_command thread_command = {
	"thread", "THREAD", "selects a thread", "thread 3", select_thread,
};
MONITOR_COMMAND(thread_command);

/* --- show registers, show cpus --- */

static void show_registers(const struct monitor_args *args)
{
	const struct thread *t = monitor_thread(args->word[0]);
	struct target_registers r;
	bool all;

	if (!t)
		return;
	monitor_print("thread %u \"%.15s\"\n", t->id, t->name);
	if (!target_registers(t, &r, &all)) {
		monitor_print("its CPU does not stop\n");
		return;
	}
	if (all)
		monitor_print("rax %016lx  rcx %016lx  rdx %016lx\nrsi %016lx  rdi %016lx  r8  %016lx\n"
			      "r9  %016lx  r10 %016lx  r11 %016lx\n",
			      r.rax, r.rcx, r.rdx, r.rsi, r.rdi, r.r8, r.r9, r.r10, r.r11);
	else
		monitor_print("It switched away by itself, so only what a call preserves is known.\n");
	monitor_print("rbx %016lx  rbp %016lx  rsp %016lx\nr12 %016lx  r13 %016lx  r14 %016lx\n"
		      "r15 %016lx  fs_base %016lx\n", r.rbx, r.rbp, r.rsp, r.r12, r.r13, r.r14, r.r15, r.fs_base);
	print_place("rip ", r.rip);
	monitor_print("rflags %08lx  cr2 %lx  cr3 %lx  cr4 %lx\n", r.rflags, read_cr2(), read_cr3(), read_cr4());
}

static const struct monitor_command registers_show = {
	"registers", "[THREAD]", "a thread's registers", "show registers 3", show_registers,
};
MONITOR_SHOW(registers_show);

static void show_cpus(const struct monitor_args *args)
{
	(void)args;
	for (unsigned i = 0; cpus[i]; i++) {
		const struct cpu *c = cpus[i];
		const struct thread *t = c->current;
		struct target_registers r;

		monitor_print("cpu %u apic %u thread %u \"%.15s\" interrupt depth %u, %lu switches, %lu interrupts",
			      c->id, c->arch.apic_id, t ? t->id : 0, t ? t->name : "", c->interrupt_depth,
			      c->switches, c->interrupts);
		if (t && target_registers(t, &r, NULL))
			print_place(", at ", r.rip);
		else
			monitor_print(", does not stop\n");
	}
}

static const struct monitor_command cpus_show = {
	"cpus", NULL, "what each CPU was doing", NULL, show_cpus,
};
MONITOR_SHOW(cpus_show);
