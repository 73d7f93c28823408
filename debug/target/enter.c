/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Into the debugger and out of it again: who caused it, the stop of the other CPUs, whoever leads the
 * conversation, and how the system goes on.
 *
 * The conversation has a stack of its own, as have exceptions meanwhile: the interrupt stack it was
 * entered on may be small, and would be written over.
 */
#include "debug/target/enter.h"
#include "debug/target/points.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/panic.h"
#include "kernel/spinlock_check.h"
#include "kernel/x86_64/debugger/hardware.h"
#include "kernel/x86_64/trap.h"
#include "kernel/x86_64/vectors.h"
#include <setjmp.h>

#define FLAG_RF     (1ul << 16)  /* the next instruction's breakpoint is over already */
#define FAULT_STACK 4096

#define PAGE_FAULT_FETCH (1ul << 4) /* of the error code: an instruction was to be run */

extern const struct target_front *const __start_target_fronts[], *const __stop_target_fronts[];

static char stack[TARGET_STACK] __attribute__((aligned(16)));
static char fault_stack[FAULT_STACK] __attribute__((aligned(16)));

static _Atomic(const struct cpu *) inside;  /* whose conversation goes on */
static struct target_stop *stop;            /* while it does */
static struct cpu *steps;                   /* the CPU that a step is about */
static jmp_buf *rescue;

/* --- the conversation --- */

bool target_try(void (*f)(void *arg), void *arg)
{
	jmp_buf here, *volatile before = rescue;
	volatile bool done = false;

	if (setjmp(here) == 0) {
		rescue = &here;
		f(arg);
		done = true;
	}
	rescue = before;
	return done;
}

struct trap_frame *target_frame_of(const struct cpu *cpu)
{
	return cpu == this_cpu() && stop ? stop->frame : cpu_stopped_at(cpu);
}

/* The first whose rank is above the last one's. */
static const struct target_front *next_front(unsigned rank)
{
	const struct target_front *best = NULL;

	for (const struct target_front *const *f = __start_target_fronts; f < __stop_target_fronts; f++)
		if ((*f)->rank >= rank && (!best || (*f)->rank < best->rank))
			best = *f;
	return best;
}

struct conversation {
	enum target_resume how;
	bool taken;
};

static void converse(void *arg)
{
	struct conversation *c = arg;

	for (const struct target_front *f = next_front(0); f && !c->taken; f = next_front(f->rank + 1))
		c->taken = f->stopped(stop, &c->how) == 0;
}

static struct conversation talk(struct target_stop *s)
{
	struct conversation c = { .how = TARGET_CONTINUE };
	struct cpu *self = this_cpu();
	struct target_fpu fpu;

	stop = s;
	steps = self;
	fpu_keep(&fpu);
	inside = self;
	console_freeze();
	segments_fault_stack(self, fault_stack + FAULT_STACK);
	call_on_stack(stack + TARGET_STACK, converse, &c);
	segments_fault_stack(self, NULL);
	rescue = NULL;
	inside = NULL;
	fpu_take_back(&fpu);
	stop = NULL;
	return c;
}

/* --- on again --- */

static void run_on(struct trap_frame *tf)
{
	if (points_hard_at(tf->rip))
		tf->rflags |= FLAG_RF;
	spinlock_time_passed();
	points_plant();
	cpus_resume();
	console_thaw(tf->rflags & CPU_FLAG_IF);
}

/* A breakpoint's instruction is run before the breakpoint is there again. */
static void go_on(struct trap_frame *tf)
{
	if (points_soft_at(tf->rip) && !step_begin(tf, true))
		points_load();
	else
		run_on(tf);
}

/* False: it was done without running it. */
static bool step_on(struct trap_frame *tf)
{
	if (step_begin(tf, false))
		return false;
	if (points_hard_at(tf->rip))
		tf->rflags |= FLAG_RF;
	points_load();
	return true;
}

/*
 * The CPU that is to step has the others stopped instead. True: it came to this CPU again, which is to
 * step. False: all went on meanwhile, and so does this one.
 */
static bool step_elsewhere(struct trap_frame *tf)
{
	if (cpus_hand_over(steps, tf))
		return true;
	if (!points_soft_at(tf->rip) && !points_hard_at(tf->rip))
		return false;
	cpus_stop(tf);
	if (steps == this_cpu())
		return true;
	points_lift();
	go_on(tf);
	return false;
}

static bool stopped(struct target_stop *s)
{
	struct conversation c;

	s->thread = this_cpu()->current;
	for (;;) {
		c = talk(s);
		if (s->cause == DEBUGGER_PANIC)
			return c.taken;
		if (c.how == TARGET_PANIC)
			panic_trap(s->frame, "asked for in the debugger");
		if (c.how != TARGET_STEP) {
			go_on(s->frame);
			return c.taken;
		}
		if (steps != this_cpu() && !step_elsewhere(s->frame))
			return true;
		if (step_on(s->frame))
			return true;
		s->cause = DEBUGGER_TRAP;
		s->trap = STOP_STEP;
		s->why = "step";
	}
}

/* --- what the other CPUs do --- */

bool target_step_on(const struct thread *t)
{
	struct cpu *cpu = target_cpu_of(t);

	if (!cpu || !target_frame_of(cpu))
		return false;
	steps = cpu;
	return true;
}

