/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads and their registers, wherever those were left. */
#include "debug/target/target.h"
#include "debug/target/enter.h"
#include "kernel/cpu.h"
#include "kernel/thread.h"
#include "kernel/x86_64/debugger/hardware.h"
#include "kernel/x86_64/fpu.h"
#include "kernel/x86_64/trap.h"

#define THREADS_MAX 1000000u /* a list that goes round ends anyway */
#define SWITCH_DEPTH 8u      /* frames between context_switch() and what called the scheduler */

/* --- the list --- */

static unsigned passed;

static struct thread *believe(const struct list *at)
{
	struct thread *t = container_of(at, struct thread, all_node), copy;

	return target_read((uintptr_t)t, &copy, sizeof copy) == sizeof copy ? t : NULL;
}

struct thread *target_thread_next(const struct thread *t)
{
	const struct list *head = thread_list(), *next = t ? t->all_node.next : head->next;

	passed = t ? passed + 1 : 0;
	return next == head || passed == THREADS_MAX ? NULL : believe(next);
}

struct thread *target_thread(unsigned id)
{
	struct thread *t = NULL;

	while ((t = target_thread_next(t)) && t->id != id)
		;
	return t;
}

struct cpu *target_cpu_of(const struct thread *t)
{
	for (unsigned i = 0; cpus[i]; i++)
		if (cpus[i]->current == t)
			return cpus[i];
	return NULL;
}

/* --- registers --- */

#define EACH_REGISTER(DO) \
	DO(rax) DO(rbx) DO(rcx) DO(rdx) DO(rsi) DO(rdi) DO(rbp) DO(rsp) DO(r8) DO(r9) DO(r10) DO(r11) \
	DO(r12) DO(r13) DO(r14) DO(r15) DO(rip) DO(rflags)

static void from_frame(struct target_registers *r, const struct trap_frame *tf)
{
#define COPY(name) r->name = tf->name;
	EACH_REGISTER(COPY)
#undef COPY
	r->cs = (uint32_t)tf->cs;
	r->ss = (uint32_t)tf->ss;
}

static void to_frame(struct trap_frame *tf, const struct target_registers *r)
{
#define COPY(name) tf->name = r->name;
	EACH_REGISTER(COPY)
#undef COPY
}

/* What context_switch.S leaves on a stack. */
struct switched {
	uint64_t control_words, r15, r14, r13, r12, rbx, rbp, rip;
};

static bool from_switch(struct target_registers *r, const struct thread *t)
{
	struct switched s;

	if (target_read(t->context.rsp, &s, sizeof s) != sizeof s)
		return false;
	r->r15 = s.r15;
	r->r14 = s.r14;
	r->r13 = s.r13;
	r->r12 = s.r12;
	r->rbx = s.rbx;
	r->rbp = s.rbp;
	r->rip = s.rip;
	r->rsp = t->context.rsp + sizeof s;
	r->rflags = 2; /* the bit that is always set; interrupts are off in the scheduler */
	r->cs = SELECTOR_CODE;
	r->ss = SELECTOR_DATA;
	return true;
}

/* A thread that an interrupt preempted has its frame above the FPU's state, above the scheduler's. */
uint64_t preempted_at(const struct thread *t)
{
	struct { uint64_t rbp, return_address; } frame;
	struct switched s;
	uint64_t rbp;

	if (target_read(t->context.rsp, &s, sizeof s) != sizeof s)
		return 0;
	rbp = s.rbp;
	for (unsigned i = 0; i < SWITCH_DEPTH; i++, rbp = frame.rbp) {
		if (target_read(rbp, &frame, sizeof frame) != sizeof frame)
			return 0;
		if (frame.return_address == trap_preempted)
			return rbp + sizeof frame;
	}
	return 0;
}

static bool from_switched_out(struct target_registers *r, const struct thread *t, bool *all)
{
	struct trap_frame tf;
	uint64_t at = preempted_at(t);

	*all = at && target_read(at + fpu_area_size, &tf, sizeof tf) == sizeof tf;
	if (*all)
		from_frame(r, &tf);
	return *all || from_switch(r, t);
}

bool target_registers(const struct thread *t, struct target_registers *r, bool *all)
{
	const struct cpu *cpu = target_cpu_of(t);
	const struct trap_frame *tf = cpu ? target_frame_of(cpu) : NULL;
	bool known = true, unasked;

	*r = (struct target_registers){
		.ds = SELECTOR_DATA, .es = SELECTOR_DATA, .fs_base = t->context.fs_base,
		.gs_base = (uintptr_t)(cpu ? cpu : t->cpu),
	};
	if (!cpu)
		return from_switched_out(r, t, all ? all : &unasked);
	if (tf)
		from_frame(r, tf);
	else
		known = false;
	if (all)
		*all = known;
	return known;
}

bool target_set_registers(struct thread *t, const struct target_registers *r)
{
	const struct cpu *cpu = target_cpu_of(t);
	struct trap_frame *tf = cpu ? target_frame_of(cpu) : NULL;

	if (tf)
		to_frame(tf, r);
	return tf;
}
