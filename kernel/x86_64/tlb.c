/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TLB shootdown. Source: Intel SDM volume 3, 4.10.4 and 4.10.5.
 *
 * One request at a time, under a lock: who asks names the range and the CPUs that have to answer,
 * interrupts them, and waits until each has taken its bit out of the set. They answer in the
 * interrupt, or, where interrupts are off because they wait for a spinlock (perhaps one that the
 * asker holds), in cpu_spin().
 *
 * A halted CPU is left alone: it leaves `listening` before it halts, and when it wakes it joins
 * again and then compares the generation, which every request has advanced before it looked at
 * `listening`. So either the asker sees it listen or it sees the request. The interrupt that wakes
 * it does that first of all: who sleeps may have put what its handler looks at on a stack whose
 * address was another page's when the CPU last was awake.
 */
#include "kernel/x86_64/tlb.h"
#include "kernel/cpu.h"
#include "kernel/page.h"
#include "kernel/spinlock.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/regs.h"
#include "kernel/x86_64/smp.h"
#include "kernel/x86_64/vectors.h"

#define PAGES_MAX 32u /* beyond that, refilling the whole TLB is cheaper */

static struct spinlock lock = SPINLOCK_INIT;
static struct {
	uint64_t start, end, generation;
} request;
static _Atomic uint64_t awaited;   /* CPUs that have not answered the request */
static _Atomic uint64_t listening = 1; /* CPUs that are awake; the boot CPU is */
_Atomic uint64_t tlb_generation; /* context_switch.S reads it */

static void forget_all(void)
{
	write_cr3(read_cr3());
}

static void forget(uint64_t start, uint64_t end)
{
	if (end - start > PAGES_MAX * PAGE_SIZE) {
		forget_all();
		return;
	}
	for (uint64_t virt = start; virt < end; virt += PAGE_SIZE)
		__asm__ volatile("invlpg (%0)" : : "r"(virt) : "memory");
}

/* Who had missed nothing before the request has missed nothing after it. */
static void carry_out(struct cpu *cpu)
{
	forget(request.start, request.end);
	if (cpu->arch.tlb_seen + 1 == request.generation)
		cpu->arch.tlb_seen = request.generation;
}

void tlb_answer(struct cpu *cpu)
{
	if (!(atomic_load_explicit(&awaited, memory_order_acquire) & cpu_bit(cpu)))
		return;
	carry_out(cpu);
	atomic_fetch_and_explicit(&awaited, ~cpu_bit(cpu), memory_order_release);
}

static void ask(uint64_t set)
{
	atomic_store(&awaited, set);
	for (; set; set &= set - 1)
		lapic_send(cpus[__builtin_ctzll(set)]->arch.apic_id, VECTOR_TLB);
	while (atomic_load_explicit(&awaited, memory_order_acquire))
		cpu_relax();
}

void tlb_flush_range(uint64_t start, uint64_t len)
{
	irq_state s = spin_lock(&lock);
	struct cpu *cpu = this_cpu();

	request.start = page_align_down(start);
	request.end = page_align_up(start + len);
	request.generation = atomic_fetch_add(&tlb_generation, 1) + 1;
	carry_out(cpu);
	ask(atomic_load(&listening) & ~cpu_bit(cpu));
	spin_unlock(&lock, s);
}

void tlb_flush_later(void)
{
	atomic_fetch_add(&tlb_generation, 1);
}

void tlb_catch_up(struct cpu *cpu)
{
	uint64_t now = atomic_load(&tlb_generation);

	if (cpu->arch.tlb_seen == now)
		return;
	cpu->arch.tlb_seen = now;
	forget_all();
}

void tlb_listen(struct cpu *cpu)
{
	atomic_fetch_or(&listening, cpu_bit(cpu));
	tlb_catch_up(cpu);
}

void tlb_ignore(struct cpu *cpu)
{
	atomic_fetch_and(&listening, ~cpu_bit(cpu));
}
