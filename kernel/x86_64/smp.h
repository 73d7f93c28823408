/* SPDX-License-Identifier: BSD-2-Clause */
/* How CPUs deal with each other, among the files of this folder. */
#pragma once

#include "kernel/cpu.h"

/* ap_entry.S: what other CPUs begin with, and what it reads. */
extern const char ap_trampoline[], ap_trampoline_end[];
extern uint32_t ap_cr3;
extern uint64_t ap_fs_base;
_Noreturn void ap_main(struct cpu *); /* on its idle thread's stack, interrupts off */

/* A page of RAM below 1 MiB that nobody else uses; 0: there is none (paging.c). */
uint32_t real_mode_page(void);

/* tlb.c. Interrupts are off. */
void tlb_answer(struct cpu *);   /* what another CPU waits for, if one does */
void tlb_listen(struct cpu *);   /* this CPU is awake, and knows what it missed; harmless again */
void tlb_ignore(struct cpu *);   /* is about to halt: nobody need wait for it */
void tlb_catch_up(struct cpu *); /* context_switch.S calls it */

/* stop.c */
bool stop_asked(struct trap_frame *); /* an NMI. False: it is not from another CPU; true: go on, now */
void stop_late(void);                 /* this CPU is online from now on, unless the others are stopped */
