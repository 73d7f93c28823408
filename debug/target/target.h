/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stopped system as a debugger sees it: what the monitor and the gdb stub have in common. All
 * of it is for the one CPU that debugger_enter() let through, with every other CPU stopped and
 * interrupts off; nothing here locks, allocates or believes a pointer.
 */
#pragma once

#include "kernel/debugger.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpu;
struct thread;
struct trap_frame;

/* In gdb's order for x86-64 (its feature org.gnu.gdb.i386.core, then fs_base and gs_base). */
struct target_registers {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rip, rflags;
	uint32_t cs, ss, ds, es, fs, gs;
	uint64_t fs_base, gs_base;
};

/* Why the system stopped. */
struct target_stop {
	enum debugger_cause cause;
	const char *why;              /* the words; for a trap what it was */
	struct trap_frame *frame;     /* of the CPU that stopped; may be changed */
	struct thread *thread;        /* which it ran; NULL: before the first */
	enum { STOP_OTHER, STOP_BREAKPOINT, STOP_WATCHPOINT, STOP_STEP } trap;
	uint64_t watched;             /* STOP_WATCHPOINT: the address */
};

/* PANIC: with the registers of the stop. */
enum target_resume { TARGET_CONTINUE, TARGET_STEP, TARGET_PANIC };

/*
 * TARGET_STEP is about this thread, which a CPU was running, in place of the one that stopped; the next
 * stop is that CPU's. False: no CPU runs it.
 */
bool target_step_on(const struct thread *);

/*
 * Whoever leads the conversation: gdb when it is attached, else the monitor. The first that takes
 * the stop (returns 0 and fills in *how) has it; -ENOENT: not mine. Cause DEBUGGER_PANIC is asked
 * too: whatever it answers, the end follows. It runs on a stack of TARGET_STACK bytes.
 */
struct target_front {
	const char *name;
	unsigned rank;                /* the lower is asked first; each has one of its own */
	int (*stopped)(const struct target_stop *, enum target_resume *how);
};
#define TARGET_STACK 24576
#define TARGET_FRONT(f)                                        \
	static const struct target_front *const f##_entry      \
		__attribute__((section("target_fronts"), used)) = &(f)

/* Runs f(arg). False: it ran into an exception and was left there. May be nested. */
bool target_try(void (*f)(void *arg), void *arg);

/* --- threads --- */

/*
 * All of them, one after the other; NULL: begins, or was the last. The list is not believed: where it is
 * broken it ends.
 */
struct thread *target_thread_next(const struct thread *);
struct thread *target_thread(unsigned id); /* NULL: none */
struct cpu *target_cpu_of(const struct thread *); /* that runs it; NULL: none does */

/*
 * A thread's registers. Of one that is switched out of its own accord only those that the ABI
 * preserves are known: *all (may be NULL) is false then, and the others are 0. False: no such
 * thread, or its CPU does not stop.
 */
bool target_registers(const struct thread *, struct target_registers *, bool *all);
/* Of a thread that a CPU was running when it stopped. False: of another they cannot be set. */
bool target_set_registers(struct thread *, const struct target_registers *);

/* The FPU's, as XSAVE lays them out (SDM volume 1, 13.4); CPUs without AVX have no ymm_high. */
struct target_fpu {
	uint16_t control, status;
	uint8_t tags, reserved;       /* tags: a bit for each register that is in use */
	uint16_t opcode;
	uint32_t code;                /* where the last x87 instruction was, and what it was about */
	uint16_t code_selector, reserved2;
	uint32_t data;
	uint16_t data_selector, reserved3;
	uint32_t mxcsr, mxcsr_mask;
	uint8_t st[8][16], xmm[16][16], unused[96];
	uint64_t parts, header[7];
	uint8_t ymm_high[16][16];
} __attribute__((aligned(64)));

/* MODES: of a thread that is switched out of its own accord only control and mxcsr are known. */
enum target_known { TARGET_NOTHING, TARGET_MODES, TARGET_ALL };
enum target_known target_fpu(const struct thread *, struct target_fpu *);
/* False: see target_set_registers(); or mxcsr has bits that this CPU does not. */
bool target_set_fpu(const struct thread *, const struct target_fpu *);
bool target_has_ymm(void);

/* --- memory --- */

/* How many of len bytes could be copied: memory that is not mapped, or not filled yet, ends it. */
size_t target_read(uint64_t address, void *buf, size_t len);
size_t target_write(uint64_t address, const void *buf, size_t len); /* text too */

/* --- points --- */

enum target_point { TARGET_SOFT_BREAK, TARGET_HARD_BREAK, TARGET_WATCH_WRITE, TARGET_WATCH_ACCESS };
/*
 * Points last until they are cleared, on every CPU. 0, also for one that is there already; -ENOSPC: the
 * processor has four, and there are TARGET_SOFT_MAX of the others; -EINVAL: a length that is not 1, 2, 4 or 8,
 * or not aligned to it; -EFAULT: nothing is there. Breakpoints have any length. While the system is
 * stopped memory shows the instructions, not the breakpoints.
 */
#define TARGET_SOFT_MAX 32u
int target_point_set(enum target_point, uint64_t address, unsigned len);
int target_point_clear(enum target_point, uint64_t address, unsigned len); /* -ENOENT */
struct target_point_info { enum target_point kind; uint64_t address; unsigned len; };
bool target_point_at(unsigned index, struct target_point_info *); /* false: behind the last */
