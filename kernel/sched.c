/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler: a run queue per CPU, priorities strict, round robin inside each.
 *
 * Who holds what across a switch: whoever switches away holds its CPU's run queue lock and has
 * interrupts off; the thread it switches to drops the lock - in finish_switch(), which every thread
 * passes as the first thing after context_switch() returns to it, and a new thread in
 * sched_start(). So a thread in a run queue has always left its stack completely (its registers are
 * saved under the same lock), and another CPU may take it from there. The one exception is a thread
 * woken between its becoming THREAD_BLOCKED and its switch: it is in the queue while still current;
 * whoever takes threads from another CPU's queue passes over that CPU's current.
 *
 * A dead thread cannot free its own stack: finish_switch() of the next thread does it.
 *
 * No tick: the slice timer runs only while somebody of the running thread's own priority waits.
 * Switches do not touch it; when it fires and finds the thread running that it was started for,
 * that one has had its slice.
 *
 * What several CPUs will add: sched_make_runnable() for another CPU's thread tells that CPU by an
 * interrupt, and an idle CPU takes from others' queues. Lock order: run queue -> timer queue; never
 * two run queues.
 */
#include "kernel/clock.h"
#include "kernel/panic.h"
#include "kernel/spinlock.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include <errno.h>

#define SLICE_NS 10000000ull

struct run_queue {
	struct spinlock lock;
	uint64_t nonempty;               /* bit p: queue[p] has threads */
	struct list queue[PRIO_COUNT];
	struct thread *leaving;          /* died; its stack is in use until the switch is through */
	uint64_t started, switched;      /* TSC when the CPU began, and when it last switched */
	struct timer slice;
	bool slice_running, slice_over;
	const struct thread *slice_owner; /* perhaps dead by now, so only compared */
	enum thread_priority slice_priority; /* the owner's */
};

static struct run_queue boot_queue;

static void enqueue(struct run_queue *rq, struct thread *t)
{
	list_push_back(&rq->queue[t->priority], &t->run_node);
	rq->nonempty |= 1ull << t->priority;
}

/* Before its peers: it was pushed aside and still has some of its slice. */
static void enqueue_front(struct run_queue *rq, struct thread *t)
{
	list_push_front(&rq->queue[t->priority], &t->run_node);
	rq->nonempty |= 1ull << t->priority;
}

/* The highest priority that has somebody waiting; PRIO_IDLE: nobody. */
static enum thread_priority top(const struct run_queue *rq)
{
	return rq->nonempty ? (enum thread_priority)(63 - __builtin_clzll(rq->nonempty)) : PRIO_IDLE;
}

static void dequeue(struct run_queue *rq, struct thread *t)
{
	list_remove(&t->run_node);
	if (list_empty(&rq->queue[t->priority]))
		rq->nonempty &= ~(1ull << t->priority);
}

static struct thread *take_next(struct cpu *cpu)
{
	struct run_queue *rq = cpu->run_queue;
	enum thread_priority p = top(rq);
	struct thread *t;

	if (p == PRIO_IDLE)
		return cpu->idle;
	t = container_of(rq->queue[p].next, struct thread, run_node);
	dequeue(rq, t);
	return t;
}

static bool waits(const struct run_queue *rq, enum thread_priority p)
{
	return rq->nonempty & 1ull << p;
}

static void slice_begin(struct run_queue *rq, const struct thread *owner)
{
	rq->slice_running = true;
	rq->slice_owner = owner;
	rq->slice_priority = owner->priority;
	timer_start(&rq->slice, clock_now_ns() + SLICE_NS);
}

/* Its slice is over: the next peer gets one. */
static void slice_pass_on(struct cpu *cpu)
{
	struct run_queue *rq = cpu->run_queue;
	struct list *first = rq->queue[cpu->current->priority].next;

	rq->slice_over = cpu->preempt_pending = true;
	slice_begin(rq, container_of(first, struct thread, run_node));
}

