/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which CPU a thread runs on.
 *
 * A woken thread goes back to where it last ran, unless that CPU is busy and another is idle. New
 * threads go to the CPU that has the least to do. An idle CPU looks for waiting threads in others'
 * queues before it halts. Beyond that nobody moves anything: there is no clock that would ask.
 *
 * Why no thread waits while a CPU idles that could run it: an idle CPU enters idle_cpus before it
 * looks into the queues; who puts a thread into a queue looks at idle_cpus after that. One of them
 * sees the other. Whoever picks an idle CPU takes its bit, so the next one picks another.
 */
#include "kernel/run_queue.h"
#include <errno.h>

static _Atomic uint64_t idle_cpus;

static struct cpu *first_of(uint64_t set)
{
	return cpus[__builtin_ctzll(set)];
}

/* False: another was faster, or the CPU itself. */
static bool claim(const struct cpu *cpu)
{
	return atomic_fetch_and(&idle_cpus, ~cpu_bit(cpu)) & cpu_bit(cpu);
}

/* An idle CPU of this set, its own one first. NULL: none. */
static struct cpu *claim_idle(uint64_t set, struct cpu *own)
{
	uint64_t idle;

	while ((idle = atomic_load(&idle_cpus) & set) != 0) {
		struct cpu *cpu = idle & cpu_bit(own) ? own : first_of(idle);

		if (claim(cpu))
			return cpu;
	}
	return NULL;
}

static unsigned priority_at(const struct cpu *cpu)
{
	return atomic_load_explicit(&cpu->run_queue->running, memory_order_relaxed);
}

/* Threads there, the running one included. */
static unsigned load_of(const struct cpu *cpu)
{
	return atomic_load_explicit(&cpu->run_queue->length, memory_order_relaxed) +
	       (priority_at(cpu) != PRIO_IDLE);
}

/* The CPU of this set, own first among equals, for which the measure is least. */
static struct cpu *least(uint64_t set, struct cpu *own, unsigned (*measure)(const struct cpu *))
{
	struct cpu *best = set & cpu_bit(own) ? own : first_of(set);
	unsigned of_best = measure(best);

	for (; set && of_best; set &= set - 1) {
		unsigned n = measure(first_of(set));

		if (n >= of_best)
			continue;
		best = first_of(set);
		of_best = n;
	}
	return best;
}

struct cpu *place_choose(const struct thread *t)
{
	uint64_t set = t->affinity & atomic_load_explicit(&cpus_online, memory_order_relaxed);
	struct cpu *own = t->cpu, *idle;

	if (set == cpu_bit(own))
		return own;
	idle = claim_idle(set, own);
	if (idle)
		return idle;
	if (t->state == THREAD_NEW)
		return least(set, own, load_of);
	if (set & cpu_bit(own) && (t->priority > priority_at(own) || t->priority == PRIO_APP))
		return own;
	return least(set, own, priority_at);
}

void place_offer(const struct thread *t)
{
	struct cpu *idle;

	atomic_thread_fence(memory_order_seq_cst); /* t is in the queue before the look at idle_cpus */
	if (!(atomic_load(&idle_cpus) & t->affinity))
		return;
	idle = claim_idle(t->affinity, t->cpu);
	if (idle)
		cpu_kick(idle);
}

void place_idle_begin(struct cpu *cpu)
{
	atomic_fetch_or(&idle_cpus, cpu_bit(cpu));
}

void place_idle_end(struct cpu *cpu)
{
	claim(cpu);
}

/*
 * The first thread of this priority in a locked queue that may run on cpu. The queue's own CPU may
 * be about to leave a thread that was woken meanwhile: that one is not off its stack yet.
 */
static struct thread *first_for(const struct cpu *cpu, const struct cpu *from, enum thread_priority p)
{
	list_for_each(n, &from->run_queue->queue[p]) {
		struct thread *t = container_of(n, struct thread, run_node);

		if (t != from->current && may_run_on(t, cpu))
			return t;
	}
	return NULL;
}

/* The most urgent one, taken out. */
static struct thread *take_for(struct cpu *cpu, struct cpu *from)
{
	struct run_queue *rq = from->run_queue;
	irq_state s = spin_lock(&rq->lock);
	struct thread *t = NULL;

	for (unsigned p = run_queue_top(rq); p > PRIO_IDLE && !t; p--)
		t = first_for(cpu, from, p);
	if (t) {
		run_queue_remove(rq, t);
		t->cpu = cpu;
	}
	spin_unlock(&rq->lock, s);
	return t;
}

bool place_steal(struct cpu *cpu)
{
	uint64_t others = atomic_load(&cpus_online) & ~cpu_bit(cpu);
	struct thread *t = NULL;

	for (; others && !t; others &= others - 1) {
		struct cpu *from = first_of(others);

		if (atomic_load(&from->run_queue->nonempty))
			t = take_for(cpu, from);
	}
	if (!t)
		return false;
	spin_lock(&cpu->run_queue->lock);
	run_queue_push(cpu->run_queue, t);
	spin_unlock(&cpu->run_queue->lock, 0);
	return true;
}

/* Under its queue's lock. True: t was waiting where it may not run any more, and is in no queue. */
static bool apply_affinity(struct thread *t, struct cpu *cpu)
{
	if (t == cpu->current) {
		sched_notice(cpu, t); /* if it has to leave it does so as if preempted */
		return false;
	}
	if (list_empty(&t->run_node))
		return false;
	if (may_run_on(t, cpu)) {
		place_offer(t);
		return false;
	}
	run_queue_remove(cpu->run_queue, t);
	return true;
}

int thread_set_affinity(struct thread *t, uint64_t set)
{
	struct cpu *cpu;
	bool homeless;
	irq_state s;

	cpu_count(); /* who is still being started counts */
	if (!(set & atomic_load(&cpus_online)))
		return -EINVAL;
	cpu = sched_lock_thread(t, &s);
	t->affinity = set;
	homeless = apply_affinity(t, cpu);
	spin_unlock(&cpu->run_queue->lock, s);
	if (homeless)
		sched_make_runnable(t);
	return 0;
}

uint64_t thread_affinity(const struct thread *t)
{
	return t->affinity & atomic_load(&cpus_online);
}
