/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads where memory has no two free pages side by side: their stacks lie in pieces, and serve like any other. */
#include "check.h"
#include "fragments.h"
#include "kernel/sg.h"
#include "kernel/vm.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define THREADS 20
#define ROUNDS  20
#define STAY    8u /* pages; a lost one in each round would be more */
#define DEEP    (64u << 10)
#define PIECES  (DEEP / PAGE_SIZE + 1)

static pthread_barrier_t all_live;
static atomic_int alone;

static void sleep_ns(long ns)
{
	nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL);
}

/* What a device would find at the pieces' addresses is what the stack holds. */
static void check_pieces(const unsigned char *deep)
{
	struct sg sg[PIECES];
	int n = sg_from_range(sg, PIECES, deep, DEEP, true);
	size_t at = 0;

	CHECK(n > (int)(DEEP / PAGE_SIZE / 2));
	for (int i = 0; i < n; i++) {
		CHECK((uintptr_t)sg[i].addr < VM_AREA_BASE);
		CHECK(memcmp(sg[i].addr, deep + at, sg[i].len) == 0);
		at += sg[i].len;
	}
	CHECK_EQ(at, DEEP);
}

/* They wait for each other and for the clock, so that others look at what lies on their stacks. */
static void *live(void *told)
{
	unsigned char deep[DEEP];

	for (size_t i = 0; i < DEEP; i++)
		deep[i] = (unsigned char)((uintptr_t)told + i / 64);
	CHECK((uintptr_t)deep >= VM_AREA_END && (uintptr_t)deep < VM_STACKS_END);
	pthread_barrier_wait(&all_live);
	sleep_ns(1000000);
	for (size_t i = 0; i < DEEP; i++)
		if (deep[i] != (unsigned char)((uintptr_t)told + i / 64))
			return NULL;
	check_pieces(deep);
	CHECK_EQ(mlock(deep, DEEP), 0);
	pthread_barrier_wait(&all_live);
	return (void *)&all_live;
}

/* Of other sizes each time, so that addresses do not just serve again as they were. */
static void come_and_go(uintptr_t round)
{
	pthread_t threads[THREADS];
	pthread_attr_t attr;

	for (uintptr_t i = 0; i < THREADS; i++) {
		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, DEEP + (8 + (round + i) % 7 * 5) * PAGE_SIZE);
		pthread_attr_setguardsize(&attr, (round + i) % 3 * PAGE_SIZE);
		CHECK_EQ(pthread_create(&threads[i], &attr, live, (void *)(round + i)), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		void *result;

		CHECK_EQ(pthread_join(threads[i], &result), 0);
		CHECK(result == &all_live);
	}
}

static void *live_alone(void *unused)
{
	(void)unused;
	atomic_fetch_sub(&alone, 1);
	return NULL;
}

/* Nobody joins them: their stacks go with interrupts off. */
static void go_alone(void)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (unsigned i = 0; i < THREADS; i++) {
		atomic_fetch_add(&alone, 1);
		CHECK_EQ(pthread_create(&t, &attr, live_alone, NULL), 0);
	}
	while (atomic_load(&alone))
		sleep_ns(100000);
}

/* Threads that nobody joins are gone when they are gone; a page table or a slab more may stay. */
static void check_free(size_t before)
{
	for (unsigned ms = 0; page_count_free() + STAY < before && ms < 2000; ms++)
		sleep_ns(1000000);
	CHECK(page_count_free() + STAY >= before);
}

static void nothing(void *unused)
{
	(void)unused;
}

/* More than there is, and more than there are addresses for, is refused as a whole. */
static void ask_too_much(void)
{
	static const size_t sizes[] = { 1ul << 30, 1ul << 50, SIZE_MAX & -PAGE_SIZE };
	pthread_attr_t attr;
	pthread_t t;

	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		size_t before = page_count_free();

		pthread_attr_init(&attr);
		CHECK_EQ(pthread_attr_setstacksize(&attr, sizes[i]), 0);
		CHECK_EQ(pthread_create(&t, &attr, live_alone, NULL), EAGAIN);
		if (sizes[i] > VM_STACKS_END - VM_AREA_END) {
			pthread_attr_init(&attr);
			CHECK_EQ(pthread_attr_setguardsize(&attr, sizes[i]), 0);
			CHECK_EQ(pthread_create(&t, &attr, live_alone, NULL), EAGAIN);
		}
		check_free(before);
	}
}

int main(void)
{
	size_t before;

	puts("in fragments"); /* which gives stdout its buffer */
	pthread_barrier_init(&all_live, NULL, THREADS);
	fragment_memory();
	CHECK(!page_alloc(2));
	CHECK(!thread_create("kernel's", PRIO_APP, 2 * PAGE_SIZE, nothing, NULL)); /* for devices to see */
	for (uintptr_t round = 0; round < 7; round++)
		come_and_go(round);
	go_alone();
	sleep_ns(50000000);
	before = page_count_free();
	for (uintptr_t round = 7; round < ROUNDS; round++) {
		come_and_go(round);
		go_alone();
	}
	check_free(before);
	ask_too_much();
	return verdict();
}
