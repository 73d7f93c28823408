/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler, the wait primitive and what stands on it, timers and allocators, on four processors at once. Every test writes plain memory that only its lock
 * or its wake-up guards, so that ThreadSanitizer judges too.
 *
 * Links: kernel/thread.c kernel/sched.c kernel/sched_place.c kernel/futex.c kernel/mutex.c kernel/semaphore.c
 * Links: kernel/wait.c kernel/timer.c kernel/cpu.c kernel/page.c kernel/page_range.c kernel/memgiver.c
 * Links: kernel/heap.c kernel/printf.c
 */
#include "tests/host/smp/machine.h"
#include "tests/host/test.h"
#include "kernel/clock.h"
#include "kernel/cpu.h"
#include "kernel/heap.h"
#include "kernel/mutex.h"
#include "kernel/page.h"
#include "kernel/spinlock.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "kernel/wait.h"
#include <errno.h>
#include <limits.h>

#define US      1000ull
#define MS      1000000ull
#define THREADS 8u
#define ROUNDS  1500u

static struct thread *threads[THREADS];

static void all(const char *name, void (*entry)(void *))
{
	machine_start();
	for (uintptr_t i = 0; i < THREADS; i++)
		threads[i] = thread_create(name, PRIO_APP, 0, entry, (void *)i);
	for (unsigned i = 0; i < THREADS; i++)
		thread_join(threads[i]);
}

/* Interrupts are on: whatever waits comes in. */
static void let_interrupts_in(void)
{
	cpu_irq_restore(cpu_irq_save());
}

static unsigned chance(unsigned *seed, unsigned n)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % n;
}

/* --- locks --- */

static struct mutex mutex = MUTEX_INIT;
static struct spinlock spinlock = SPINLOCK_INIT;
static unsigned under_mutex, under_spinlock;

static void count(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < ROUNDS; i++) {
		irq_state s;

		mutex_lock(&mutex);
		under_mutex++;
		if (i % 64 == 0)
			thread_yield();
		mutex_unlock(&mutex);
		s = spin_lock(&spinlock);
		under_spinlock++;
		spin_unlock(&spinlock, s);
	}
}

TEST(locks_exclude)
{
	all("count", count);
	CHECK_EQ(under_mutex, THREADS * ROUNDS);
	CHECK_EQ(under_spinlock, THREADS * ROUNDS);
}

/* --- hand-overs: each thread passes a token to the next, over the CPUs --- */

static struct semaphore turn[THREADS];
static unsigned token;

static void pass_on(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < ROUNDS / 8; i++) {
		while (semaphore_wait(&turn[me], clock_now_ns() + 50 * US) != 0)
			;
		token++;
		semaphore_post(&turn[(me + 1) % THREADS]);
	}
}

TEST(semaphores_with_deadlines)
{
	token = 0;
	machine_start();
	semaphore_post(&turn[0]);
	all("pass", pass_on);
	CHECK_EQ(token, THREADS * (ROUNDS / 8));
	CHECK_EQ(semaphore_wait(&turn[0], 0), 0);
}

/* --- a condition variable as libc makes it: a queue to stand in, moved to its mutex --- */

static atomic_uint waiting;
static unsigned items, taken;

static void let_go(void *m)
{
	mutex_unlock(m);
}

static void wait_for_item(uint64_t ns)
{
	futex_queue(&waiting, &(struct futex_queue_wait){
		.release = let_go, .arg = &mutex, .deadline_ns = ns ? clock_now_ns() + ns : DEADLINE_NEVER,
		.move_to = &mutex.state,
	});
	/* Who was moved may not be alone in the queue of the mutex. */
	while (atomic_exchange(&mutex.state, 2) != 0)
		futex_wait(&mutex.state, 2, DEADLINE_NEVER);
}

static void produce_or_consume(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < ROUNDS / 2; i++) {
		mutex_lock(&mutex);
		if (me % 2) {
			items++;
			futex_queue_move(&waiting, i % 4 ? 1 : UINT_MAX, 1, 2);
		} else {
			while (!items)
				wait_for_item(me == 0 ? 20 * US : 0);
			items--;
			taken++;
		}
		mutex_unlock(&mutex);
	}
}

