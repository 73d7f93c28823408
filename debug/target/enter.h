/* SPDX-License-Identifier: BSD-2-Clause */
/* The stop, as the files beside enter.c see it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct cpu;
struct target_fpu;
struct thread;
struct trap_frame;

/* The registers with which a CPU stopped; NULL: it does not stop. */
struct trap_frame *target_frame_of(const struct cpu *);

/* threads.c. Where the FPU's state of a preempted thread lies, with its registers above; 0: it was not. */
uint64_t preempted_at(const struct thread *);

/* fpu.c. This CPU's registers, to be seen and changed where they are kept, until they are taken back. */
void fpu_keep(struct target_fpu *area);
void fpu_take_back(const struct target_fpu *area);

/* step.c. One instruction, or what stands for it: true: that is done already. */
bool step_begin(struct trap_frame *, bool silent);
bool step_end(struct trap_frame *, bool *silent); /* false: this CPU was not stepping */
bool step_going_on(void);
