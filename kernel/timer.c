/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timers: a pairing heap per CPU (Fredman, Sedgewick, Sleator, Tarjan 1986) over the one-shot event
 * timer. Starting a timer is a comparison or two, stopping one needs no search, and memory lies in
 * the timers themselves.
 *
 * The hardware is programmed when a deadline becomes the earliest, not when the earliest is
 * stopped: a stopped timeout, which is most of them, costs one stray interrupt at worst instead of
 * a device access each time.
 *
 * Lock order: anything -> timer_queue.lock. fire is called without it.
 */
#include "kernel/timer.h"
#include "kernel/clock.h"
#include "kernel/heap.h"
#include "kernel/spinlock.h"
#include <errno.h>
#include <stddef.h>

struct timer_queue {
	struct spinlock lock;
	struct timer *root;        /* the earliest */
	struct timer *firing;      /* whose fire runs now, on this queue's CPU */
	uint64_t programmed_ns;    /* what the hardware waits for */
};

LOCK_CLASS(queue_class, "timer queue");
static struct timer_queue boot_queue;

/* prev is the left sibling, or the parent for a first child. */
static struct timer *meld(struct timer *a, struct timer *b)
{
	struct timer *later = b;

	if (!a || !b)
		return a ? a : b;
	if (b->deadline_ns < a->deadline_ns) {
		later = a;
		a = b;
	}
	later->next = a->child;
	later->prev = a;
	if (a->child)
		a->child->prev = later;
	a->child = later;
	return a;
}

/* Joins siblings in pairs and then into one, which keeps the amortised cost logarithmic. */
static struct timer *meld_siblings(struct timer *first)
{
	struct timer *pairs = NULL, *heap = NULL;

	while (first) {
		struct timer *a = first, *b = a->next;

		first = b ? b->next : NULL;
		a->next = NULL;
		if (b)
			b->next = NULL;
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		struct timer *a = pairs;

		pairs = a->next;
		a->next = NULL;
		heap = meld(heap, a);
	}
	return heap;
}

static void heap_insert(struct timer_queue *q, struct timer *t)
{
	t->child = t->next = t->prev = NULL;
	t->running = true;
	q->root = meld(q->root, t);
}

static void heap_remove(struct timer_queue *q, struct timer *t)
{
	struct timer *orphans = meld_siblings(t->child);

	t->running = false;
	if (t == q->root) {
		q->root = orphans;
		return;
	}
	if (t->prev->child == t)
		t->prev->child = t->next;
	else
		t->prev->next = t->next;
	if (t->next)
		t->next->prev = t->prev;
	q->root = meld(q->root, orphans);
}

static void program(struct timer_queue *q)
{
	if (!q->root || q->root->deadline_ns >= q->programmed_ns)
		return;
	q->programmed_ns = q->root->deadline_ns;
	clock_event_program(q->programmed_ns);
}

void timer_start(struct timer *t, uint64_t deadline_ns)
{
	irq_state s;
	struct timer_queue *q;

	timer_stop(t);
	s = cpu_irq_save(); /* to stay on this CPU */
	q = this_cpu()->timer_queue;
	spin_lock(&q->lock);
	t->queue = q;
	t->deadline_ns = deadline_ns;
	heap_insert(q, t);
	program(q);
	spin_unlock(&q->lock, s);
}

/*
 * Fire may still run on another CPU, and start the timer again, and the caller may be about to
 * forget the timer's memory.
 */
bool timer_stop(struct timer *t)
{
	struct timer_queue *q = t->queue;
	bool stopped = false;
	irq_state s;

	if (!q)
		return false;
	s = spin_lock(&q->lock);
	for (;;) {
		if (t->running) {
			heap_remove(q, t);
			stopped = true;
		}
		if (q->firing != t || q == this_cpu()->timer_queue)
			break;
		spin_unlock(&q->lock, 0);
		cpu_spin();
		spin_lock(&q->lock);
	}
	spin_unlock(&q->lock, s);
	return stopped;
}

/* The earliest timer, taken off, if it is due. */
static struct timer *take_due(struct timer_queue *q)
{
	irq_state s = spin_lock(&q->lock);
	struct timer *t = q->root;

	if (t && t->deadline_ns <= clock_now_ns()) {
		heap_remove(q, t);
	} else {
		t = NULL;
		q->programmed_ns = UINT64_MAX; /* the hardware has just spent what it was given */
		program(q);
	}
	q->firing = t;
	spin_unlock(&q->lock, s);
	return t;
}

void timer_interrupt(void)
{
	struct timer_queue *q = this_cpu()->timer_queue;
	struct timer *t;

	while (q && (t = take_due(q)) != NULL)
		t->fire(t);
}

int timer_init(struct cpu *cpu)
{
	struct timer_queue *q = cpu->id == 0 ? &boot_queue : kzalloc(sizeof *q);

	if (!q)
		return -ENOMEM;
	spinlock_init(&q->lock, &queue_class);
	q->programmed_ns = UINT64_MAX;
	cpu->timer_queue = q;
	return 0;
}

const struct timer *timer_first(const struct timer_queue *q)
{
	return q->root;
}
