/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one-shot event timer of each CPU: the local APIC's, by TSC deadline where that is offered and
 * the TSC's rate is known, else by a count. Where nobody tells the count's rate it is guessed low,
 * so that the interrupt comes early, and learned from every count that has run; an early interrupt
 * costs another programming and nothing else. All CPUs' counts run at one rate, and what one learns
 * serves all: that two learn at once may lose the smaller lesson, which comes again.
 */
#include "kernel/clock.h"
#include "kernel/cpu.h"
#include "kernel/timer.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/clock.h"
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/regs.h"

#define SLOWEST_APIC_HZ 24000000          /* the crystal of current CPUs; hypervisors count at 1 GHz */
#define LONGEST_NS      (3600 * NS_PER_S) /* keeps products in range; what is due later comes again */
#define CLOCK_STEP_NS   1000              /* the coarsest reference clock's, rounded up */
#define LEARN_ENOUGH_NS (100 * NS_PER_MS)

static bool deadline_mode;
static atomic_bool rate_known;
static _Atomic uint64_t ticks_per_ns; /* 32.32 */

static void set_rate(uint64_t hz)
{
	ticks_per_ns = scale_factor(NS_PER_S, hz);
}

void clock_event_init_cpu(void)
{
	if (deadline_mode) {
		lapic_timer_deadline_mode();
		return;
	}
	lapic_timer_count_mode();
	clock_event_program(UINT64_MAX);
}

void clock_event_init(void)
{
	uint64_t tsc_hz = clock_tsc_hz(), apic_hz = apic_hz_from_cpuid();

	deadline_mode = cpu_features.tsc_deadline && tsc_hz;
	rate_known = apic_hz != 0;
	if (deadline_mode)
		set_rate(tsc_hz);
	else
		set_rate(rate_known ? apic_hz : SLOWEST_APIC_HZ);
	clock_event_init_cpu();
}

/*
 * A count that has run out tells a lower bound of the rate, since nobody knows for how long it has;
 * one still running tells the rate. The remainder was read before the clock, and the clock's step
 * is allowed for, so neither is ever too much, and the largest is the best. A long count that
 * teaches nothing new ends the lessons.
 */
static void learn_rate(const struct cpu_arch *cpu, uint32_t remaining, uint64_t now_ns)
{
	uint64_t elapsed = now_ns - cpu->event.at_ns, rate = ticks_per_ns;
	uint64_t seen = scale_factor(elapsed + CLOCK_STEP_NS, cpu->event.count - remaining);

	if (elapsed >= LEARN_ENOUGH_NS && seen <= rate + (rate >> 10))
		rate_known = true;
	if (seen > rate)
		ticks_per_ns = seen;
}

static void program_count(struct cpu_arch *cpu, uint64_t now_ns, uint64_t ticks)
{
	cpu->event.at_ns = now_ns;
	cpu->event.count = ticks < UINT32_MAX ? ticks : UINT32_MAX;
	lapic_timer_start(cpu->event.count);
}

static uint64_t ticks_until(uint64_t deadline_ns, uint64_t now_ns)
{
	uint64_t wait = deadline_ns > now_ns ? deadline_ns - now_ns : 0;

	if (deadline_ns == UINT64_MAX)
		return 0;
	return scale(wait < LONGEST_NS ? wait : LONGEST_NS, ticks_per_ns) + 1;
}

/* The clock's wish for a reading is the boot CPU's to fulfil; the others may sleep. */
static uint64_t reading_wanted_ns(const struct cpu *cpu)
{
	return cpu->id == 0 ? clock_wants_reading_ns() : UINT64_MAX;
}

void clock_event_program(uint64_t deadline_ns)
{
	unsigned long flags = cpu_irq_save();
	struct cpu *cpu = this_cpu();
	bool learning = !deadline_mode && !rate_known && cpu->arch.event.count;
	uint32_t remaining = learning ? lapic_timer_remaining() : 0;
	uint64_t now_ns = clock_now_ns(), reading_ns = reading_wanted_ns(cpu), ticks;

	if (learning)
		learn_rate(&cpu->arch, remaining, now_ns);
	ticks = ticks_until(deadline_ns < reading_ns ? deadline_ns : reading_ns, now_ns);
	if (deadline_mode)
		wrmsr(MSR_TSC_DEADLINE, ticks ? cpu_tsc() + ticks : 0);
	else
		program_count(&cpu->arch, now_ns, ticks);
	cpu->arch.event.spent = false;
	cpu_irq_restore(flags);
}

/*
 * Without a waiting timer nothing is programmed again, yet an early interrupt must not end the
 * clock's own wish for a reading.
 */
void clock_event_interrupt(void)
{
	struct cpu *cpu = this_cpu();

	cpu->arch.event.spent = true;
	cpu->arch.event.interrupts++;
	timer_interrupt();
	if (cpu->arch.event.spent && reading_wanted_ns(cpu) != UINT64_MAX)
		clock_event_program(UINT64_MAX);
}
