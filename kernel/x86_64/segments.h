/* SPDX-License-Identifier: BSD-2-Clause */
/* Selectors, and which interrupt stack each kind of vector runs on. Also read by assembly. */
#pragma once

#define SELECTOR_CODE 0x08
#define SELECTOR_DATA 0x10
#define SELECTOR_TSS  0x18

/*
 * Every vector switches to a stack of the interrupt stack table: code with a red zone (the
 * compiler's own helper library) must be left alone below its stack pointer, and a fault may be the
 * stack's own. Kinds that can hit inside each other have stacks of their own.
 */
#define IST_IRQ           1
#define IST_FAULT         2
#define IST_PAGE_FAULT    3
#define IST_DOUBLE_FAULT  4
#define IST_NMI           5
#define IST_MACHINE_CHECK 6
#define IST_COUNT         6

#ifndef __ASSEMBLER__

#include "kernel/cpu.h"
#include "kernel/page.h"
#include <stdint.h>

#define INTERRUPT_STACK_SIZE (2 * PAGE_SIZE) /* a panic prints from here */

struct interrupt_stacks {
	char guard[PAGE_SIZE];   /* a hole: handlers are the deepest callers */
	char stack[IST_COUNT][INTERRUPT_STACK_SIZE];
};

extern struct interrupt_stacks boot_interrupt_stacks;

/*
 * On the CPU that calls it, whose *cpu this is: segments, task state with its interrupt stacks, and
 * GS pointing at *cpu.
 */
void segments_load(struct cpu *cpu);
void segments_load_boot(void);

/*
 * For who runs in an exception handler and survives exceptions of its own: they get a stack that is
 * not the one it was entered on. NULL: as usual again.
 */
void segments_fault_stack(struct cpu *cpu, void *top);

/* What another CPU needs to have first. NULL: out of memory. */
struct cpu *segments_create(void);
void segments_destroy(struct cpu *);

void idt_init(void); /* fills the table that all CPUs share */
void idt_load(void);

#endif
