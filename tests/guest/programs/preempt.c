/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that never yield still take turns, and each finds its vector registers, MXCSR and x87
 * control word as it left them, although all of them use all of them.
 */
#include "check.h"
#include "kernel/thread.h"
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#define THREADS 3
#define ROUNDS  40
#define REGS    16

static atomic_uint rounds[THREADS];

/* Fills xmm0 to xmm15, spins until *turn has moved on, and stores what is in them then. */
static void hold_registers(const uint8_t (*in)[16], uint8_t (*out)[16], atomic_uint *turn)
{
	__asm__ volatile(
		".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\tmovdqu \\n*16(%0), %%xmm\\n\n\t.endr\n\t"
		"movl (%2), %%eax\n"
		"1:\tpause\n\tcmpl %%eax, (%2)\n\tje 1b\n\t"
		".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\tmovdqu %%xmm\\n, \\n*16(%1)\n\t.endr"
		: : "r"(in), "r"(out), "r"(turn)
		: "eax", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
		  "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

static void set_control(uint32_t mxcsr, uint16_t cw)
{
	__asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(mxcsr), "m"(cw));
}

static void check_control(uint32_t mxcsr, uint16_t cw)
{
	uint32_t m;
	uint16_t c;

	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(m), "=m"(c));
	CHECK_EQ(m, mxcsr);
	CHECK_EQ(c, cw);
}

/* Each waits for its neighbour's next round, which comes only if this one is preempted. */
static void spin(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;
	uint32_t mxcsr = 0x1f80 | me << 13; /* another rounding mode each */
	uint16_t cw = (uint16_t)(0x037f | me << 10);
	uint8_t in[REGS][16], out[REGS][16];

	set_control(mxcsr, cw);
	for (unsigned round = 0; round < ROUNDS; round++) {
		memset(in, (int)(me * ROUNDS + round + 1), sizeof in);
		memset(out, 0, sizeof out);
		atomic_fetch_add(&rounds[me], 1);
		hold_registers(in, out, &rounds[(me + 1) % THREADS]);
		CHECK(memcmp(in, out, sizeof in) == 0);
		check_control(mxcsr, cw);
	}
	/* The neighbour may have rounds to go, and looks for a change here. */
	while (atomic_load(&rounds[(me + THREADS - 1) % THREADS]) < ROUNDS)
		atomic_fetch_add(&rounds[me], 1);
	atomic_fetch_add(&rounds[me], 1);
}

int main(void)
{
	struct thread *threads[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++) {
		threads[i] = thread_create("spin", PRIO_APP, 0, spin, (void *)i);
		CHECK(threads[i]);
	}
	for (int i = 0; i < THREADS; i++)
		thread_join(threads[i]);
	return verdict();
}
