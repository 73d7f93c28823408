/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The work thread, with real threads over the shim's processor.
 * Links: kernel/work.c kernel/thread.c kernel/sched.c kernel/sched_place.c kernel/futex.c kernel/mutex.c kernel/semaphore.c kernel/wait.c kernel/timer.c
 */
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "kernel/irq.h"
#include "kernel/thread.h"
#include "kernel/work.h"

static unsigned order[16], runs;

static void note(struct work *w);
static struct work a = { .run = note }, b = { .run = note };

static void note(struct work *w)
{
	order[runs++] = w == &a ? 'a' : 'b';
	if (w == &b && runs < 4)
		work_submit(&b); /* while it runs: once more */
}

static void submit_from_interrupt(void *unused)
{
	(void)unused;
	work_submit(&a);
	work_submit(&b);
	work_submit(&a); /* queued already */
}

TEST(runs_in_order_and_again)
{
	int vector;

	thread_init();
	CHECK_EQ(work_prepare(false), 0);
	CHECK_EQ(work_prepare(false), 0);
	vector = irq_alloc(submit_from_interrupt, NULL, "test");
	shim_irq_raise(vector);
	thread_sleep_until(1000000);
	CHECK_EQ(runs, 4);
	CHECK(order[0] == 'a' && order[1] == 'b' && order[2] == 'b' && order[3] == 'b');
	shim_irq_raise(vector);
	thread_sleep_until(2000000);
	CHECK_EQ(runs, 6);
}

TEST_MAIN
