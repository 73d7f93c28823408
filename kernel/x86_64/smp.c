/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting the other CPUs. Source: Intel SDM volume 3, 8.4.4 (INIT, then start-up IPIs).
 *
 * All are prepared and called at once, without the waits of the SDM's sequence, which no hypervisor
 * and no CPU of this century needs; whoever has not answered after a while is called again by the
 * book. Nobody stays behind for that: this is the boot thread's work beside main().
 */
#include "kernel/x86_64/smp.h"
#include "kernel/acpi.h"
#include "kernel/clock.h"
#include "kernel/debugger.h"
#include "kernel/futex.h"
#include "kernel/log.h"
#include "kernel/page.h"
#include "kernel/thread.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/clock.h"
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/regs.h"
#include "kernel/x86_64/segments.h"
#include "kernel/x86_64/vectors.h"
#include <errno.h>
#include <string.h>

#define ANSWER_NS  (100 * NS_PER_MS)
#define INIT_NS    (10 * NS_PER_MS) /* SDM's: from INIT to the first start-up IPI, */
#define STARTUP_NS (NS_PER_MS / 5)  /* and from there to the second */
#define GIVE_UP_NS (5 * NS_PER_S)

/* A CPU that gets INIT must not be at work: what has begun by itself cannot be recalled. */
enum { STARTING, STARTED, RECALLED, GIVEN_UP };

uint32_t ap_cr3;
uint64_t ap_fs_base;

static atomic_uint started; /* futex: how many have */

static bool advance(struct cpu *cpu, unsigned from, unsigned to)
{
	return atomic_compare_exchange_strong(&cpu->arch.start, &from, to);
}

/* Whoever comes too late halts, where the next INIT finds it. */
void ap_main(struct cpu *cpu)
{
	segments_load(cpu);
	idt_load();
	if (!advance(cpu, STARTING, STARTED))
		cpu_halt();
	features_enable();
	lapic_enable();
	clock_event_init_cpu();
	tlb_listen(cpu);
	if (debugger_cpu_begins)
		debugger_cpu_begins();
	atomic_fetch_or(&cpus_online, cpu_bit(cpu));
	stop_late();
	atomic_fetch_add(&started, 1);
	futex_wake(&started, 1);
	sched_idle_loop();
}

static bool prepare(unsigned id, uint32_t apic_id)
{
	struct cpu *cpu = segments_create();

	if (!cpu)
		return false;
	cpu->id = id;
	cpu->arch.apic_id = apic_id;
	if (thread_init_cpu(cpu) != 0) {
		segments_destroy(cpu);
		return false;
	}
	cpu->arch.stack_top = (uintptr_t)cpu->idle->stack + cpu->idle->stack_size;
	cpus[id] = cpu;
	return true;
}

/* Returns how many CPUs can be called. They get half of the memory at most: the app wants some too. */
static unsigned prepare_all(void)
{
	unsigned id = 0, beyond = acpi.ncpus_beyond;
	size_t keep = page_count_free() / 2;

	for (unsigned i = 0; i < acpi.ncpus; i++) {
		uint32_t apic_id = acpi.cpu_apic_id[i];

		if (apic_id == cpus[0]->arch.apic_id)
			continue;
		if (id + 1 == CPU_MAX)
			beyond++;
		else if (!lapic_reaches(apic_id))
			log_warn("cpu: APIC %u cannot be reached without x2APIC", apic_id);
		else if (page_count_free() < keep || !prepare(id + 1, apic_id))
			log_warn("cpu: no memory to start the CPU with APIC %u", apic_id);
		else
			id++;
	}
	if (beyond)
		log_warn("cpu: %u CPUs beyond the first %u stay idle", beyond, CPU_MAX);
	return id;
}

/* Does something to every CPU that gets from one state to another by it. */
static void call(unsigned from, unsigned to, void (*send)(uint32_t apic_id))
{
	for (unsigned id = 1; cpus[id]; id++) {
		unsigned long flags = cpu_irq_save(); /* one local APIC from both ends */

		if (advance(cpus[id], from, to))
			send(cpus[id]->arch.apic_id);
		cpu_irq_restore(flags);
	}
}

static void send_startup(uint32_t apic_id)
{
	lapic_send_startup(apic_id, real_mode_page());
}

/* True: all have started. */
static bool wait_for(unsigned n, uint64_t ns)
{
	uint64_t deadline = clock_now_ns() + ns;
	unsigned seen;

	while ((seen = atomic_load(&started)) < n)
		if (futex_wait(&started, seen, deadline) == -ETIMEDOUT)
			return false;
	return true;
}

static bool call_all(unsigned n)
{
	call(STARTING, STARTING, lapic_send_init);
	call(STARTING, STARTING, send_startup);
	if (wait_for(n, ANSWER_NS))
		return true;
	call(STARTING, RECALLED, lapic_send_init);
	thread_sleep_until(clock_now_ns() + INIT_NS);
	call(RECALLED, STARTING, send_startup);
	wait_for(n, STARTUP_NS);
	call(STARTING, STARTING, send_startup);
	return wait_for(n, GIVE_UP_NS);
}

static void give_up(uint32_t apic_id)
{
	log_warn("cpu: the CPU with APIC %u does not start", apic_id);
}

static void start_others(void)
{
	unsigned n;

	if (!real_mode_page()) {
		log_warn("cpu: no memory below 640 KiB to start other CPUs from");
		return;
	}
	memcpy((void *)(uintptr_t)real_mode_page(), ap_trampoline, ap_trampoline_end - ap_trampoline);
	ap_cr3 = read_cr3();
	ap_fs_base = cpus[0]->idle->context.fs_base;
	n = prepare_all();
	if (!call_all(n))
		call(STARTING, GIVEN_UP, give_up);
}

void cpus_start(void)
{
	if (acpi.ncpus < 2)
		return;
	thread_yield(); /* main() first */
	start_others();
	cpus_starting(false);
}

void cpu_kick(struct cpu *cpu)
{
	lapic_send(cpu->arch.apic_id, VECTOR_RESCHEDULE);
}

void cpu_spin(void)
{
	cpu_relax();
	tlb_answer(this_cpu());
}

void cpu_idle(void)
{
	struct cpu *cpu = this_cpu();

	tlb_ignore(cpu);
	__asm__ volatile("sti; hlt; cli" : : : "memory"); /* nothing comes between the first two */
	tlb_listen(cpu);
}
