/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler: a run queue per CPU, priorities strict, round robin inside each. Which CPU a
 * thread goes to is sched_place.c's business.
 *
 * Who holds what across a switch: whoever switches away holds its CPU's run queue lock and has
 * interrupts off; the thread it switches to drops the lock - in finish_switch(), which every thread
 * passes as the first thing after context_switch() returns to it, and a new thread in
 * sched_start(). So a thread in a run queue has always left its stack completely (its registers are
 * saved under the same lock), and another CPU may take it from there. The one exception is a thread
 * woken between its becoming THREAD_BLOCKED and its switch: it is in its own CPU's queue while still
 * current; whoever takes threads from another CPU's queue passes over that CPU's current.
 *
 * A dead thread cannot free its own stack, nor one that has to go to another CPU put itself into
 * that one's queue: finish_switch() of the next thread does it.
 *
 * A thread's place is t->cpu; it changes under the lock of the queue it leaves, before it is in the
 * other. Nobody holds two queues' locks.
 *
 * No tick: the slice timer runs only while somebody of the running thread's own priority waits.
 * Switches do not touch it; when it fires and finds the thread running that it was started for,
 * that one has had its slice.
 *
 * Lock order: run queue -> timer queue.
 */
#include "kernel/clock.h"
#include "kernel/cold.h"
#include "kernel/heap.h"
#include "kernel/panic.h"
#include "kernel/run_queue.h"
#include "kernel/tracepoint.h"
#include <errno.h>

#define SLICE_NS 10000000ull

LOCK_CLASS(queue_class, "run queue");
static struct run_queue boot_queue;

static struct thread *take_next(struct cpu *cpu)
{
	struct run_queue *rq = cpu->run_queue;
	enum thread_priority p = run_queue_top(rq);
	struct thread *t;

	if (p == PRIO_IDLE)
		return cpu->idle;
	t = container_of(rq->queue[p].next, struct thread, run_node);
	run_queue_remove(rq, t);
	return t;
}

static bool waits(const struct run_queue *rq, enum thread_priority p)
{
	return run_queue_nonempty(rq) & 1ull << p;
}

static void slice_begin(struct run_queue *rq, const struct thread *owner)
{
	rq->slice_running = true;
	rq->slice_owner = owner;
	rq->slice_priority = owner->priority;
	timer_start(&rq->slice, clock_now_ns() + SLICE_NS);
}

