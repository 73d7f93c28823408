/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Full vector register files, while timer interrupts rain on every CPU, device threads use the same
 * registers, and threads are moved from CPU to CPU in the middle of it.
 */
#include "smp.h"
#include "kernel/timer.h"
#include <cpuid.h>
#include <string.h>

#define REGS        16
#define HOLDS       1000
#define RAIN_NS     (30 * US)
#define DROPS       200 /* so many interrupts at least, however fast the machine is */
#define PER_CPU     2
#define SPINS       3000

static bool avx;
static atomic_uint finished, drops;

static bool have_avx(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_AVX) && (c & bit_OSXSAVE);
}

#define ALL_REGS "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15"
#define CLOBBERS "memory", "eax", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", \
	"xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

static void hold_xmm(const uint8_t (*in)[32], uint8_t (*out)[32])
{
	__asm__ volatile(
		".irp n," ALL_REGS "\n\tmovdqu \\n*32(%0), %%xmm\\n\n\t.endr\n\t"
		"movl %2, %%eax\n1:\tdecl %%eax\n\tjnz 1b\n\t"
		".irp n," ALL_REGS "\n\tmovdqu %%xmm\\n, \\n*32(%1)\n\t.endr"
		: : "r"(in), "r"(out), "i"(SPINS) : CLOBBERS);
}

static void hold_ymm(const uint8_t (*in)[32], uint8_t (*out)[32])
{
	__asm__ volatile(
		".irp n," ALL_REGS "\n\tvmovdqu \\n*32(%0), %%ymm\\n\n\t.endr\n\t"
		"movl %2, %%eax\n1:\tdecl %%eax\n\tjnz 1b\n\t"
		".irp n," ALL_REGS "\n\tvmovdqu %%ymm\\n, \\n*32(%1)\n\t.endr\n\tvzeroupper"
		: : "r"(in), "r"(out), "i"(SPINS) : CLOBBERS);
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

static void compute(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;
	uint32_t mxcsr = 0x1f80 | me % 4 << 13; /* another rounding mode each */
	uint16_t cw = (uint16_t)(0x037f | me % 4 << 10);
	uint8_t in[REGS][32], out[REGS][32];

	set_control(mxcsr, cw);
	for (unsigned n = 0; n < HOLDS || atomic_load(&drops) < DROPS; n++) {
		for (unsigned r = 0; r < REGS; r++)
			memset(in[r], (int)(me * 53 + n * 17 + r * 5 + 1), sizeof in[r]);
		memcpy(out, in, sizeof out);
		memset(out, 0, avx ? sizeof out : 0);
		(avx ? hold_ymm : hold_xmm)(in, out);
		CHECK(memcmp(in, out, sizeof in) == 0);
		check_control(mxcsr, cw);
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
	uint8_t in[REGS][32], out[REGS][32];

	(void)unused;
	memset(in, 0xee, sizeof in);
	while (!atomic_load(&dry)) {
		(avx ? hold_ymm : hold_xmm)(in, out);
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
