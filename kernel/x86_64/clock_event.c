/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one-shot event timer: the local APIC's, by TSC deadline where that is offered and the TSC's
 * rate is known, else by a count. Where nobody tells the count's rate it is guessed low, so that
 * the interrupt comes early, and learned from every count that has run; an early interrupt costs
 * another programming and nothing else.
 */
#include "kernel/clock.h"
#include "kernel/timer.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/clock.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/regs.h"

#define SLOWEST_APIC_HZ 24000000          /* the crystal of current CPUs; hypervisors count at 1 GHz */
#define LONGEST_NS      (3600 * NS_PER_S) /* keeps products in range; what is due later comes again */
#define CLOCK_STEP_NS   1000              /* the coarsest reference clock's, rounded up */
#define LEARN_ENOUGH_NS (100 * NS_PER_MS)

static bool deadline_mode;
static bool rate_known;
static bool spent;            /* the timer has fired and was not programmed since */
static uint64_t ticks_per_ns; /* 32.32 */

static struct {
	uint64_t at_ns;
	uint32_t count;   /* 0: nothing programmed */
} programmed;

static void set_rate(uint64_t hz)
{
	ticks_per_ns = scale_factor(NS_PER_S, hz);
}

void clock_event_init(void)
{
	uint64_t tsc_hz = clock_tsc_hz(), apic_hz = apic_hz_from_cpuid();

	deadline_mode = cpu_features.tsc_deadline && tsc_hz;
	if (deadline_mode) {
		lapic_timer_deadline_mode();
		set_rate(tsc_hz);
		return;
	}
	lapic_timer_count_mode();
	rate_known = apic_hz != 0;
	set_rate(rate_known ? apic_hz : SLOWEST_APIC_HZ);
	clock_event_program(UINT64_MAX);
}

/*
 * A count that has run out tells a lower bound of the rate, since nobody knows for how long it has;
 * one still running tells the rate. The remainder was read before the clock, and the clock's step
 * is allowed for, so neither is ever too much, and the largest is the best. A long count that
 * teaches nothing new ends the lessons.
 */
static void learn_rate(uint32_t remaining, uint64_t now_ns)
{
	uint64_t elapsed = now_ns - programmed.at_ns;
	uint64_t seen = scale_factor(elapsed + CLOCK_STEP_NS, programmed.count - remaining);

	rate_known = elapsed >= LEARN_ENOUGH_NS && seen <= ticks_per_ns + (ticks_per_ns >> 10);
	if (seen > ticks_per_ns)
		ticks_per_ns = seen;
}

static void program_count(uint64_t now_ns, uint64_t ticks)
{
	programmed.at_ns = now_ns;
	programmed.count = ticks < UINT32_MAX ? ticks : UINT32_MAX;
	lapic_timer_start(programmed.count);
}

static uint64_t ticks_until(uint64_t deadline_ns, uint64_t now_ns)
{
	uint64_t wait = deadline_ns > now_ns ? deadline_ns - now_ns : 0;

	if (deadline_ns == UINT64_MAX)
		return 0;
	return scale(wait < LONGEST_NS ? wait : LONGEST_NS, ticks_per_ns) + 1;
}

void clock_event_program(uint64_t deadline_ns)
{
	unsigned long flags = cpu_irq_save();
	bool learning = !deadline_mode && !rate_known && programmed.count;
	uint32_t remaining = learning ? lapic_timer_remaining() : 0;
	uint64_t now_ns = clock_now_ns(), reading_ns = clock_wants_reading_ns(), ticks;

	if (learning)
		learn_rate(remaining, now_ns);
	ticks = ticks_until(deadline_ns < reading_ns ? deadline_ns : reading_ns, now_ns);
	if (deadline_mode)
		wrmsr(MSR_TSC_DEADLINE, ticks ? cpu_tsc() + ticks : 0);
	else
		program_count(now_ns, ticks);
	spent = false;
	cpu_irq_restore(flags);
}

/*
 * Without a waiting timer nothing is programmed again, yet an early interrupt must not end the
 * clock's own wish for a reading.
 */
void clock_event_interrupt(void)
{
	spent = true;
	timer_interrupt();
	if (spent && clock_wants_reading_ns() != UINT64_MAX)
		clock_event_program(UINT64_MAX);
}
