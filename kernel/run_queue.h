/* SPDX-License-Identifier: BSD-2-Clause */
/* A CPU's run queue, shared by the scheduler's two files: sched.c and sched_place.c. */
#pragma once

#include "kernel/cpu.h"
#include "kernel/list.h"
#include "kernel/spinlock.h"
#include "kernel/thread.h"
#include "kernel/timer.h"

/* Guarded by lock; at the atomic ones other CPUs look without it. */
struct run_queue {
	struct spinlock lock;
	atomic_uint running;             /* the priority of the thread that runs */
	atomic_uint length;              /* threads in queue[] */
	_Atomic uint64_t nonempty;       /* bit p: queue[p] has threads */
	struct list queue[PRIO_COUNT];
	struct thread *leaving;          /* is in no queue: died, or goes to another CPU */
	uint64_t started, switched;      /* TSC when the CPU began, and when it last switched */
	struct timer slice;
	bool slice_running, slice_over;
	const struct thread *slice_owner; /* perhaps dead by now, so only compared */
	enum thread_priority slice_priority; /* the owner's */
};

static inline bool may_run_on(const struct thread *t, const struct cpu *cpu)
{
	return t->affinity & cpu_bit(cpu);
}

static inline uint64_t run_queue_nonempty(const struct run_queue *rq)
{
	return atomic_load_explicit(&rq->nonempty, memory_order_relaxed);
}

/* The highest priority that has somebody waiting; PRIO_IDLE: nobody. */
static inline enum thread_priority run_queue_top(const struct run_queue *rq)
{
	uint64_t nonempty = run_queue_nonempty(rq);

	return nonempty ? (enum thread_priority)(63 - __builtin_clzll(nonempty)) : PRIO_IDLE;
}

/* Only the lock's holder changes these, so no read-modify-write is needed for those who look. */
static inline void run_queue_count(struct run_queue *rq, uint64_t nonempty, unsigned more)
{
	unsigned length = atomic_load_explicit(&rq->length, memory_order_relaxed);

	atomic_store_explicit(&rq->nonempty, nonempty, memory_order_relaxed);
	atomic_store_explicit(&rq->length, length + more, memory_order_relaxed);
}

static inline void run_queue_push(struct run_queue *rq, struct thread *t)
{
	list_push_back(&rq->queue[t->priority], &t->run_node);
	run_queue_count(rq, run_queue_nonempty(rq) | 1ull << t->priority, 1);
}

/* Before its peers: it was pushed aside and still has some of its slice. */
static inline void run_queue_push_front(struct run_queue *rq, struct thread *t)
{
	list_push_front(&rq->queue[t->priority], &t->run_node);
	run_queue_count(rq, run_queue_nonempty(rq) | 1ull << t->priority, 1);
}

static inline void run_queue_remove(struct run_queue *rq, struct thread *t)
{
	uint64_t left = run_queue_nonempty(rq);

	list_remove(&t->run_node);
	if (list_empty(&rq->queue[t->priority]))
		left &= ~(1ull << t->priority);
	run_queue_count(rq, left, -1u);
}

/* Locks the queue of the CPU that t is at. *s: for spin_unlock(). */
struct cpu *sched_lock_thread(const struct thread *t, irq_state *s);

/* t has been put into cpu's queue, or its right to run has changed; the queue is locked. */
void sched_notice(struct cpu *cpu, const struct thread *t);

/* sched_place.c */

/* Where t is to run next; its own CPU's queue is locked. */
struct cpu *place_choose(const struct thread *t);

/* t waits in a queue, or will when that is unlocked: an idle CPU may want it. */
void place_offer(const struct thread *t);

/* This CPU begins or ceases to be one that others may give threads to. */
void place_idle_begin(struct cpu *);
void place_idle_end(struct cpu *);

/* Moves a thread from another CPU's queue into this one's; false: there is none. */
bool place_steal(struct cpu *);
