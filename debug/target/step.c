/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One instruction on this CPU, by the trap flag, with interrupts off and the other CPUs stopped. What
 * looks at the flags, or waits for an interrupt, would notice; so those instructions are done here.
 * Source: Intel SDM volume 3, 17.3.1.4, and volume 2 for the opcodes.
 */
#include "debug/target/enter.h"
#include "debug/target/target.h"
#include "kernel/cpu.h"
#include "kernel/x86_64/trap.h"

#define FLAG_TF     (1ul << 8)
#define FLAG_RF     (1ul << 16)
#define FLAGS_POPF  0x254dd5ul /* those that POPF sets, but TF */
#define FLAG_ALWAYS 2ul

enum { PUSHF = 0x9c, POPF = 0x9d, IRET = 0xcf, HLT = 0xf4, CLI = 0xfa, STI = 0xfb, REX_W = 0x48 };

static struct step {
	bool going_on;
	bool silent;              /* off a breakpoint: nobody asked for it */
	bool returns;             /* IRET brings flags of its own */
	bool interrupts;
} steps[CPU_MAX];

static bool done_here(struct trap_frame *tf, uint8_t opcode)
{
	uint64_t flags = tf->rflags & ~(FLAG_TF | FLAG_RF);

	switch (opcode) {
	case CLI:
		tf->rflags &= ~CPU_FLAG_IF;
		break;
	case STI:
		tf->rflags |= CPU_FLAG_IF;
		break;
	case HLT:
		break;
	case PUSHF:
		if (target_write(tf->rsp - sizeof flags, &flags, sizeof flags) != sizeof flags)
			return false;
		tf->rsp -= sizeof flags;
		break;
	case POPF:
		if (target_read(tf->rsp, &flags, sizeof flags) != sizeof flags)
			return false;
		tf->rflags = (flags & FLAGS_POPF) | FLAG_ALWAYS;
		tf->rsp += sizeof flags;
		break;
	default:
		return false;
	}
	tf->rip++;
	return true;
}

bool step_begin(struct trap_frame *tf, bool silent)
{
	uint8_t code[2] = { 0, 0 };

	target_read(tf->rip, code, sizeof code);
	if (done_here(tf, code[0]))
		return true;
	steps[this_cpu()->id] = (struct step){
		.going_on = true, .silent = silent, .interrupts = tf->rflags & CPU_FLAG_IF,
		.returns = code[0] == REX_W && code[1] == IRET,
	};
	tf->rflags = (tf->rflags & ~CPU_FLAG_IF) | FLAG_TF;
	return false;
}

bool step_going_on(void)
{
	return steps[this_cpu()->id].going_on;
}

bool step_end(struct trap_frame *tf, bool *silent)
{
	struct step *step = &steps[this_cpu()->id];

	if (!step->going_on)
		return false;
	step->going_on = false;
	*silent = step->silent;
	tf->rflags &= ~FLAG_TF;
	if (step->interrupts && !step->returns)
		tf->rflags |= CPU_FLAG_IF;
	return true;
}
