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
#include "kernel/cold.h"
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
	_Atomic(atomic_uint *) word;
	atomic_uint *first_word;
	atomic_uint *move_to; /* a queue's: see futex.h */
	struct thread *thread;
	struct timer timer;
	int result;
	bool asleep;         /* or still on its way: in futex_queue()'s release() */
	bool interruptible;
	bool counted;        /* *word is the length of its queue */
	bool moved;          /* by futex_queue_move(): its deadline is void */
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

/* With the bucket locked, as the next ones. While anybody is counted, the counter exists. */
static void leave(struct waiting *w)
{
	list_remove(&w->node);
	if (w->counted)
		atomic_fetch_sub_explicit(w->word, 1, memory_order_relaxed);
}

static void wake(struct waiting *w, int result)
{
	w->result = result;
	leave(w);
	if (w->asleep)
		sched_make_runnable(w->thread);
}

/* The most urgent first; among equals in the order they came. */
static void join(struct bucket *b, struct waiting *w)
{
	struct list *after;

	if (!b->waiters.next)
		list_init(&b->waiters);
	after = b->waiters.prev;
	while (after != &b->waiters &&
	       container_of(after, struct waiting, node)->thread->priority < w->thread->priority)
		after = after->prev;
	list_push_front(after, &w->node); /* that is, behind it */
	if (w->counted)
		atomic_fetch_add_explicit(w->word, 1, memory_order_relaxed);
}

