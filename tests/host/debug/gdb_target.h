/* SPDX-License-Identifier: BSD-2-Clause */
/* A stopped system that is none, and gdb's end of the line to it. */
#pragma once

#include "debug/target/target.h"

/* Memory that is there: MEMORY_SIZE bytes at MEMORY. Other addresses are not. */
#define MEMORY      0x10000u
#define MEMORY_SIZE 0x1000u
extern uint8_t fake_memory[MEMORY_SIZE];

/* Thread 1 stopped, 2 runs on another CPU, 3 sleeps. */
#define THREADS 3u
extern struct target_registers fake_registers[THREADS + 1];
extern struct target_fpu fake_fpu;  /* every thread's */
extern unsigned fake_stepped;       /* the last thread that a step was to be about */
extern struct target_point_info fake_points[8];
extern unsigned fake_npoints;
extern unsigned fake_breaks;        /* so many times debugger_break() was called */

/* gdb=VALUE; the port is there. */
void fake_start(const char *value);

/*
 * The system stops and gdb says what it has to say; input_len -1: up to the NUL. end: what the port
 * says behind that. What the front returned; what it sent is in fake_output.
 */
struct fake_stop {
	enum debugger_cause cause;
	int trap;
	uint64_t watched, rip;
	int vector;
};
int fake_talk(struct fake_stop, const char *input, long input_len, int end, enum target_resume *how);
void fake_arrives(void);            /* the port's interrupt */

extern char fake_output[1 << 20];
extern size_t fake_output_len;