TEST(queues_and_moves)
{
	items = taken = 0;
	all("condition", produce_or_consume);
	CHECK_EQ(taken, THREADS / 2 * (ROUNDS / 2));
	CHECK_EQ(items, 0);
	CHECK_EQ(waiting, 0);
}

/* --- wait queues --- */

static struct wait_queue queue = WAIT_QUEUE_INIT(queue);
static atomic_uint announced;
static unsigned news;

static void announce_or_listen(void *arg)
{
	if (arg) {
		for (unsigned i = 1; i <= 200; i++)
			CHECK_EQ(wait_event(&queue, atomic_load(&announced) >= i, DEADLINE_NEVER), 0);
		CHECK_EQ(news, 200);
		return;
	}
	for (unsigned i = 1; i <= 200; i++) {
		news = i < 200 ? news : 200;
		atomic_fetch_add(&announced, 1);
		wait_queue_wake(&queue);
		thread_sleep_until(clock_now_ns() + 20 * US);
	}
}

TEST(wait_queues)
{
	all("listen", announce_or_listen);
	CHECK(list_empty(&queue.entries));
}

/* --- interruptible waits --- */

static atomic_uint never;
static atomic_uint ended;

static void wait_to_be_interrupted(void *unused)
{
	(void)unused;
	CHECK_EQ(futex_wait_interruptible(&never, 0, DEADLINE_NEVER), -EINTR);
	atomic_fetch_add(&ended, 1);
}

TEST(interruptions)
{
	machine_start();
	for (unsigned round = 0; round < 50; round++) {
		struct thread *t = thread_create("waiter", PRIO_APP, 0, wait_to_be_interrupted, NULL);

		if (round % 3 == 0)
			thread_yield();
		thread_interrupt(t);
		thread_join(t);
	}
	CHECK_EQ(ended, 50);
}

/* --- where threads run --- */

static atomic_bool over;
static atomic_uint crowded; /* they all wait here, by their priorities */

static void run_about(void *unused)
{
	(void)unused;
	for (unsigned i = 0; !atomic_load(&over); i++) {
		let_interrupts_in();
		if (i % 16 == 0)
			thread_yield();
		if (i % 64 == 0)
			futex_wait(&crowded, 0, clock_now_ns() + 20 * US);
		if (i % 256 == 0)
			futex_wake(&crowded, 1);
	}
}

static void change(struct thread *t, unsigned *seed)
{
	switch (chance(seed, 4)) {
	case 0: CHECK_EQ(thread_set_affinity(t, 1ull << chance(seed, MACHINE_CPUS)), 0); break;
	case 1: CHECK_EQ(thread_set_affinity(t, UINT64_MAX), 0); break;
	case 2: thread_set_priority(t, (enum thread_priority)(PRIO_APP + chance(seed, 3))); break;
	case 3: thread_boost(t, chance(seed, 2) ? PRIO_APP + 3 : PRIO_IDLE); break;
	}
}

TEST(affinity_and_priority)
{
	unsigned seed = 1;

	machine_start();
	atomic_store(&over, false);
	thread_set_priority(thread_current(), PRIO_DEVICE);
	for (uintptr_t i = 0; i < THREADS; i++)
		threads[i] = thread_create("runner", PRIO_APP, 0, run_about, NULL);
	for (unsigned i = 0; i < 3000; i++) {
		change(threads[chance(&seed, THREADS)], &seed);
		if (i % 8 == 0)
			thread_sleep_until(clock_now_ns() + 20 * US);
	}
	atomic_store(&over, true);
	for (unsigned i = 0; i < THREADS; i++)
		thread_join(threads[i]);
	thread_set_priority(thread_current(), PRIO_APP);
}

static void stay_at_home(void *cpu)
{
	for (unsigned i = 0; i < 200; i++) {
		CHECK_EQ(cpu_current(), (uintptr_t)cpu);
		if (i % 8 == 0)
			thread_sleep_until(clock_now_ns() + 5 * US);
		thread_yield();
	}
}