/* A moved waiter is in another bucket, and in nobody's hurry. */
static void timed_out(struct timer *t)
{
	struct waiting *w = container_of(t, struct waiting, timer);
	struct bucket *b = bucket_of(w->first_word);
	irq_state s = spin_lock(&b->lock);

	if (!w->moved && !list_empty(&w->node))
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

static bool interrupted(const struct waiting *w)
{
	return w->interruptible &&
	       atomic_load(&w->thread->interrupts) == THREAD_INTERRUPTED;
}

/*
 * Stands in the bucket, which is locked, from here on. thread_interrupt() sets its flag before it
 * looks where the thread waits, and the waiter does both the other way round, so one of them sees
 * the other.
 */
static void enter(struct bucket *b, struct waiting *w, uint64_t deadline_ns)
{
	join(b, w);
	if (deadline_ns != DEADLINE_NEVER)
		timer_start(&w->timer, deadline_ns);
	if (!w->interruptible)
		return;
	atomic_store(&w->thread->waits_on, w->first_word);
	if (interrupted(w))
		wake(w, -EINTR);
}

/*
 * Falls asleep unless woken already; the bucket is locked and gets unlocked. Until the switch
 * interrupts stay off, so on this CPU nothing comes between.
 */
static void sleep_in(struct bucket *b, struct waiting *w)
{
	if (list_empty(&w->node)) {
		spin_unlock(&b->lock, 0);
		return;
	}
	w->asleep = true;
	w->thread->state = THREAD_BLOCKED;
	spin_unlock(&b->lock, 0);
	sched_block();
}

/* Out of the bucket; the timer may still be in it. */
static int finish(struct waiting *w, uint64_t deadline_ns, irq_state s)
{
	irq_restore(s);
	if (deadline_ns != DEADLINE_NEVER)
		timer_stop(&w->timer);
	return w->result;
}

static int wait(struct waiting *w, unsigned expected, uint64_t deadline_ns)
{
	struct bucket *b = bucket_of(w->first_word);
	irq_state s;
	bool differs;

	spinlock_none_held();
	s = spin_lock(&b->lock);
	differs = atomic_load(w->first_word) != expected;
	check_may_sleep(s);
	if (differs || (deadline_ns != DEADLINE_NEVER && deadline_ns <= clock_now_ns())) {
		spin_unlock(&b->lock, s);
		return differs ? -EAGAIN : -ETIMEDOUT;
	}
	enter(b, w, deadline_ns);
	sleep_in(b, w);
	return finish(w, deadline_ns, s);
}

static struct waiting waiting_on(atomic_uint *word)
{
	return (struct waiting){
		.word = word, .first_word = word, .thread = thread_current(), .timer.fire = timed_out,
	};
}

int futex_wait(atomic_uint *word, unsigned expected, uint64_t deadline_ns)
{
	struct waiting w = waiting_on(word);

	return wait(&w, expected, deadline_ns);
}

int futex_wait_interruptible(atomic_uint *word, unsigned expected, uint64_t deadline_ns)
{
	struct waiting w = waiting_on(word);

	w.interruptible = true;
	return wait(&w, expected, deadline_ns);
}

/* The first at or behind `at` in a locked bucket that waits on word, or NULL. */
static struct waiting *next_on(struct bucket *b, struct list *at, const atomic_uint *word)
{
	for (; at && at != &b->waiters; at = at->next) {
		struct waiting *w = container_of(at, struct waiting, node);

		if (w->word == word)
			return w;
	}
	return NULL;
}

/* Wakes up to n of those who wait on word, in its bucket, which is locked. */
static unsigned wake_some(struct bucket *b, const atomic_uint *word, unsigned n)
{
	struct waiting *next = next_on(b, b->waiters.next, word);
	unsigned woken = 0;

	for (; next && woken < n; woken++) {
		struct waiting *w = next;

		next = next_on(b, w->node.next, word);
		wake(w, 0);
	}
	return woken;
}

unsigned futex_wake(atomic_uint *word, unsigned n)
{
	struct bucket *b = bucket_of(word);
	irq_state s = spin_lock(&b->lock);
	unsigned woken = wake_some(b, word, n);

	spin_unlock(&b->lock, s);
	return woken;
}

unsigned futex_queue_wake(atomic_uint *count, unsigned n)
{
	return futex_wake(count, n);
}

/* The bucket that w stands in, locked. It changes at most once, by futex_queue_move(). */
static struct bucket *lock_bucket_of(const struct waiting *w)
{
	struct bucket *b = bucket_of(w->word);

	spin_lock(&b->lock);
	while (bucket_of(w->word) != b) {
		spin_unlock(&b->lock, 0);
		b = bucket_of(w->word);
		spin_lock(&b->lock);
	}
	return b;
}

int futex_queue(atomic_uint *count, const struct futex_queue_wait *how)
{
	struct waiting w = waiting_on(count);
	struct bucket *b = bucket_of(count);
	irq_state s;

	spinlock_none_held();
	s = spin_lock(&b->lock);
	check_may_sleep(s);
	w.interruptible = how->interruptible;
	w.move_to = how->move_to;
	w.counted = true;
	enter(b, &w, how->deadline_ns);
	spin_unlock(&b->lock, s);
	how->release(how->arg);
	s = cpu_irq_save();
	sleep_in(lock_bucket_of(&w), &w);
	return finish(&w, how->deadline_ns, s);
}

/* Both buckets, which may be one, in the order of their addresses. */
static irq_state lock_two(struct bucket *a, struct bucket *b)
{
	irq_state s = spin_lock(a < b ? &a->lock : &b->lock);

	if (a != b)
		spin_lock(a < b ? &b->lock : &a->lock);
	return s;
}

static void unlock_two(struct bucket *a, struct bucket *b, irq_state s)
{
	if (a != b)
		spin_unlock(a < b ? &b->lock : &a->lock, 0);
	spin_unlock(a < b ? &a->lock : &b->lock, s);
}

static void move(struct waiting *w)
{
	leave(w);
	w->word = w->move_to;
	w->moved = true;
	w->interruptible = w->counted = false;
	join(bucket_of(w->word), w);
}

/* Where the first of a queue goes, whose bucket is locked; NULL: nowhere, or there is none. */
static atomic_uint *first_target(struct bucket *b, const atomic_uint *count)
{
	struct waiting *first = next_on(b, b->waiters.next, count);

	return first ? first->move_to : NULL;
}

/* Up to n in a row who go to the same word, with both buckets locked. */
static unsigned move_some(struct bucket *b, const atomic_uint *count, unsigned n,
			  const atomic_uint *to)
{
	struct waiting *next = next_on(b, b->waiters.next, count);
	unsigned moved = 0;

	for (; next && next->move_to == to && moved < n; moved++) {
		struct waiting *w = next;

		next = next_on(b, w->node.next, count);
		move(w);
	}
	return moved;
}

/* True: whoever holds *to will call futex_wake(). */
static bool mark_contended(atomic_uint *to, unsigned held, unsigned contended)
{
	return atomic_compare_exchange_strong(to, &held, contended) || held == contended;
}

/*
 * The first of the queue, and who is behind him and goes to the same word. Which word that is can
 * change until its bucket is locked too; 0 then, as for an empty queue.
 */
static unsigned pass_on(atomic_uint *count, unsigned n, atomic_uint *to, unsigned held,
			unsigned contended)
{
	struct bucket *b = bucket_of(count), *target = to ? bucket_of(to) : b;
	irq_state s = lock_two(b, target);
	unsigned done = 0;

	if (atomic_load(count) && first_target(b, count) == to) {
		if (!to || !mark_contended(to, held, contended))
			done = wake_some(b, count, 1);
		if (to)
			done += move_some(b, count, n - done, to);
	}
	unlock_two(b, target, s);
	return done;
}

COLD unsigned futex_queue_move(atomic_uint *count, unsigned n, unsigned held, unsigned contended)
{
	struct bucket *b = bucket_of(count);
	unsigned done = 0, there;

	/* Whoever comes from now on is not meant, and may come again and again. */
	for (n = n < (there = atomic_load(count)) ? n : there; done < n && atomic_load(count);) {
		irq_state s = spin_lock(&b->lock);
		atomic_uint *to = first_target(b, count);

		spin_unlock(&b->lock, s);
		done += pass_on(count, n - done, to, held, contended);
	}
	return done;
}

void thread_interrupt(struct thread *t)
{
	atomic_uint *word;
	struct bucket *b;
	irq_state s;

	atomic_fetch_or(&t->interrupts, THREAD_INTERRUPTED);
	word = atomic_load(&t->waits_on);
	if (!word || atomic_load(&t->interrupts) != THREAD_INTERRUPTED)
		return;
	b = bucket_of(word);
	s = spin_lock(&b->lock);
	for (struct list *at = b->waiters.next; at && at != &b->waiters; at = at->next) {
		struct waiting *w = container_of(at, struct waiting, node);

		if (w->thread == t && w->interruptible) {
			wake(w, -EINTR);
			break;
		}
	}
	spin_unlock(&b->lock, s);
}