static void slice_ended(struct timer *timer)
{
	struct run_queue *rq = container_of(timer, struct run_queue, slice);
	struct cpu *cpu = this_cpu();
	irq_state s = spin_lock(&rq->lock);

	rq->slice_running = false;
	if (waits(rq, cpu->current->priority)) {
		if (cpu->current == rq->slice_owner && !cpu->current->fifo)
			slice_pass_on(cpu);
		else
			slice_begin(rq, cpu->current);
	} else if (cpu->current->priority > rq->slice_priority && waits(rq, rq->slice_priority)) {
		/* A device thread happens to run; that must not give the owner a second slice. */
		rq->slice_running = true;
		timer_start(&rq->slice, clock_now_ns() + SLICE_NS / 16);
	}
	spin_unlock(&rq->lock, s);
}

static void finish_switch(void)
{
	struct run_queue *rq = this_cpu()->run_queue;
	struct thread *dead = rq->leaving;

	rq->leaving = NULL;
	spin_unlock(&rq->lock, 0);
	if (dead)
		thread_reap(dead);
}

/* What ran since the last switch has been prev, and the interrupts that came meanwhile. */
static void account(struct run_queue *rq, struct thread *prev)
{
	uint64_t now = cpu_tsc();

	prev->cpu_ticks += now - rq->switched;
	rq->switched = now;
}

/*
 * Gives the CPU to the most urgent thread. The queue is locked, current is where it belongs;
 * unlocked on return, interrupts stay off.
 */
static void switch_away(struct cpu *cpu)
{
	struct run_queue *rq = cpu->run_queue;
	struct thread *prev = cpu->current, *next = take_next(cpu);

	cpu->preempt_pending = rq->slice_over = false;
	next->state = THREAD_RUNNING;
	if (!rq->slice_running && waits(rq, next->priority))
		slice_begin(rq, next);
	if (next == prev) { /* it was woken before it could fall asleep */
		spin_unlock(&rq->lock, 0);
		return;
	}
	account(rq, prev);
	cpu->current = next;
	context_switch(&prev->context, &next->context);
	finish_switch();
}

void sched_start(void)
{
	finish_switch();
}

void sched_block(void)
{
	struct cpu *cpu = this_cpu();

	spin_lock(&cpu->run_queue->lock);
	switch_away(cpu);
}

void sched_exit(void)
{
	struct cpu *cpu = this_cpu();

	spin_lock(&cpu->run_queue->lock);
	cpu->run_queue->leaving = cpu->current;
	switch_away(cpu);
	panic("a dead thread runs");
}

void sched_make_runnable(struct thread *t)
{
	struct cpu *cpu = t->cpu;
	struct run_queue *rq = cpu->run_queue;
	irq_state s = spin_lock(&rq->lock);

	t->state = THREAD_RUNNABLE;
	enqueue(rq, t);
	if (t->priority > cpu->current->priority)
		cpu->preempt_pending = true;
	else if (t->priority == cpu->current->priority && !rq->slice_running)
		slice_begin(rq, cpu->current);
	spin_unlock(&rq->lock, s);
}

/* The idle thread looks at its queue by itself after every interrupt. */
bool sched_preempt_needed(void)
{
	struct cpu *cpu = this_cpu();

	return cpu->preempt_pending && cpu->current != cpu->idle;
}

void sched_preempt(void)
{
	/*
	 * Again, as the thread that ran meanwhile may have ended and its end have woken somebody.
	 */
	while (this_cpu()->preempt_pending) {
		struct cpu *cpu = this_cpu();
		struct run_queue *rq = cpu->run_queue;
		struct thread *t = cpu->current;

		spin_lock(&rq->lock);
		t->state = THREAD_RUNNABLE;
		if (rq->slice_over)
			enqueue(rq, t);
		else
			enqueue_front(rq, t);
		switch_away(cpu);
	}
}

