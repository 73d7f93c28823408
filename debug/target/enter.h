/* SPDX-License-Identifier: BSD-2-Clause */
/* The stop, as the files beside enter.c see it. */
#pragma once

#include <stdbool.h>

struct cpu;
struct trap_frame;

/* The registers with which a CPU stopped; NULL: it does not stop. */
struct trap_frame *target_frame_of(const struct cpu *);

/* step.c. One instruction, or what stands for it: true: that is done already. */
bool step_begin(struct trap_frame *, bool silent);
bool step_end(struct trap_frame *, bool *silent); /* false: this CPU was not stepping */
bool step_going_on(void);
