/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads: preemptive, priorities with round-robin inside each, one run queue per CPU. A thread
 * sleeps in futex_wait() only. A voluntary switch saves the callee-saved registers; the FPU's state
 * is saved only where an interrupt preempts (kernel/x86_64/).
 */
#pragma once

#include "kernel/list.h"
#include "kernel/x86_64/context.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Higher runs first. An app's SCHED_FIFO and SCHED_RR threads have the levels above PRIO_APP. */
#define PRIO_REALTIME_LEVELS 32
enum thread_priority {
	PRIO_IDLE,
	PRIO_APP,
	PRIO_DEVICE = PRIO_APP + PRIO_REALTIME_LEVELS + 1,
	PRIO_COUNT,
};
enum thread_state { THREAD_NEW, THREAD_RUNNABLE, THREAD_RUNNING, THREAD_BLOCKED, THREAD_DEAD };

enum thread_exited {
	THREAD_ALIVE,
	THREAD_GONE,     /* has left its stack */
	THREAD_DETACHED, /* alive, and nobody will join it */
};

struct thread {
	struct context context;      /* saved stack pointer, FS base (arch) */
	char name[16];
	unsigned id;
	_Atomic enum thread_priority priority; /* at which it runs: the higher of the next two */
	enum thread_priority own_priority, lent_priority;
	_Atomic enum thread_state state;
	struct cpu *_Atomic cpu;     /* whose run queue it is in, or runs or last ran from */
	uint64_t affinity;           /* bit n: may run on CPU n */
	struct list run_node;        /* in a run queue, while runnable */
	struct list all_node;        /* in the list of all threads */
	void *stack;                 /* lowest usable address; NULL: the boot stack */
	size_t stack_size;           /* bytes */
	size_t guard_size;           /* below it; 0: the stack is not ours to free */
	void *tls;                   /* TLS block and control block, one allocation */
	void (*entry)(void *);
	void *arg;
	atomic_uint exited;          /* futex: enum thread_exited */
	bool fifo;                   /* no slices: its peers wait until it sleeps or yields */
	uint64_t cpu_ticks;          /* TSC ticks it ran for, up to its last switch */
	atomic_uint interrupts;      /* THREAD_INTERRUPTED and THREAD_UNINTERRUPTIBLE */
	_Atomic(atomic_uint *) waits_on; /* the word of its last futex wait, for thread_interrupt() */
};

#define THREAD_INTERRUPTED      1u /* asked to leave interruptible waits; stays until cleared */
#define THREAD_UNINTERRUPTIBLE  2u /* but not now */

/* Starts entry(arg) in a new thread. stack_size 0: THREAD_STACK_DEFAULT. NULL: out of memory. */
struct thread *thread_create(const char *name, enum thread_priority, size_t stack_size,
			     void (*entry)(void *), void *arg);

struct thread_stack {
	void *base;   /* memory of the caller's to run on; NULL: a stack of its own */
	size_t size;  /* 0: THREAD_STACK_DEFAULT, of its own */
	size_t guard; /* bytes below its own, one page at least */
	bool anywhere; /* its own need not be 1:1 memory: vm_stack_alloc_anywhere() */
};

/* The same in two steps: a thread that does not run before thread_start(). */
struct thread *thread_prepare(const char *name, enum thread_priority, struct thread_stack,
			      void (*entry)(void *), void *arg);
void thread_start(struct thread *);

_Noreturn void thread_exit(void);
void thread_join(struct thread *);   /* waits for its end and frees it */
void thread_detach(struct thread *); /* frees itself at its end */
struct thread *thread_current(void);
void thread_yield(void);
void thread_sleep_until(uint64_t deadline_ns);
void thread_set_priority(struct thread *, enum thread_priority); /* takes effect at once */
void thread_boost(struct thread *, enum thread_priority); /* lends one; PRIO_IDLE: no more */
int thread_set_affinity(struct thread *, uint64_t cpus);  /* bit n: CPU n; -EINVAL: none is there */
uint64_t thread_affinity(const struct thread *);
unsigned cpu_count(void);      /* CPUs that run threads; waits while some are being started */
unsigned cpu_current(void);
uint64_t thread_cpu_ns(const struct thread *); /* CPU time used */
uint64_t thread_cpu_ns_all(void);              /* by all threads, dead ones too */

/* t's copy of the thread-local variable whose copy of the caller's is at own. */
void *thread_local_of(const struct thread *t, void *own);

/* Sets THREAD_INTERRUPTED and ends t's interruptible wait, if it is in one. t must not end. */
void thread_interrupt(struct thread *t);

/* With its guard page a power of two, of which the page allocator wastes nothing. */
#define THREAD_STACK_DEFAULT (28 * 1024)

/*
 * Makes the boot CPU's flow of control a thread, "boot" (on the boot stack), and prepares the run
 * queues. Needs the heap.
 */
void thread_init(void);

/* The list of all threads, and a visit of each. Neither takes a lock: for a frozen system. */
const struct list *thread_list(void);
void thread_for_each(void (*visit)(const struct thread *, void *arg), void *arg);
/* The same with the list locked, while the system runs: visit must not sleep. */
void thread_for_each_locked(void (*visit)(const struct thread *, void *arg), void *arg);

/* The scheduler's own, for futex.c, thread.c and interrupt exit. */
int sched_init(struct cpu *, struct thread *running, struct thread *idle); /* 0 or -ENOMEM */
void sched_block(void);                     /* current is THREAD_BLOCKED, interrupts are off */
void sched_make_runnable(struct thread *);  /* callable from interrupt handlers */
bool sched_preempt_needed(void);            /* asked by the interrupt exit path */
void sched_preempt(void);                   /* on the preempted thread's stack, interrupts off */
_Noreturn void sched_exit(void);            /* current is THREAD_DEAD already, interrupts are off */
void sched_start(void);                     /* a new thread ends the switch to it first of all */
_Noreturn void sched_idle(void *);          /* what an idle thread runs, */
_Noreturn void sched_idle_loop(void);       /* or a CPU that begins as its idle thread */
void sched_interrupt(void);                 /* another CPU's cpu_kick() */
void thread_reap(struct thread *);          /* has left its stack for good; interrupts are off */
int thread_init_cpu(struct cpu *);          /* for a CPU to be started; 0 or -ENOMEM */
