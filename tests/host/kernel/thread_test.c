/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads, scheduler, futex, mutex, semaphore, wait queue and timers, as they are in the kernel,
 * over ucontext and a clock that only tests move. Preemption happens where interrupts open: the
 * test's "hardware" decides there, from a seed, whether the timer interrupt comes.
 *
 * Links: kernel/thread.c kernel/sched.c kernel/sched_place.c kernel/futex.c kernel/mutex.c kernel/semaphore.c
 * Links: kernel/wait.c kernel/timer.c
 */
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "kernel/mutex.h"
#include "kernel/spinlock.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "kernel/wait.h"
#include <errno.h>
#include <limits.h>

#define MS 1000000ull

static unsigned seed;
static uint64_t step_ns;

static unsigned chance(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

/* What trap.S does around an interrupt. */
static void timer_hardware(void)
{
	unsigned long flags = cpu_irq_save();

	shim_event_ns = UINT64_MAX;
	shim_cpu.interrupt_depth++;
	timer_interrupt();
	shim_cpu.interrupt_depth--;
	if (sched_preempt_needed())
		sched_preempt();
	shim_flags = flags;
}

/* Interrupts are open: time passes by a random step, and the interrupt comes if it is due. */
static void interrupts_open(void)
{
	if (!step_ns || shim_cpu.interrupt_depth)
		return;
	shim_now_ns += chance((unsigned)step_ns);
	if (shim_now_ns >= shim_event_ns)
		timer_hardware();
}

static void start(unsigned with_seed, uint64_t max_step_ns)
{
	static bool up;

	seed = with_seed;
	step_ns = max_step_ns;
	if (up)
		return;
	up = true;
	shim_flags = 0;
	shim_on_irq_enable = interrupts_open;
	thread_init();
}

/* The app computes: time passes, interrupts come. */
static void spin_for(uint64_t ns)
{
	uint64_t until = shim_now_ns + ns;

	while (shim_now_ns < until) {
		shim_now_ns += 10000;
		if (shim_now_ns >= shim_event_ns)
			timer_hardware();
	}
}

static char trace[256];

static void note(const char *text)
{
	strncat(trace, text, sizeof(trace) - strlen(trace) - 1);
}

static void note_name(void *name)
{
	note(name);
}

static void count(const struct thread *t, void *n)
{
	(void)t;
	++*(unsigned *)n;
}

static unsigned thread_count(void)
{
	unsigned n = 0;

	thread_for_each(count, &n);
	return n;
}

TEST(thread_create_join)
{
	struct thread *a, *b;
	size_t before;

	start(1, 0);
	before = shim_allocated();
	trace[0] = '\0';
	a = thread_create("a", PRIO_APP, 0, note_name, "a");
	b = thread_create("b", PRIO_APP, 0, note_name, "b");
	note("m");
	thread_join(b);
	thread_join(a);
	CHECK_STR(trace, "mab");
	CHECK_EQ(shim_allocated(), before);
	CHECK_EQ(thread_count(), 2);
}

TEST(thread_detach_before_and_after_the_end)
{
	size_t before;
	struct thread *t;

	start(1, 0);
	before = shim_allocated();
	trace[0] = '\0';
	thread_detach(thread_create("early", PRIO_APP, 0, note_name, "e"));
	t = thread_create("late", PRIO_APP, 0, note_name, "l");
	thread_yield();
	thread_detach(t);
	CHECK_STR(trace, "el");
	CHECK_EQ(shim_allocated(), before);
	CHECK_EQ(thread_count(), 2);
}

TEST(thread_out_of_memory)
{
	size_t before;

	start(1, 0);
	before = shim_allocated();
	for (unsigned i = 1; i <= 3; i++) {
		shim_fail_alloc = i;
		CHECK(thread_create("x", PRIO_APP, 0, note_name, "x") == NULL);
		CHECK_EQ(shim_fail_alloc, 0);
	}
	CHECK_EQ(shim_allocated(), before);
	CHECK_EQ(thread_count(), 2);
}

TEST(thread_device_priority_runs_at_once)
{
	struct thread *d;

	start(1, 0);
	trace[0] = '\0';
	d = thread_create("d", PRIO_DEVICE, 0, note_name, "d");
	note("m");
	thread_join(d);
	CHECK_STR(trace, "dm");
}

static void yielder(void *name)
{
	for (int i = 0; i < 3; i++) {
		note(name);
		thread_yield();
	}
}

TEST(thread_yield_goes_round)
{
	struct thread *a, *b;

	start(1, 0);
	trace[0] = '\0';
	a = thread_create("a", PRIO_APP, 0, yielder, "a");
	b = thread_create("b", PRIO_APP, 0, yielder, "b");
	thread_join(a);
	thread_join(b);
	CHECK_STR(trace, "ababab");
}

static void spinner(void *name)
{
	for (int i = 0; i < 5; i++) {
		note(name);
		spin_for(6 * MS);
	}
}

TEST(thread_slices_are_shared)
{
	struct thread *a, *b;
	uint64_t from;

	start(1, 0);
	trace[0] = '\0';
	from = shim_now_ns;
	a = thread_create("a", PRIO_APP, 0, spinner, "a");
	b = thread_create("b", PRIO_APP, 0, spinner, "b");
	thread_join(a);
	thread_join(b);
	CHECK(shim_now_ns - from < 62 * MS);
	CHECK(strstr(trace, "aaaaa") == NULL); /* nobody had more than two slices at once */
}

static atomic_bool stop_ticking;

static void ticker(void *unused)
{
	(void)unused;
	while (!atomic_load(&stop_ticking))
		thread_sleep_until(shim_now_ns + 3 * MS);
}

/* A device thread that comes and goes must not renew the slice of the one it interrupts. */
TEST(thread_slices_are_shared_under_device_load)
{
	struct thread *a, *b, *t;

	start(1, 0);
	trace[0] = '\0';
	atomic_store(&stop_ticking, false);
	t = thread_create("t", PRIO_DEVICE, 0, ticker, NULL);
	a = thread_create("a", PRIO_APP, 0, spinner, "a");
	b = thread_create("b", PRIO_APP, 0, spinner, "b");
	thread_join(a);
	thread_join(b);
	CHECK(strstr(trace, "aaaaa") == NULL);
	atomic_store(&stop_ticking, true);
	thread_join(t);
}

TEST(thread_alone_takes_no_timer_interrupt)
{
	start(1, 0);
	spin_for(50 * MS); /* whatever was programmed has fired */
	CHECK_EQ(shim_event_ns, UINT64_MAX);
	thread_yield();
	CHECK_EQ(shim_event_ns, UINT64_MAX);
}

TEST(thread_sleep_is_exact)
{
	uint64_t until;

	start(1, 0);
	until = shim_now_ns + 7 * MS + 3;
	thread_sleep_until(until);
	CHECK_EQ(shim_now_ns, until);
	thread_sleep_until(until - 5);
	CHECK_EQ(shim_now_ns, until);
}

static void wake_up(void *word)
{
	spin_for(2 * MS);
	atomic_store((atomic_uint *)word, 1);
	futex_wake(word, 1);
}

TEST(futex_results)
{
	atomic_uint word = 0;
	struct thread *t;
	uint64_t from;

	start(1, 0);
	CHECK_EQ(futex_wait(&word, 1, DEADLINE_NEVER), -EAGAIN);
	CHECK_EQ(futex_wait(&word, 0, shim_now_ns), -ETIMEDOUT);
	from = shim_now_ns;
	CHECK_EQ(futex_wait(&word, 0, from + 4 * MS), -ETIMEDOUT);
	CHECK_EQ(shim_now_ns, from + 4 * MS);
	t = thread_create("w", PRIO_APP, 0, wake_up, &word);
	CHECK_EQ(futex_wait(&word, 0, shim_now_ns + 500 * MS), 0);
	CHECK_EQ(futex_wake(&word, 1), 0);
	thread_join(t);
}

static atomic_uint gate;

static void wait_at_gate(void *name)
{
	while (atomic_load(&gate) == 0)
		futex_wait(&gate, 0, DEADLINE_NEVER);
	note(name);
}

TEST(futex_wakes_in_order_and_no_more_than_asked)
{
	struct thread *t[3];
	static char *names[] = { "1", "2", "3" };
	atomic_uint other = 0;

	start(1, 0);
	trace[0] = '\0';
	atomic_store(&gate, 0);
	for (int i = 0; i < 3; i++)
		t[i] = thread_create("g", PRIO_APP, 0, wait_at_gate, names[i]);
	thread_yield();
	CHECK_EQ(futex_wake(&other, 10), 0);
	atomic_store(&gate, 1);
	CHECK_EQ(futex_wake(&gate, 2), 2);
	thread_yield();
	CHECK_STR(trace, "12");
	CHECK_EQ(futex_wake(&gate, 10), 1);
	for (int i = 0; i < 3; i++)
		thread_join(t[i]);
	CHECK_STR(trace, "123");
}

struct shared {
	struct mutex lock;
	unsigned inside, total;
	struct semaphore items, room;
	unsigned produced, consumed;
	struct wait_queue queue;
	bool flag;
};

static struct shared sh;

static void enter_often(void *unused)
{
	(void)unused;
	for (int i = 0; i < 200; i++) {
		mutex_lock(&sh.lock);
		sh.inside++;
		CHECK_EQ(sh.inside, 1);
		if (chance(3) == 0)
			thread_yield();
		if (chance(5) == 0)
			thread_sleep_until(shim_now_ns + chance(1000));
		sh.inside--;
		sh.total++;
		mutex_unlock(&sh.lock);
	}
}

TEST(mutex_excludes_under_many_seeds)
{
	for (unsigned i = 0; i < 60 && !test_failures; i++) {
		struct thread *t[6];

		start(i, 500000);
		sh = (struct shared){ 0 };
		for (int k = 0; k < 6; k++)
			t[k] = thread_create("m", k == 5 ? PRIO_DEVICE : PRIO_APP, 0, enter_often,
					     NULL);
		for (int k = 0; k < 6; k++)
			thread_join(t[k]);
		CHECK_EQ(sh.total, 6 * 200);
		CHECK_EQ(atomic_load(&sh.lock.state), 0);
	}
}

static void produce(void *unused)
{
	(void)unused;
	for (int i = 0; i < 300; i++) {
		CHECK_EQ(semaphore_wait(&sh.room, DEADLINE_NEVER), 0);
		sh.produced++;
		CHECK(sh.produced - sh.consumed <= 4);
		semaphore_post(&sh.items);
	}
}

static void consume(void *unused)
{
	(void)unused;
	for (int i = 0; i < 300; i++) {
		while (semaphore_wait(&sh.items, shim_now_ns + chance(100000)) == -ETIMEDOUT)
			;
		sh.consumed++;
		semaphore_post(&sh.room);
	}
}

TEST(semaphore_counts_under_many_seeds)
{
	for (unsigned i = 0; i < 60 && !test_failures; i++) {
		struct thread *t[4];

		start(i, 300000);
		sh = (struct shared){ .room = SEMAPHORE_INIT(4) };
		t[0] = thread_create("p", PRIO_APP, 0, produce, NULL);
		t[1] = thread_create("c", PRIO_DEVICE, 0, consume, NULL);
		t[2] = thread_create("p", PRIO_APP, 0, produce, NULL);
		t[3] = thread_create("c", PRIO_APP, 0, consume, NULL);
		for (int k = 0; k < 4; k++)
			thread_join(t[k]);
		CHECK_EQ(sh.produced, 600);
		CHECK_EQ(sh.consumed, 600);
		CHECK_EQ(atomic_load(&sh.room.count), 4);
		CHECK_EQ(atomic_load(&sh.items.count), 0);
	}
}

static void raise_flag(void *unused)
{
	(void)unused;
	thread_sleep_until(shim_now_ns + chance(2000));
	sh.flag = true;
	wait_queue_wake(&sh.queue);
}

TEST(wait_event_never_misses)
{
	for (unsigned i = 0; i < 200 && !test_failures; i++) {
		struct thread *t;

		start(i, 2000);
		sh = (struct shared){ 0 };
		wait_queue_init(&sh.queue);
		t = thread_create("f", PRIO_APP, 0, raise_flag, NULL);
		if (i % 2)
			CHECK_EQ(wait_event(&sh.queue, sh.flag, DEADLINE_NEVER), 0);
		else
			while (wait_event(&sh.queue, sh.flag, shim_now_ns + chance(1500)) < 0)
				;
		CHECK(sh.flag);
		thread_join(t);
		CHECK(list_empty(&sh.queue.entries));
	}
}

static uint64_t last_fired;
static unsigned fired, out_of_order;

static void record(struct timer *t)
{
	out_of_order += t->deadline_ns < last_fired || t->deadline_ns > shim_now_ns;
	last_fired = t->deadline_ns;
	fired++;
}

TEST(timers_fire_in_order)
{
	enum { N = 300 };
	static struct timer timers[N];
	unsigned running = 0, stopped = 0;

	start(3, 0);
	spin_for(20 * MS);
	fired = out_of_order = 0;
	last_fired = 0;
	for (int i = 0; i < N; i++)
		timers[i].fire = record;
	for (int round = 0; round < 3000; round++) /* moves many that run */
		timer_start(&timers[chance(N)], shim_now_ns + MS + chance(1000000));
	for (int i = 0; i < N; i++)
		running += timers[i].running;
	for (int i = 0; i < N; i += 3)
		stopped += timer_stop(&timers[i]);
	CHECK(!timer_stop(&timers[0]));
	spin_for(5 * MS);
	CHECK_EQ(fired, running - stopped);
	CHECK_EQ(out_of_order, 0);
	CHECK_EQ(shim_event_ns, UINT64_MAX);
}

TEST(timer_program_only_what_is_earlier)
{
	static struct timer a = { .fire = record }, b = { .fire = record };

	start(1, 0);
	spin_for(20 * MS);
	timer_start(&a, shim_now_ns + 5 * MS);
	CHECK_EQ(shim_event_ns, a.deadline_ns);
	timer_start(&b, shim_now_ns + 9 * MS);
	CHECK_EQ(shim_event_ns, a.deadline_ns);
	timer_start(&b, shim_now_ns + 2 * MS);
	CHECK_EQ(shim_event_ns, b.deadline_ns);
	timer_stop(&a);
	timer_stop(&b);
}

/* --- queues --- */

static atomic_uint queue_length, queue_target;
static bool released;

static void release(void *unused)
{
	(void)unused;
	released = true;
}

static void check_counted(void *unused)
{
	release(unused);
	CHECK(atomic_load(&queue_length) > 0);
}

static int queue_up(void (*function)(void *), uint64_t deadline_ns)
{
	return futex_queue(&queue_length, &(struct futex_queue_wait){
		.release = function, .deadline_ns = deadline_ns, .interruptible = true,
		.move_to = &queue_target,
	});
}

static void stand_in_queue(void *name)
{
	CHECK_EQ(queue_up(check_counted, shim_now_ns + 50 * MS), 0);
	note(name);
}

/* Three threads in the queue, the second more urgent by `step` than the first, and so on. */
static void start_queue(struct thread *t[3], const char *names, unsigned step)
{
	static char name[3][2];

	start(1, 0);
	trace[0] = '\0';
	for (unsigned i = 0; i < 3; i++) {
		name[i][0] = names[i];
		t[i] = thread_create("q", PRIO_APP + i * step, 0, stand_in_queue, name[i]);
	}
	thread_yield();
	CHECK_EQ(atomic_load(&queue_length), 3);
}

static void end_queue(struct thread *t[3], const char *order)
{
	for (int i = 0; i < 3; i++)
		thread_join(t[i]);
	CHECK_STR(trace, order);
	CHECK_EQ(atomic_load(&queue_length), 0);
}

TEST(futex_queue_is_counted_and_in_order)
{
	struct thread *t[3];

	start_queue(t, "123", 0);
	CHECK(released);
	CHECK_EQ(futex_queue_wake(&queue_length, 1), 1);
	CHECK_EQ(atomic_load(&queue_length), 2);
	CHECK_EQ(futex_queue_wake(&queue_length, 10), 2);
	end_queue(t, "123");
}

TEST(futex_queue_more_urgent_first)
{
	struct thread *t[3];

	start_queue(t, "abc", 1);
	for (int i = 0; i < 3; i++)
		futex_queue_wake(&queue_length, 1);
	end_queue(t, "cba");
}

/* The target is held by somebody who will wake: all go there, and their deadlines are void. */
TEST(futex_queue_moves_to_a_contended_word)
{
	struct thread *t[3];

	start_queue(t, "123", 0);
	atomic_store(&queue_target, 1);
	CHECK_EQ(futex_queue_move(&queue_length, 10, 1, 2), 3);
	CHECK_EQ(atomic_load(&queue_length), 0);
	CHECK_EQ(atomic_load(&queue_target), 2);
	thread_sleep_until(shim_now_ns + 100 * MS);
	CHECK_STR(trace, "");
	CHECK_EQ(futex_queue_wake(&queue_length, 10), 0);
	CHECK_EQ(futex_wake(&queue_target, 1), 1);
	CHECK_EQ(futex_wake(&queue_target, 10), 2);
	end_queue(t, "123");
}

TEST(futex_queue_wakes_one_when_nobody_else_will)
{
	struct thread *t[3];

	start_queue(t, "123", 0);
	atomic_store(&queue_target, 0);
	CHECK_EQ(futex_queue_move(&queue_length, 2, 1, 2), 2);
	CHECK_EQ(atomic_load(&queue_length), 1);
	thread_yield();
	CHECK_STR(trace, "1");
	CHECK_EQ(futex_queue_move(&queue_length, 2, 1, 2), 1);
	CHECK_EQ(futex_wake(&queue_target, 10), 1);
	end_queue(t, "132");
}

static atomic_uint other_target;

static void stand_for(void *target)
{
	CHECK_EQ(futex_queue(&queue_length, &(struct futex_queue_wait){
		.release = check_counted, .deadline_ns = DEADLINE_NEVER, .move_to = target,
	}), 0);
	note(target == &queue_target ? "q" : target ? "o" : "n");
}

/* As when a condition variable's waiters came with one mutex, and have just come with another one. */
TEST(futex_queue_moves_each_where_it_said)
{
	atomic_uint *const targets[] = { &queue_target, &queue_target, NULL, &other_target, &queue_target };
	struct thread *t[5];

	start(1, 0);
	trace[0] = '\0';
	for (unsigned i = 0; i < 5; i++)
		t[i] = thread_create("q", PRIO_APP, 0, stand_for, targets[i]);
	thread_yield();
	atomic_store(&queue_target, 1);
	atomic_store(&other_target, 1);
	CHECK_EQ(futex_queue_move(&queue_length, UINT_MAX, 1, 2), 5);
	CHECK_EQ(atomic_load(&queue_length), 0);
	thread_yield();
	CHECK_STR(trace, "n");
	CHECK(atomic_load(&queue_target) == 2 && atomic_load(&other_target) == 2);
	CHECK_EQ(futex_wake(&other_target, 10), 1);
	thread_yield();
	CHECK_STR(trace, "no");
	CHECK_EQ(futex_wake(&queue_target, 10), 3);
	for (unsigned i = 0; i < 5; i++)
		thread_join(t[i]);
	CHECK_STR(trace, "noqqq");
}

static void wake_queue(void *unused)
{
	(void)unused;
	futex_queue_wake(&queue_length, 1);
}

/* Woken, timed out or interrupted before it could fall asleep. */
TEST(futex_queue_woken_in_release)
{
	start(1, 0);
	CHECK_EQ(queue_up(wake_queue, DEADLINE_NEVER), 0);
	CHECK_EQ(queue_up(release, shim_now_ns + MS), -ETIMEDOUT);
	CHECK_EQ(atomic_load(&queue_length), 0);
}

static void be_interrupted(void *word)
{
	for (int i = 0; i < 2; i++) /* the request stays */
		CHECK_EQ(futex_wait_interruptible(word, 0, DEADLINE_NEVER), -EINTR);
	CHECK_EQ(queue_up(release, DEADLINE_NEVER), -EINTR);
	atomic_store(&thread_current()->interrupts, 0);
	CHECK_EQ(futex_wait_interruptible(word, 0, shim_now_ns + MS), -ETIMEDOUT);
	note("i");
}

static void be_stubborn(void *word)
{
	atomic_store(&thread_current()->interrupts, THREAD_UNINTERRUPTIBLE);
	CHECK_EQ(futex_wait_interruptible(word, 0, shim_now_ns + 5 * MS), -ETIMEDOUT);
	note("s");
}

TEST(thread_interrupt_ends_interruptible_waits_only)
{
	struct thread *a, *b;
	atomic_uint word = 0;

	start(1, 0);
	trace[0] = '\0';
	a = thread_create("a", PRIO_APP, 0, be_interrupted, &word);
	b = thread_create("b", PRIO_APP, 0, be_stubborn, &word);
	thread_yield();
	thread_interrupt(a);
	thread_interrupt(b);
	thread_join(a);
	thread_join(b);
	CHECK_STR(trace, "is");
	CHECK_EQ(atomic_load(&queue_length), 0);
}

/* --- priorities --- */

TEST(thread_priority_changes_take_effect_at_once)
{
	struct thread *a, *b;

	start(1, 0);
	trace[0] = '\0';
	a = thread_create("a", PRIO_APP, 0, note_name, "a");
	b = thread_create("b", PRIO_APP, 0, note_name, "b");
	thread_set_priority(b, PRIO_APP + 5);
	note("m");
	thread_boost(thread_current(), PRIO_APP + 9);
	thread_set_priority(a, PRIO_APP + 7);
	note("m");
	thread_boost(thread_current(), PRIO_IDLE);
	note("m");
	thread_join(a);
	thread_join(b);
	CHECK_STR(trace, "bmmam");
}

/* So that who raises and lowers threads in turn does not keep the CPU from the others. */
TEST(thread_lowered_while_it_runs_goes_behind_its_peers)
{
	struct thread *a;

	start(1, 0);
	trace[0] = '\0';
	a = thread_create("a", PRIO_APP, 0, note_name, "a");
	thread_set_priority(thread_current(), PRIO_APP + 3);
	note("m");
	thread_set_priority(thread_current(), PRIO_APP);
	note("m");
	thread_join(a);
	CHECK_STR(trace, "mam");
}

/* A priority that was only lent leaves it where it was. */
TEST(thread_boost_ends_without_losing_its_turn)
{
	struct thread *a;

	start(1, 0);
	trace[0] = '\0';
	a = thread_create("a", PRIO_APP, 0, note_name, "a");
	thread_boost(thread_current(), PRIO_APP + 3);
	thread_boost(thread_current(), PRIO_IDLE);
	note("m");
	thread_join(a);
	CHECK_STR(trace, "ma");
}

TEST(thread_fifo_has_no_slices)
{
	struct thread *a, *b;

	start(1, 0);
	trace[0] = '\0';
	a = thread_prepare("a", PRIO_APP, (struct thread_stack){ 0 }, spinner, "a");
	a->fifo = true;
	b = thread_create("b", PRIO_APP, 0, spinner, "b");
	thread_start(a);
	thread_join(a);
	thread_join(b);
	CHECK(strstr(trace, "aaaaa") != NULL);
}

TEST(thread_cpu_time_adds_up)
{
	uint64_t mine, all;

	start(1, 0);
	mine = thread_cpu_ns(thread_current());
	all = thread_cpu_ns_all();
	thread_yield();
	CHECK(thread_cpu_ns(thread_current()) > mine);
	CHECK(thread_cpu_ns_all() > all);
}

/* Last, as a panic leaves locks behind. */
TEST(futex_panics_where_sleeping_is_forbidden)
{
	atomic_uint word = 0;
	struct spinlock lock = SPINLOCK_INIT;

	start(1, 0);
	CHECK(SHIM_CATCH(spin_lock(&lock); futex_wait(&word, 0, DEADLINE_NEVER)));
	CHECK(strstr(shim_panic_text, "interrupts off") != NULL);
}

TEST_MAIN
