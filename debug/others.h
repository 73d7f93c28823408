/* SPDX-License-Identifier: BSD-2-Clause */
/* What a panic says of CPUs and threads. The other CPUs have stopped. */
#pragma once

struct cpu;

void say_cpu(const struct cpu *);  /* which it is, and whom it runs */
void say_other_cpus(void);         /* and where they were */
void say_other_threads(void);      /* those that no CPU runs */
