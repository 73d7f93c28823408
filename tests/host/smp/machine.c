/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See machine.h. ThreadSanitizer sees each thread of the machine as a fiber. A switch orders what is before it with what comes after, as one processor's
 * instructions are ordered; between processors only the kernel's own atomics do. What stands in for the wires between them, here, is hidden from it.
 */
#include "tests/host/smp/machine.h"
#include "tests/host/smp/sanitizers.h"
#include "kernel/clock.h"
#include "kernel/cpu.h"
#include "kernel/log.h"
#include "kernel/page.h"
#include "kernel/panic.h"
#include "kernel/random.h"
#include "kernel/spinlock.h"
#include "kernel/thread.h"
#include "kernel/timer.h"
#include "kernel/tracepoint.h"
#include "kernel/vm.h"
#include "kernel/x86_64/arch.h"
#include "kernel/heap.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

unsigned trace_groups; /* nothing is traced */

#define STACK (256ul * 1024) /* and aligned so; threads begin some way below its top */

enum { KICKED = 1 };

#ifdef __SANITIZE_THREAD__
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "halt_on_error=1:second_deadlock_stack=1";
}
#endif

/* --- processors and their interrupts --- */

static struct cpu processors[MACHINE_CPUS];
static __thread struct cpu *processor;

/* Not inline: a thread that was moved must not find the address of its former processor's variable. */
__attribute__((noinline)) struct cpu *this_cpu(void)
{
	__asm__ volatile("");
	return processor;
}

struct thread *cpu_current_thread(void) { return this_cpu()->current; }
bool cpu_preempt_pending(void) { return this_cpu()->preempt_pending; }
void cpu_relax(void) { sched_yield(); }
void cpu_spin(void) { sched_yield(); }
void cpu_irq_disable(void) { this_cpu()->arch.interruptible = false; }

static bool interrupt_waits(const struct cpu *cpu)
{
	return atomic_load_explicit(&cpu->arch.pending, memory_order_relaxed) || clock_now_ns() >= cpu->arch.event_ns;
}

/* What trap_interrupt() does, and trap_entry.S around it. */
static void interrupt(struct cpu *cpu)
{
	cpu->arch.interruptible = false;
	cpu->interrupt_depth++;
	if (atomic_exchange_explicit(&cpu->arch.pending, 0, memory_order_relaxed) & KICKED)
		sched_interrupt();
	if (clock_now_ns() >= cpu->arch.event_ns) {
		cpu->arch.event_ns = UINT64_MAX;
		timer_interrupt();
	}
	cpu->interrupt_depth--;
	if (cpu->current != cpu->idle && sched_preempt_needed())
		sched_preempt();
	this_cpu()->arch.interruptible = true;
}

void cpu_irq_enable(void)
{
	struct cpu *cpu = this_cpu();

	cpu->arch.interruptible = true;
	if (!cpu->interrupt_depth && interrupt_waits(cpu))
		interrupt(cpu);
}

unsigned long cpu_irq_save(void)
{
	struct cpu *cpu = this_cpu();
	unsigned long flags = cpu->arch.interruptible ? CPU_FLAG_IF : 0;

	cpu->arch.interruptible = false;
	return flags;
}

void cpu_irq_restore(unsigned long flags)
{
	if (flags & CPU_FLAG_IF)
		cpu_irq_enable();
}

