/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Full vector register files, while timer interrupts rain on every CPU, device threads use the same
 * registers, and threads are moved from CPU to CPU in the middle of it.
 */
#include "fpu_state.h"
#include "smp.h"
#include "kernel/timer.h"
#include <string.h>

#define HOLDS       1000
#define RAIN_NS     (30 * US)
#define DROPS       200 /* so many interrupts at least, however fast the machine is */
#define PER_CPU     2
#define SPINS       3000

static bool avx;
static atomic_uint finished, drops;

static void compute(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;
	struct fpu_control control = fpu_control_of(me);
	uint8_t in[VECTOR_REGS][32], out[VECTOR_REGS][32];

	fpu_control_set(&control);
	for (unsigned n = 0; n < HOLDS || atomic_load(&drops) < DROPS; n++) {
		for (unsigned r = 0; r < VECTOR_REGS; r++)
			memset(in[r], (int)(me * 53 + n * 17 + r * 5 + 1), sizeof in[r]);
		memcpy(out, in, sizeof out);
		memset(out, 0, avx ? sizeof out : 0);
		vectors_hold(avx, SPINS, in, out);
		CHECK(memcmp(in, out, sizeof in) == 0);
		fpu_control_check(&control);
	}
	atomic_fetch_add(&finished, 1);
}

/* --- what disturbs them --- */

static struct timer rain[CPU_MAX];
static atomic_bool dry;

static void drop(struct timer *t)
{
	atomic_fetch_add(&drops, 1);
	if (!atomic_load(&dry))
		timer_start(t, clock_now_ns() + RAIN_NS);
}

static void start_rain(void *arg)
{
	struct timer *t = &rain[(uintptr_t)arg];

	t->fire = drop;
	timer_start(t, clock_now_ns() + RAIN_NS);
}

static void disturb(void *unused)
{
	uint8_t in[VECTOR_REGS][32], out[VECTOR_REGS][32];

	(void)unused;
	memset(in, 0xee, sizeof in);
	while (!atomic_load(&dry)) {
		vectors_hold(avx, SPINS, in, out);
		sleep_ns(300 * US);
	}
}

static unsigned chance(unsigned n)
{
	static unsigned seed = 12345;

	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

int main(int argc, char **argv)
{
	struct thread *workers[CPU_MAX * PER_CPU], *device[CPU_MAX], *cloud;
	unsigned n, moves = 0;

	count_cpus(argc, argv);
	avx = have_avx();
	n = ncpus * PER_CPU;
	for (unsigned i = 0; i < ncpus; i++) {
		cloud = start("cloud", PRIO_DEVICE, only(i), start_rain, i);
		thread_join(cloud);
		device[i] = start("device", PRIO_DEVICE, only(i), disturb, 0);
	}
	for (unsigned i = 0; i < n; i++)
		workers[i] = start("compute", PRIO_APP, only(i % ncpus), compute, i);
	thread_set_priority(thread_current(), PRIO_DEVICE);
	for (; atomic_load(&finished) < n; moves++) {
		CHECK_EQ(thread_set_affinity(workers[chance(n)], only(chance(ncpus))), 0);
		sleep_ns(200 * US);
	}
	atomic_store(&dry, true);
	for (unsigned i = 0; i < ncpus; i++)
		thread_join(device[i]);
	for (unsigned i = 0; i < n; i++)
		thread_join(workers[i]);
	sleep_ns(2 * MS);
	printf("avx %d, %u interrupts, %u moves\n", avx, atomic_load(&drops), moves);
	return verdict();
}