void debugger_cpu_waits(void (*wait)(struct trap_frame *), struct trap_frame *tf)
{
	struct target_fpu fpu;

	if (!tf) {
		wait(tf);
		return;
	}
	fpu_keep(&fpu);
	wait(tf);
	fpu_take_back(&fpu);
	points_load();
}

void debugger_takes_over(struct trap_frame *tf)
{
	struct target_stop s = { .cause = DEBUGGER_TRAP, .trap = STOP_STEP, .why = "step", .frame = tf };

	if (step_on(tf))
		return;
	points_lift();
	stopped(&s);
}

/* --- in --- */

/* Where the caller's caller is; what it had in other registers is gone. */
static void make_frame(struct trap_frame *tf, const uint64_t *callee_frame, const void *return_address)
{
	*tf = (struct trap_frame){
		.rip = (uintptr_t)return_address, .rbp = callee_frame[0], .rsp = (uintptr_t)(callee_frame + 2),
		.rflags = 2, .cs = SELECTOR_CODE, .ss = SELECTOR_DATA,
	};
}

bool debugger_enter(struct trap_frame *tf, enum debugger_cause cause, const char *why)
{
	struct trap_frame made;
	bool silent;

	if (inside == this_cpu())
		return false;
	if (!tf) {
		make_frame(&made, __builtin_frame_address(0), __builtin_return_address(0));
		tf = &made;
	}
	step_end(tf, &silent);
	cpus_stop(tf);
	points_lift();
	return stopped(&(struct target_stop){ .cause = cause, .why = why, .frame = tf });
}

static bool debug_exception(struct trap_frame *tf)
{
	uint64_t status = debug_status_take();
	bool silent = false, stepped = step_end(tf, &silent);
	struct target_stop s = { .cause = DEBUGGER_TRAP, .frame = tf };
	struct target_point_info hit;

	cpus_stop(tf);
	points_lift();
	if (points_hit(status, &hit)) {
		s.trap = hit.kind == TARGET_HARD_BREAK ? STOP_BREAKPOINT : STOP_WATCHPOINT;
		s.why = hit.kind == TARGET_HARD_BREAK ? "hardware breakpoint" : "watchpoint";
		s.watched = hit.address;
	} else if (stepped && !silent) {
		s.trap = STOP_STEP;
		s.why = "step";
	} else if (stepped || status & DR6_HITS) {
		run_on(tf); /* off a breakpoint; or the point was cleared before this CPU's turn came */
		return true;
	} else {
		s.why = "debug exception";
	}
	return stopped(&s);
}

static bool is_breakpoint_instruction(uint64_t address)
{
	uint8_t byte;

	return target_read(address, &byte, 1) == 1 && byte == BREAKPOINT_OPCODE;
}

/* RIP is behind it. */
static bool breakpoint(struct trap_frame *tf)
{
	struct target_stop s = { .cause = DEBUGGER_TRAP, .frame = tf, .why = "breakpoint instruction" };
	bool silent, ours = points_soft_at(tf->rip - 1);

	step_end(tf, &silent);
	if (ours)
		tf->rip--;
	cpus_stop(tf);
	points_lift();
	if (ours && points_soft_at(tf->rip)) {
		s.trap = STOP_BREAKPOINT;
		s.why = "breakpoint";
	} else if (ours || !is_breakpoint_instruction(tf->rip - 1)) {
		tf->rip -= !ours; /* cleared before this CPU's turn came */
		go_on(tf);
		return true;
	} else if (tf->rip == kdb_entered) {
		s.cause = DEBUGGER_CALL;
		s.why = (const char *)tf->rdi;
	}
	return stopped(&s);
}

/* gdb has a function return to a breakpoint on the stack, where nothing can be run. */
static bool breakpoint_in_data(struct trap_frame *tf)
{
	bool silent;

	if (!(tf->error_code & PAGE_FAULT_FETCH) || !points_soft_at(tf->rip))
		return false;
	step_end(tf, &silent);
	cpus_stop(tf);
	points_lift();
	return stopped(&(struct target_stop){
		.cause = DEBUGGER_TRAP, .trap = STOP_BREAKPOINT, .why = "breakpoint", .frame = tf,
	});
}

/*
 * Filling a page needs locks that stopped CPUs may hold, and any other exception ends in a panic: so the
 * others go on, and the step ends when the instruction is through.
 */
static bool other_exception(void)
{
	if (step_going_on()) {
		cpus_resume();
		console_thaw(false);
	}
	return false;
}

bool debugger_trap(struct trap_frame *tf)
{
	if (inside == this_cpu()) {
		if (tf->vector != VECTOR_NMI && rescue)
			longjmp(*rescue, 1);
		return tf->vector == VECTOR_NMI;
	}
	switch (tf->vector) {
	case VECTOR_DEBUG:
		return debug_exception(tf);
	case VECTOR_BREAKPOINT:
		return breakpoint(tf);
	case VECTOR_NMI:
		return debugger_enter(tf, DEBUGGER_BREAK, "NMI");
	case VECTOR_PAGE_FAULT:
		return breakpoint_in_data(tf) || other_exception();
	default:
		return other_exception();
	}
}