void sched_preempt_voluntarily(void)
{
	irq_state s = cpu_irq_save();

	if (sched_preempt_needed())
		sched_preempt();
	cpu_irq_restore(s);
}

void thread_yield(void)
{
	irq_state s = cpu_irq_save();
	struct cpu *cpu = this_cpu();
	struct run_queue *rq = cpu->run_queue;

	spin_lock(&rq->lock);
	if (top(rq) < cpu->current->priority) {
		spin_unlock(&rq->lock, s);
		return;
	}
	cpu->current->state = THREAD_RUNNABLE;
	enqueue(rq, cpu->current);
	switch_away(cpu);
	irq_restore(s);
}

/* t runs at the higher of its own priority and the one lent to it. */
static void change_priority(struct thread *t, enum thread_priority own, enum thread_priority lent)
{
	struct cpu *cpu = t->cpu;
	struct run_queue *rq = cpu->run_queue;
	irq_state s = spin_lock(&rq->lock);
	bool queued = !list_empty(&t->run_node);

	if (queued)
		dequeue(rq, t);
	t->own_priority = own;
	t->lent_priority = lent;
	t->priority = own > lent ? own : lent;
	if (queued)
		enqueue(rq, t);
	if (top(rq) > cpu->current->priority)
		cpu->preempt_pending = true;
	spin_unlock(&rq->lock, s);
}

void thread_set_priority(struct thread *t, enum thread_priority priority)
{
	change_priority(t, priority, t->lent_priority);
}

void thread_boost(struct thread *t, enum thread_priority priority)
{
	change_priority(t, t->own_priority, priority);
}

int thread_set_affinity(struct thread *t, uint64_t cpus)
{
	(void)t;
	return cpus & 1 ? 0 : -EINVAL;
}

uint64_t thread_affinity(const struct thread *t)
{
	(void)t;
	return 1;
}

unsigned cpu_count(void)
{
	return 1;
}

unsigned cpu_current(void)
{
	return 0;
}

/* Under t's queue's lock. */
static uint64_t ticks_of(const struct thread *t)
{
	const struct cpu *cpu = t->cpu;

	return t->cpu_ticks + (cpu->current == t ? cpu_tsc() - cpu->run_queue->switched : 0);
}

uint64_t thread_cpu_ns(const struct thread *t)
{
	struct run_queue *rq = t->cpu->run_queue;
	irq_state s = spin_lock(&rq->lock);
	uint64_t ticks = ticks_of(t);

	spin_unlock(&rq->lock, s);
	return clock_ticks_to_ns(ticks);
}

/* Whatever the CPU did but idle. */
uint64_t thread_cpu_ns_all(void)
{
	irq_state s = spin_lock(&boot_queue.lock);
	uint64_t ticks = cpu_tsc() - boot_queue.started - ticks_of(this_cpu()->idle);

	spin_unlock(&boot_queue.lock, s);
	return clock_ticks_to_ns(ticks);
}

/*
 * Interrupts are off except while halted; whatever an interrupt made runnable is found right after.
 */
void sched_idle(void *unused)
{
	(void)unused;
	finish_switch();
	for (;;) {
		struct cpu *cpu = this_cpu();

		spin_lock(&cpu->run_queue->lock);
		if (cpu->run_queue->nonempty) {
			switch_away(cpu);
			continue;
		}
		spin_unlock(&cpu->run_queue->lock, 0);
		cpu_wait_for_interrupt();
		cpu_irq_disable();
	}
}

void sched_init(struct cpu *cpu, struct thread *running, struct thread *idle)
{
	struct run_queue *rq = &boot_queue;

	for (unsigned p = 0; p < PRIO_COUNT; p++)
		list_init(&rq->queue[p]);
	rq->slice.fire = slice_ended;
	rq->started = rq->switched = cpu_tsc();
	running->cpu = idle->cpu = cpu;
	cpu->run_queue = rq;
	cpu->current = running;
	cpu->idle = idle;
}
