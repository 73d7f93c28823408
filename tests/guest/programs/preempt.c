/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads that never yield still take turns, and each finds its vector registers, MXCSR and x87
 * control word as it left them, although all of them use all of them.
 */
#include "fpu_state.h"
#include "kernel/thread.h"
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#define THREADS 3
#define ROUNDS  40

static atomic_uint rounds[THREADS];

/* Fills xmm0 to xmm15, spins until *turn has moved on, and stores what is in them then. */
static void hold_registers(const uint8_t (*in)[16], uint8_t (*out)[16], atomic_uint *turn)
{
	__asm__ volatile(
		EACH_VECTOR_REG "movdqu \\n*16(%0), %%xmm\\n\n\t.endr\n\t"
		"movl (%2), %%eax\n"
		"1:\tpause\n\tcmpl %%eax, (%2)\n\tje 1b\n\t"
		EACH_VECTOR_REG "movdqu %%xmm\\n, \\n*16(%1)\n\t.endr"
		: : "r"(in), "r"(out), "r"(turn) : CLOBBERS_VECTOR_REGS);
}

/* Each waits for its neighbour's next round, which comes only if this one is preempted. */
static void spin(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;
	struct fpu_control control = fpu_control_of(me);
	uint8_t in[VECTOR_REGS][16], out[VECTOR_REGS][16];

	fpu_control_set(&control);
	for (unsigned round = 0; round < ROUNDS; round++) {
		memset(in, (int)(me * ROUNDS + round + 1), sizeof in);
		memset(out, 0, sizeof out);
		atomic_fetch_add(&rounds[me], 1);
		hold_registers(in, out, &rounds[(me + 1) % THREADS]);
		CHECK(memcmp(in, out, sizeof in) == 0);
		fpu_control_check(&control);
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
