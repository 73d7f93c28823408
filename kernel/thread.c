/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads: their making and their end. What runs when is sched.c's business.
 *
 * A thread's end: it marks itself dead and switches away; the next thread to run on that CPU reaps
 * it, that is, tells the joiner or, if nobody will join, frees it. `exited` decides between the two
 * exactly once, whichever of detach and death comes first.
 */
#include "kernel/thread.h"
#include "kernel/futex.h"
#include "kernel/heap.h"
#include "kernel/page.h"
#include "kernel/panic.h"
#include "kernel/printf.h"
#include "kernel/random.h"
#include "kernel/spinlock.h"
#include "kernel/timer.h"
#include "kernel/vm.h"
#include "kernel/x86_64/arch.h"
#include <errno.h>
#include <limits.h>
#include <string.h>

#define IDLE_STACK (8 * 1024)
#define GAP_BITS   12

static struct thread boot_thread = {
	.name = "boot", .priority = PRIO_APP, .own_priority = PRIO_APP, .state = THREAD_RUNNING,
	.affinity = UINT64_MAX,
};
static struct thread idle_thread = { .name = "idle" };

static struct list all_threads = LIST_INIT(all_threads);
static struct spinlock all_lock = SPINLOCK_INIT;
static unsigned next_id = 1;

static void all_add(struct thread *t)
{
	irq_state s = spin_lock(&all_lock);

	t->id = next_id++;
	list_push_back(&all_threads, &t->all_node);
	spin_unlock(&all_lock, s);
}

static void all_remove(struct thread *t)
{
	irq_state s = spin_lock(&all_lock);

	list_remove(&t->all_node);
	spin_unlock(&all_lock, s);
}

static void thread_free(struct thread *t)
{
	all_remove(t);
	if (t->guard_size)
		vm_stack_free(t->stack, t->stack_size, t->guard_size);
	kfree(t->tls);
	kfree(t);
}

static void thread_run(void *arg)
{
	struct thread *t = arg;

	sched_start();
	irq_restore(CPU_FLAG_IF);
	t->entry(t->arg);
	thread_exit();
}

/*
 * A stack of our own begins a random bit below its top, at most 1/16 of it. One number is good for
 * five threads: getting it costs more than all else here. Its topmost bit says when it is used up.
 */
static size_t stack_gap(size_t stack_size)
{
	static _Atomic uint64_t numbers;
	uint64_t seen = atomic_load(&numbers), n;

	do
		n = seen >> GAP_BITS ? seen : random_u64() | 1ull << 63;
	while (!atomic_compare_exchange_weak(&numbers, &seen, n >> GAP_BITS));
	return n % (1u << GAP_BITS) % (stack_size / 256) * 16;
}

/* Gives t a stack and a TLS block; false: no memory, and nothing is left behind. */
static bool thread_equip(struct thread *t, const struct thread_stack *stack)
{
	uint64_t fs_base = tls_create(&t->tls);
	size_t gap = 0;

	if (!fs_base)
		return false;
	t->stack = stack->base;
	t->stack_size = stack->size;
	if (!t->stack) {
		t->stack_size = stack->size ? page_align_up(stack->size) : THREAD_STACK_DEFAULT;
		t->guard_size = stack->guard ? stack->guard : PAGE_SIZE;
		t->stack = (stack->anywhere ? vm_stack_alloc_anywhere : vm_stack_alloc)(t->stack_size, t->guard_size);
		gap = stack_gap(t->stack_size);
	}
	if (!t->stack) {
		kfree(t->tls);
		return false;
	}
	context_init(&t->context, (char *)t->stack + t->stack_size - gap, fs_base, thread_run, t);
	return true;
}

struct thread *thread_prepare(const char *name, enum thread_priority priority,
			      struct thread_stack stack, void (*entry)(void *), void *arg)
{
	struct thread *t = kzalloc(sizeof(*t));

	if (!t)
		return NULL;
	strncpy(t->name, name, sizeof(t->name) - 1);
	t->priority = t->own_priority = priority;
	t->entry = entry;
	t->arg = arg;
	t->cpu = cpus[cpu_current()]; /* thread_start() finds a better one */
	t->affinity = UINT64_MAX;
	t->state = THREAD_NEW;
	list_init(&t->run_node);
	if (!thread_equip(t, &stack)) {
		kfree(t);
		return NULL;
	}
	all_add(t);
	return t;
}