static bool slice_wanted(const struct run_queue *rq, const struct thread *t)
{
	return !rq->slice_running && !t->fifo && waits(rq, t->priority);
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
	if (slice_wanted(rq, cpu->current)) {
		if (cpu->current == rq->slice_owner)
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

static inline void finish_switch(void)
{
	struct run_queue *rq = this_cpu()->run_queue;
	struct thread *left = rq->leaving;

	rq->leaving = NULL;
	spin_unlock(&rq->lock, 0);
	if (!left)
		return;
	if (left->state == THREAD_DEAD)
		thread_reap(left);
	else
		sched_make_runnable(left);
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
 * unlocked on return, interrupts stay off. A thread that was barred from this CPU while it slept
 * may still have been woken here: it leaves as soon as interrupts open.
 */
static void switch_away(struct cpu *cpu)
{
	struct run_queue *rq = cpu->run_queue;
	struct thread *prev = cpu->current, *next = take_next(cpu);

	cpu->preempt_pending = !may_run_on(next, cpu);
	rq->slice_over = false;
	next->state = THREAD_RUNNING;
	if (slice_wanted(rq, next))
		slice_begin(rq, next);
	if (next == prev) { /* it was woken before it could fall asleep */
		spin_unlock(&rq->lock, 0);
		return;
	}
	if (!list_empty(&prev->run_node)) /* it goes on waiting, and nobody was told before that it can be had */
		place_offer(prev);
	account(rq, prev);
	cpu->switches++;
	TRACEPOINT(SCHED, trace_switch(prev, next));
	cpu->current = next;
	atomic_store_explicit(&rq->running, next->priority, memory_order_relaxed);
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

/* On the CPU itself, its queue locked: does anybody have a better right to it than current? */
static void look_around(struct cpu *cpu)
{
	const struct thread *running = cpu->current;
	struct run_queue *rq = cpu->run_queue;

	if (run_queue_top(rq) > running->priority || !may_run_on(running, cpu) ||
	    (rq->slice_over && waits(rq, running->priority)))
		cpu->preempt_pending = true;
	else if (slice_wanted(rq, running))
		slice_begin(rq, running);
}

void sched_notice(struct cpu *cpu, const struct thread *t)
{
	const struct thread *running = cpu->current;
	bool queued = t != running, more_urgent = t->priority > running->priority;

	if (queued && !more_urgent)
		place_offer(t);
	if (queued && !more_urgent && !slice_wanted(cpu->run_queue, running))
		return;
	if (cpu == this_cpu())
		look_around(cpu);
	else
		cpu_kick(cpu);
}

void sched_interrupt(void)
{
	struct cpu *cpu = this_cpu();

	spin_lock(&cpu->run_queue->lock);
	look_around(cpu);
	spin_unlock(&cpu->run_queue->lock, 0);
}

struct cpu *sched_lock_thread(const struct thread *t, irq_state *s)
{
	*s = cpu_irq_save();
	for (;;) {
		struct cpu *cpu = t->cpu;

		spin_lock(&cpu->run_queue->lock);
		if (t->cpu == cpu)
			return cpu;
		spin_unlock(&cpu->run_queue->lock, 0);
	}
}

/* One that has not left its CPU cannot go elsewhere; there it is about to look at the queue. */
void sched_make_runnable(struct thread *t)
{
	irq_state s;
	struct cpu *own = sched_lock_thread(t, &s), *cpu = t == own->current ? own : place_choose(t);

	t->state = THREAD_RUNNABLE;
	if (cpu != own) {
		t->cpu = cpu;
		spin_unlock(&own->run_queue->lock, 0);
		spin_lock(&cpu->run_queue->lock);
	}
	run_queue_push(cpu->run_queue, t);
	if (t != cpu->current)
		sched_notice(cpu, t);
	spin_unlock(&cpu->run_queue->lock, s);
}

/* The idle thread looks at its queue by itself after every interrupt. */
bool sched_preempt_needed(void)
{
	struct cpu *cpu = this_cpu();

	return cpu->preempt_pending && cpu->current != cpu->idle;
}

/* Current could go on; it waits for its next turn, here or wherever it may run. */
static inline void put_back(struct cpu *cpu, bool first)
{
	struct run_queue *rq = cpu->run_queue;
	struct thread *t = cpu->current;

	t->state = THREAD_RUNNABLE;
	if (!may_run_on(t, cpu)) {
		rq->leaving = t;
		return;
	}
	if (first)
		run_queue_push_front(rq, t);
	else
		run_queue_push(rq, t);
}

void sched_preempt(void)
{
	/*
	 * Again, as the thread that ran meanwhile may have ended and its end have woken somebody.
	 */
	while (this_cpu()->preempt_pending) {
		struct cpu *cpu = this_cpu();

		spin_lock(&cpu->run_queue->lock);
		put_back(cpu, !cpu->run_queue->slice_over);
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
	if (run_queue_top(rq) < cpu->current->priority) {
		spin_unlock(&rq->lock, s);
		return;
	}
	put_back(cpu, false);
	switch_away(cpu);
	irq_restore(s);
}

/*
 * t runs at the higher of its own priority and the one lent to it; this changes one of the two. A
 * new one of its own puts it behind its peers even while it runs (POSIX.1-2008, 2.8.4): if it stayed
 * in front of them, who raises and lowers threads in turn would keep the CPU from all others.
 */
COLD static void change_priority(struct thread *t, enum thread_priority *part,
				 enum thread_priority to)
{
	irq_state s;
	struct cpu *cpu = sched_lock_thread(t, &s);
	struct run_queue *rq = cpu->run_queue;
	bool queued = !list_empty(&t->run_node);

	if (queued)
		run_queue_remove(rq, t);
	*part = to;
	t->priority = t->own_priority > t->lent_priority ? t->own_priority : t->lent_priority;
	if (queued)
		run_queue_push(rq, t);
	if (t == cpu->current) {
		atomic_store_explicit(&rq->running, t->priority, memory_order_relaxed);
		rq->slice_over |= part == &t->own_priority && waits(rq, t->priority);
	}
	if (queued || t == cpu->current)
		sched_notice(cpu, t);
	spin_unlock(&rq->lock, s);
}

void thread_set_priority(struct thread *t, enum thread_priority priority)
{
	change_priority(t, &t->own_priority, priority);
}

void thread_boost(struct thread *t, enum thread_priority priority)
{
	change_priority(t, &t->lent_priority, priority);
}

unsigned cpu_current(void)
{
	irq_state s = cpu_irq_save();
	unsigned id = this_cpu()->id;

	irq_restore(s);
	return id;
}

/* Under t's queue's lock. */
static uint64_t ticks_of(const struct thread *t)
{
	const struct cpu *cpu = t->cpu;

	return t->cpu_ticks + (cpu->current == t ? cpu_tsc() - cpu->run_queue->switched : 0);
}

COLD uint64_t thread_cpu_ns(const struct thread *t)
{
	irq_state s;
	struct cpu *cpu = sched_lock_thread(t, &s);
	uint64_t ticks = ticks_of(t);

	spin_unlock(&cpu->run_queue->lock, s);
	return clock_ticks_to_ns(ticks);
}

static uint64_t busy_ticks(struct cpu *cpu)
{
	struct run_queue *rq = cpu->run_queue;
	irq_state s = spin_lock(&rq->lock);
	uint64_t ticks = cpu_tsc() - rq->started - ticks_of(cpu->idle);

	spin_unlock(&rq->lock, s);
	return ticks;
}

/* Whatever the CPUs did but idle. */
COLD uint64_t thread_cpu_ns_all(void)
{
	uint64_t ticks = 0;

	for (uint64_t set = atomic_load(&cpus_online); set; set &= set - 1)
		ticks += busy_ticks(cpus[__builtin_ctzll(set)]);
	return clock_ticks_to_ns(ticks);
}

/*
 * Interrupts are off except while halted; whatever an interrupt made runnable is found right after.
 */
void sched_idle_loop(void)
{
	for (;;) {
		struct cpu *cpu = this_cpu();

		spin_lock(&cpu->run_queue->lock);
		if (run_queue_nonempty(cpu->run_queue)) {
			place_idle_end(cpu);
			switch_away(cpu);
			continue;
		}
		spin_unlock(&cpu->run_queue->lock, 0);
		place_idle_begin(cpu);
		if (!place_steal(cpu))
			cpu_idle();
	}
}

void sched_idle(void *unused)
{
	(void)unused;
	finish_switch();
	sched_idle_loop();
}

int sched_init(struct cpu *cpu, struct thread *running, struct thread *idle)
{
	struct run_queue *rq = cpu->id == 0 ? &boot_queue : kzalloc(sizeof *rq);

	if (!rq)
		return -ENOMEM;
	spinlock_init(&rq->lock, &queue_class);
	for (unsigned p = 0; p < PRIO_COUNT; p++)
		list_init(&rq->queue[p]);
	rq->slice.fire = slice_ended;
	rq->started = rq->switched = cpu_tsc();
	rq->running = running->priority;
	running->cpu = idle->cpu = cpu;
	cpu->run_queue = rq;
	cpu->current = running;
	cpu->idle = idle;
	return 0;
}