TEST(bound_threads_stay)
{
	machine_start();
	for (uintptr_t i = 0; i < THREADS; i++) {
		threads[i] = thread_prepare("bound", PRIO_APP, (struct thread_stack){ 0 }, stay_at_home, (void *)(i % MACHINE_CPUS));
		CHECK_EQ(thread_set_affinity(threads[i], 1ull << i % MACHINE_CPUS), 0);
		thread_start(threads[i]);
	}
	for (unsigned i = 0; i < THREADS; i++)
		thread_join(threads[i]);
}

/* --- birth and death, and memory that comes back --- */

static void do_nothing(void *unused)
{
	(void)unused;
}

static void raise_family(void *unused)
{
	(void)unused;
	for (unsigned i = 0; i < 8; i++) {
		struct thread *a = thread_create("a", PRIO_APP, 0, do_nothing, NULL);
		struct thread *b = thread_create("b", PRIO_APP + i % 2, 0, do_nothing, NULL);

		if (!a || !b)
			abort();
		thread_detach(b);
		thread_join(a);
	}
}

static void count_one(const struct thread *t, void *n)
{
	(void)t;
	++*(unsigned *)n;
}

/* Detached threads may outlive who made them. */
static void wait_until_all_are_gone(void)
{
	for (unsigned tries = 0; tries < 1000; tries++) {
		unsigned n = 0;

		thread_sleep_until(clock_now_ns() + MS);
		thread_for_each(count_one, &n);
		if (n == MACHINE_CPUS + 1)
			return;
	}
	CHECK(false);
}

TEST(threads_come_and_go)
{
	size_t free;

	all("parent", raise_family);
	wait_until_all_are_gone();
	free = page_count_free();
	all("parent", raise_family);
	wait_until_all_are_gone();
	CHECK(page_count_free() + 2 * MACHINE_CPUS >= free); /* each size keeps a spare slab */
}

/* --- timers started here and stopped there --- */

struct alarm {
	struct timer timer;
	unsigned fired;   /* written by fire, read once timer_stop() says that it does not run */
};

static struct alarm alarms[THREADS];

static void fire(struct timer *t)
{
	container_of(t, struct alarm, timer)->fired++;
}

static void set_or_stop(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg, seed = me + 1;
	struct alarm *a = &alarms[me];

	a->timer.fire = fire;
	for (unsigned i = 0; i < ROUNDS / 3; i++) {
		unsigned before = a->fired;
		bool stopped;

		timer_start(&a->timer, clock_now_ns() + chance(&seed, 30) * US);
		if (i % 2)
			thread_sleep_until(clock_now_ns() + chance(&seed, 40) * US);
		else
			thread_yield();
		stopped = timer_stop(&a->timer);
		CHECK_EQ(a->fired, before + !stopped);
	}
}

TEST(timers)
{
	all("alarm", set_or_stop);
}

/* --- allocators: what one thread has made another frees --- */

static _Atomic(unsigned *) mailbox[64];

static void post(unsigned *letter, unsigned where)
{
	letter = atomic_exchange(&mailbox[where], letter);
	if (!letter)
		return;
	for (unsigned i = 1; i < 8; i++)
		CHECK_EQ(letter[i], letter[0]);
	kfree(letter);
}

static void write_letters(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg + 1;

	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned *letter = kmalloc(32 + chance(&seed, chance(&seed, 8) ? 400 : 20000));
		size_t npages = 1 + chance(&seed, 4);
		void *pages = page_alloc(npages);

		if (!letter || !pages)
			abort();
		for (unsigned k = 0; k < 8; k++)
			letter[k] = i;
		memset(pages, 0xaa, npages * PAGE_SIZE);
		page_free(pages, npages);
		post(letter, chance(&seed, 64));
	}
}

TEST(allocators)
{
	size_t free;

	for (unsigned round = 0; round < 2; round++) {
		machine_start();
		free = page_count_free();
		all("letters", write_letters);
		for (unsigned i = 0; i < 64; i++)
			post(NULL, i);
	}
	CHECK(page_count_free() + 32 >= free);
}

/* The flow of control may have come to another pthread than the one that main() began on. */
int main(int argc, char **argv)
{
	int status = test_main(argc, argv);

	fflush(stdout);
	_Exit(status);
}