void cpu_kick(struct cpu *cpu)
{
	atomic_fetch_or_explicit(&cpu->arch.pending, KICKED, memory_order_relaxed);
	syscall(SYS_futex, &cpu->arch.pending, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void cpu_idle(void)
{
	struct cpu *cpu = this_cpu();
	uint64_t now = clock_now_ns(), ns = cpu->arch.event_ns > now ? cpu->arch.event_ns - now : 0;
	struct timespec wait;

	if (ns > 100000000)
		ns = 100000000;
	wait = (struct timespec){ 0, (long)ns };
	if (!interrupt_waits(cpu))
		syscall(SYS_futex, &cpu->arch.pending, FUTEX_WAIT_PRIVATE, 0, &wait, NULL, 0);
	if (interrupt_waits(cpu))
		interrupt(cpu);
	cpu->arch.interruptible = false;
}

void clock_event_program(uint64_t deadline_ns)
{
	this_cpu()->arch.event_ns = deadline_ns;
}

uint64_t clock_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t random_u64(void) { return clock_now_ns() * 0x9e3779b97f4a7c15; }
uint64_t cpu_tsc(void) { return clock_now_ns(); }
uint64_t clock_ticks_to_ns(uint64_t ticks) { return ticks; }

/* --- switches --- */

static __thread struct context *left, *entered;

static __attribute__((noinline)) void set_switch(struct context *from, struct context *to)
{
	left = from;
	entered = to;
}

static __attribute__((noinline)) void arrived(void)
{
	struct context *from = left;
	const void *low = NULL;
	size_t size = 0;

	__sanitizer_finish_switch_fiber(entered->fake_stack, &low, &size);
	if (!from->stack_low) { /* the stack a processor began on */
		from->stack_low = low;
		from->stack_size = size;
	}
}

static __attribute__((noinline)) struct context *entered_now(void)
{
	return entered;
}

static void begin(void)
{
	struct context *c = entered_now();

	arrived();
	c->entry(c->arg);
	abort();
}

/* A stack's first word holds its fiber, which ends with it. */
static void **fiber_of(void *stack_top)
{
	return (void **)(((uintptr_t)stack_top - 1) & -STACK);
}

void context_init(struct context *c, void *stack_top, uint64_t fs_base, void (*entry)(void *), void *arg)
{
	*c = (struct context){ .entry = entry, .arg = arg, .fs_base = fs_base };
	c->stack_low = (char *)fiber_of(stack_top) + 64;
	c->stack_size = (size_t)((char *)stack_top - (char *)c->stack_low);
	c->fiber = *fiber_of(stack_top) = __tsan_create_fiber(0);
	getcontext(&c->uc);
	c->uc.uc_stack.ss_sp = (void *)c->stack_low;
	c->uc.uc_stack.ss_size = c->stack_size;
	makecontext(&c->uc, begin, 0);
}

void context_switch(struct context *save, const struct context *load)
{
	if (!save->fiber)
		save->fiber = __tsan_get_current_fiber();
	set_switch(save, (struct context *)load);
	__sanitizer_start_switch_fiber(&save->fake_stack, load->stack_low, load->stack_size);
	__tsan_switch_to_fiber(load->fiber, 0);
	swapcontext(&save->uc, &load->uc);
	arrived();
}

void *vm_stack_alloc(size_t size, size_t guard)
{
	char *low = aligned_alloc(STACK, STACK);

	(void)guard;
	if (!low)
		return NULL;
	*fiber_of(low + STACK) = NULL;
	return low + STACK - size;
}

void *vm_stack_alloc_anywhere(size_t size, size_t guard)
{
	return vm_stack_alloc(size, guard);
}

void vm_stack_free(void *stack, size_t size, size_t guard)
{
	void **fiber = fiber_of((char *)stack + size);

	(void)guard;
	if (*fiber)
		__tsan_destroy_fiber(*fiber);
	free(fiber);
}

uint64_t tls_create(void **allocation)
{
	*allocation = kmalloc(64);
	return (uint64_t)(uintptr_t)*allocation;
}

void tls_set_current(uint64_t fs_base) { (void)fs_base; }

/* --- the rest of the kernel --- */

int vm_map_ram(uint64_t start, uint64_t end, uint64_t limit)
{
	(void)start, (void)end, (void)limit;
	return 0;
}

void panic(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fprintf(stderr, "panic: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	abort();
}

void log_printf(enum log_level level, const char *fmt, ...)
{
	(void)level, (void)fmt;
}

/* --- start --- */

char *machine_ram;

/* As ap_main() and sched_idle_loop(): a processor begins as its idle thread. */
static void *power_on(void *arg)
{
	struct cpu *cpu = arg;

	processor = cpu;
	cpu->idle->context.fiber = __tsan_get_current_fiber();
	cpu->idle->context.stack_low = NULL;
	atomic_fetch_or(&cpus_online, cpu_bit(cpu));
	sched_idle_loop();
}

static void make_processor(unsigned id)
{
	cpus[id] = &processors[id];
	processors[id].self = cpus[id];
	processors[id].id = id;
	processors[id].arch.event_ns = UINT64_MAX;
}

void machine_start(void)
{
	static bool started;
	pthread_t host;

	if (started)
		return;
	started = true;
	make_processor(0);
	processor = cpus[0];
	machine_ram = mmap(NULL, MACHINE_RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	page_add_range((uintptr_t)machine_ram, MACHINE_RAM);
	thread_init();
	for (unsigned id = 1; id < MACHINE_CPUS; id++) {
		make_processor(id);
		if (thread_init_cpu(cpus[id]) != 0 || pthread_create(&host, NULL, power_on, cpus[id]) != 0)
			abort();
	}
	while (__builtin_popcountll(atomic_load(&cpus_online)) < MACHINE_CPUS)
		sched_yield();
}
