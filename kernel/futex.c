/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting on a word. Waiters stand in hash buckets by the word's address, each bucket under its
 * lock.
 *
 * Why no wake-up is lost: the waiter compares the word and joins the bucket under the bucket's
 * lock; whoever changes the word and then calls futex_wake() takes the same lock. So either the
 * comparison sees the change, or the waker finds the waiter in the bucket. From there a waiter is
 * woken exactly once: who unlinks it from the bucket, the waker or its timer, makes it runnable.
 *
 * Lock order: bucket -> run queue, bucket -> timer queue.
 */
#include "kernel/futex.h"
#include "kernel/clock.h"
#include "kernel/list.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include <errno.h>

#define BUCKETS 64u

struct bucket {
	struct spinlock lock;
	struct list waiters; /* next NULL: never used */
};

/* On the waiter's stack. It may be gone as soon as the waiter is runnable. */
struct waiting {
	struct list node;
	atomic_uint *word;
	struct thread *thread;
	struct timer timer;
	int result;
};

static struct bucket buckets[BUCKETS];

static struct bucket *bucket_of(const atomic_uint *word)
{
	/*
	 * Words lie far apart by powers of two; the multiplication lets every address bit count
	 * (Knuth 6.4).
	 */
	return &buckets[((uintptr_t)word >> 2) * 0x9e3779b97f4a7c15ull >> 58];
}

/* With the bucket locked. */
static void wake(struct waiting *w, int result)
{
	w->result = result;
	list_remove(&w->node);
	sched_make_runnable(w->thread);
}

static void timed_out(struct timer *t)
{
	struct waiting *w = container_of(t, struct waiting, timer);
	struct bucket *b = bucket_of(w->word);
	irq_state s = spin_lock(&b->lock);

	if (!list_empty(&w->node))
		wake(w, -ETIMEDOUT);
	spin_unlock(&b->lock, s);
}

static void check_may_sleep(irq_state s)
{
	if (this_cpu()->interrupt_depth)
		panic("an interrupt handler would sleep");
	if (!(s & CPU_FLAG_IF))
		panic("would sleep with interrupts off: in a spinlock, or before thread_init()");
}

/*
 * Falls asleep; the bucket is locked and gets unlocked. Until the switch interrupts stay off, so on
 * this CPU nothing comes between.
 */
static void sleep_in(struct bucket *b, struct waiting *w, uint64_t deadline_ns)
{
	if (!b->waiters.next)
		list_init(&b->waiters);
	list_push_back(&b->waiters, &w->node);
	w->thread->state = THREAD_BLOCKED;
	if (deadline_ns != DEADLINE_NEVER)
		timer_start(&w->timer, deadline_ns);
	spin_unlock(&b->lock, 0);
	sched_block();
}

int futex_wait(atomic_uint *word, unsigned expected, uint64_t deadline_ns)
{
	struct waiting w = { .word = word, .thread = thread_current(), .timer.fire = timed_out };
	struct bucket *b = bucket_of(word);
	irq_state s = spin_lock(&b->lock);
	bool differs = atomic_load(word) != expected;

	check_may_sleep(s);
	if (differs || (deadline_ns != DEADLINE_NEVER && deadline_ns <= clock_now_ns())) {
		spin_unlock(&b->lock, s);
		return differs ? -EAGAIN : -ETIMEDOUT;
	}
	sleep_in(b, &w, deadline_ns);
	irq_restore(s);
	if (deadline_ns != DEADLINE_NEVER)
		timer_stop(&w.timer);
	return w.result;
}

unsigned futex_wake(atomic_uint *word, unsigned n)
{
	struct bucket *b = bucket_of(word);
	unsigned woken = 0;
	irq_state s = spin_lock(&b->lock);
	struct list *at = b->waiters.next;

	while (at && at != &b->waiters && woken < n) {
		struct waiting *w = container_of(at, struct waiting, node);

		at = at->next;
		if (w->word != word)
			continue;
		wake(w, 0);
		woken++;
	}
	spin_unlock(&b->lock, s);
	return woken;
}
