/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads in number: device threads push aside an app thread that never yields, and its vector
 * registers survive that; many threads live and end, until memory runs out, and all memory comes
 * back.
 */
#include "check.h"
#include "kernel/clock.h"
#include "kernel/heap.h"
#include "kernel/page.h"
#include "kernel/thread.h"
#include <cpuid.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#define MS 1000000ull

/* --- a device thread and a spinning app thread --- */

#define WAKEUPS 100

static atomic_uint wakeups;

/* Uses every vector register itself, as memset and memcpy of newlib do. */
static void tick(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < WAKEUPS; i++) {
		char junk[512], copy[512];

		thread_sleep_until(clock_now_ns() + MS);
		memset(junk, (int)i, sizeof junk);
		memcpy(copy, junk, sizeof copy);
		__asm__ volatile(
			"pcmpeqd %%xmm0, %%xmm0; pcmpeqd %%xmm7, %%xmm7; pcmpeqd %%xmm15, %%xmm15"
			: : "r"(copy) : "xmm0", "xmm7", "xmm15", "memory");
		atomic_fetch_add(&wakeups, 1);
	}
}

/*
 * Spins on *counter until it has moved on, with a pattern in xmm0, xmm7 and xmm15; true: it is
 * still there.
 */
static bool xmm_survive(const uint64_t pattern[2], atomic_uint *counter)
{
	uint64_t out[3][2];

	__asm__ volatile(
		"movdqu (%0), %%xmm0; movdqu (%0), %%xmm7; movdqu (%0), %%xmm15\n\t"
		"movl (%1), %%eax\n"
		"1:\tcmpl %%eax, (%1)\n\tje 1b\n\t"
		"movdqu %%xmm0, (%2); movdqu %%xmm7, 16(%2); movdqu %%xmm15, 32(%2)"
		: : "r"(pattern), "r"(counter), "r"(out)
		: "eax", "memory", "xmm0", "xmm7", "xmm15");
	return memcmp(out[0], pattern, 16) == 0 && memcmp(out[1], pattern, 16) == 0 &&
	       memcmp(out[2], pattern, 16) == 0;
}

/* The same with the upper halves that only XSAVE keeps. */
static bool ymm_survive(const uint64_t pattern[4], atomic_uint *counter)
{
	uint64_t out[2][4];

	__asm__ volatile(
		"vmovdqu (%0), %%ymm3; vmovdqu (%0), %%ymm12\n\t"
		"movl (%1), %%eax\n"
		"1:\tcmpl %%eax, (%1)\n\tje 1b\n\t"
		"vmovdqu %%ymm3, (%2); vmovdqu %%ymm12, 32(%2); vzeroupper"
		: : "r"(pattern), "r"(counter), "r"(out) : "eax", "memory", "xmm3", "xmm12");
	return memcmp(out[0], pattern, 32) == 0 && memcmp(out[1], pattern, 32) == 0;
}

static bool have_avx(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_AVX) && (c & bit_OSXSAVE);
}

static void check_device_preempts(void)
{
	struct thread *t = thread_create("tick", PRIO_DEVICE, 0, tick, NULL);
	bool avx = have_avx();
	unsigned spins = 0;

	CHECK(t);
	printf("avx %d\n", avx);
	while (atomic_load(&wakeups) < WAKEUPS - 2) {
		uint64_t pattern[4] = { spins, ~spins, spins * 3, 0x0123456789abcdef };

		if (avx && spins % 2)
			CHECK(ymm_survive(pattern, &wakeups));
		else
			CHECK(xmm_survive(pattern, &wakeups));
		spins++;
	}
	CHECK(spins > WAKEUPS / 4);
	thread_join(t);
}

/* --- waking by hand --- */

static atomic_bool ran;

static void set_ran(void *unused)
{
	(void)unused;
	atomic_store(&ran, true);
}

static void check_priority(void)
{
	struct thread *t = thread_prepare("urgent", PRIO_DEVICE, (struct thread_stack){ 0 }, set_ran, NULL);

	CHECK_EQ(thread_set_affinity(thread_current(), 1), 0);
	CHECK_EQ(thread_set_affinity(t, 1), 0);
	thread_start(t);
	CHECK(atomic_load(&ran)); /* before its creator went on */
	CHECK_EQ(thread_set_affinity(thread_current(), UINT64_MAX), 0);
	thread_join(t);
}

/* --- many --- */

#define MANY 300

static atomic_uint alive, work_done;

static void live(void *arg)
{
	unsigned n = (unsigned)(uintptr_t)arg;

	atomic_fetch_add(&alive, 1);
	for (unsigned i = 0; i < 5; i++) {
		char *p = kmalloc(16 + (n * 37 + i * 211) % 3000);

		CHECK(p);
		memset(p, (int)n, 16);
		if (n % 3 == 0)
			thread_yield();
		else
			thread_sleep_until(clock_now_ns() + (n % 7) * MS / 4);
		CHECK_EQ(p[15], (char)n);
		kfree(p);
		atomic_fetch_add(&work_done, 1);
	}
	atomic_fetch_sub(&alive, 1);
}

/* Every fourth is detached, the rest joined. */
static void run_many(void)
{
	static struct thread *threads[MANY];

	atomic_store(&work_done, 0);
	for (uintptr_t i = 0; i < MANY; i++) {
		threads[i] = thread_create("many", i % 5 ? PRIO_APP : PRIO_DEVICE, 0, live,
					   (void *)i);
		CHECK(threads[i]);
		if (i % 4 == 0)
			thread_detach(threads[i]);
	}
	for (unsigned i = 0; i < MANY; i++)
		if (i % 4)
			thread_join(threads[i]);
	while (atomic_load(&alive))
		thread_sleep_until(clock_now_ns() + MS);
	thread_sleep_until(clock_now_ns() + MS); /* the last detached one is off its stack */
	CHECK_EQ(atomic_load(&work_done), MANY * 5);
}

/*
 * Rounds until two end with the same free memory: the first ones leave what is kept by design (page
 * tables for guard pages, an empty slab per size).
 */
static void check_many(void)
{
	size_t before;
	unsigned rounds = 0;

	do {
		before = page_count_free();
		run_many();
	} while (page_count_free() != before && ++rounds < 8);
	CHECK(rounds < 8);
}

static void nothing(void *unused)
{
	(void)unused;
}

/* Threads until there is no memory for another; they run only once their maker waits for them. */
static unsigned fill_memory(void)
{
	static struct thread *threads[20000];
	struct thread *t;
	unsigned n = 0;

	while (n < 20000 && (t = thread_create("fill", PRIO_APP, 60 * 1024, nothing, NULL)) != NULL)
		threads[n++] = t;
	for (unsigned i = 0; i < n; i++)
		thread_join(threads[i]);
	return n;
}

/* Pages that CPUs keep lie elsewhere each time, and may split a stack's block; a leak would grow with every round. */
static void check_out_of_memory(void)
{
	unsigned first = fill_memory(), rounds = 0, again;
	size_t before;

	CHECK(first > 10);
	do {
		before = page_count_free();
		again = fill_memory();
		CHECK(again > first - first / 10 && again < first + first / 10);
	} while (page_count_free() != before && ++rounds < 8);
	CHECK(rounds < 8);
	printf("%u threads at once\n", first);
}

int main(void)
{
	check_device_preempts();
	check_priority();
	check_many();
	check_out_of_memory();
	return verdict();
}