void thread_start(struct thread *t)
{
	sched_make_runnable(t);
}

struct thread *thread_create(const char *name, enum thread_priority priority, size_t stack_size,
			     void (*entry)(void *), void *arg)
{
	struct thread *t = thread_prepare(name, priority, (struct thread_stack){ .size = stack_size }, entry, arg);

	if (t)
		thread_start(t);
	return t;
}

void *thread_local_of(const struct thread *t, void *own)
{
	return (char *)own - thread_current()->context.fs_base + t->context.fs_base;
}

void thread_exit(void)
{
	spinlock_none_held();
	cpu_irq_disable();
	thread_current()->state = THREAD_DEAD;
	sched_exit();
}

/*
 * After GONE is stored the joiner may free t at any moment; futex_wake() does not touch the word.
 */
void thread_reap(struct thread *t)
{
	if (atomic_exchange(&t->exited, THREAD_GONE) == THREAD_DETACHED)
		thread_free(t);
	else
		futex_wake(&t->exited, UINT_MAX);
}

void thread_join(struct thread *t)
{
	while (atomic_load(&t->exited) != THREAD_GONE)
		futex_wait(&t->exited, THREAD_ALIVE, DEADLINE_NEVER);
	thread_free(t);
}

void thread_detach(struct thread *t)
{
	unsigned alive = THREAD_ALIVE;

	if (!atomic_compare_exchange_strong(&t->exited, &alive, THREAD_DETACHED))
		thread_free(t);
}

struct thread *thread_current(void)
{
	return cpu_current_thread();
}

void thread_sleep_until(uint64_t deadline_ns)
{
	atomic_uint never = 0;

	while (futex_wait(&never, 0, deadline_ns) != -ETIMEDOUT)
		;
}

/*
 * An idle thread never leaves the kernel, so it can share the first thread's TLS block: all it
 * reads there is the stack canary.
 */
static int idle_init(struct thread *t, struct cpu *cpu)
{
	t->priority = t->own_priority = PRIO_IDLE;
	t->state = THREAD_RUNNABLE;
	t->affinity = cpu_bit(cpu);
	list_init(&t->run_node);
	t->stack_size = IDLE_STACK;
	t->guard_size = PAGE_SIZE;
	t->stack = vm_stack_alloc(IDLE_STACK, t->guard_size);
	if (!t->stack)
		return -ENOMEM;
	context_init(&t->context, (char *)t->stack + IDLE_STACK, boot_thread.context.fs_base,
		     sched_idle, NULL);
	all_add(t);
	return 0;
}

/* The boot CPU's. */
static void first_threads_init(uint64_t fs_base)
{
	tls_set_current(fs_base);
	boot_thread.context.fs_base = fs_base;
	list_init(&boot_thread.run_node);
	all_add(&boot_thread);
	if (idle_init(&idle_thread, this_cpu()) != 0)
		panic("no memory for the idle thread's stack; give the machine more");
}

void thread_init(void)
{
	uint64_t fs_base = tls_create(&boot_thread.tls);

	if (!fs_base)
		panic("no memory for the first thread's TLS; give the machine more");
	first_threads_init(fs_base);
	timer_init(this_cpu());
	sched_init(this_cpu(), &boot_thread, &idle_thread);
	cpu_irq_enable();
}

/* The CPU will begin as its idle thread. What is there already when memory runs out is given back. */
int thread_init_cpu(struct cpu *cpu)
{
	struct thread *idle = kzalloc(sizeof *idle);

	if (!idle)
		return -ENOMEM;
	ksnprintf(idle->name, sizeof idle->name, "idle/%u", cpu->id);
	if (timer_init(cpu) == 0 && sched_init(cpu, idle, idle) == 0 && idle_init(idle, cpu) == 0) {
		idle->state = THREAD_RUNNING;
		return 0;
	}
	kfree(cpu->timer_queue);
	kfree(cpu->run_queue);
	kfree(idle);
	return -ENOMEM;
}

const struct list *thread_list(void)
{
	return &all_threads;
}

void thread_for_each_locked(void (*visit)(const struct thread *, void *arg), void *arg)
{
	irq_state s = spin_lock(&all_lock);

	thread_for_each(visit, arg);
	spin_unlock(&all_lock, s);
}

void thread_for_each(void (*visit)(const struct thread *, void *arg), void *arg)
{
	list_for_each(n, &all_threads)
		visit(container_of(n, struct thread, all_node), arg);
}
