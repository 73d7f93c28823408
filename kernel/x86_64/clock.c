/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Monotonic time (kernel/clock.h). Where CPUID tells the TSC's rate it is the clock; else KVM's
 * clock; else a reference clock is read directly until the TSC has run beside it long enough to be
 * measured, and again later for more digits. Nobody waits for that: whoever asks for the time once
 * a measurement is due makes it.
 *
 * Readers take no lock on the TSC: two time bases, of which the generation number's low bit names
 * the valid one, make a change atomic even for a reader in an interrupt or a panic.
 */
#include "kernel/clock.h"
#include "kernel/log.h"
#include "kernel/spinlock.h"
#include "kernel/x86_64/clock.h"

#define MEASURE_FIRST_NS (20 * NS_PER_MS)
#define MEASURE_LAST_NS  (2 * NS_PER_S)
#define MEASURE_FACTOR   10
#define UNWRAP_BITS      9 /* the first measurement is good to more, so that many wraps can be told apart */

struct timebase {
	uint64_t tsc, ns;
	uint64_t ns_per_tick; /* 32.32 */
};

static struct timebase timebases[2];
static atomic_uint generation;

static uint64_t not_started(void)
{
	return 0;
}

static uint64_t (*_Atomic source)(void) = not_started;
static const char *source_name = "none";

/* Guarded by lock, except measure_at, which readers of the TSC look at. */
static struct spinlock lock = SPINLOCK_INIT;
static struct {
	const struct reference_clock *clock;
	uint64_t first, last;   /* raw values: at clock_init(), and when last read */
	uint64_t ticks;         /* since clock_init() */
	uint64_t first_tsc;
} reference;
static _Atomic uint64_t measure_at = UINT64_MAX;

static struct timebase timebase_get(void)
{
	struct timebase t;
	unsigned g;

	do {
		g = atomic_load_explicit(&generation, memory_order_acquire);
		t = timebases[g & 1];
		atomic_thread_fence(memory_order_acquire);
	} while (atomic_load_explicit(&generation, memory_order_relaxed) != g);
	return t;
}

static void timebase_set(struct timebase t)
{
	unsigned g = atomic_load_explicit(&generation, memory_order_relaxed) + 1;

	timebases[g & 1] = t;
	atomic_store_explicit(&generation, g, memory_order_release);
}

/* RDTSC may run ahead of the load of a new base: not before it, then. */
static uint64_t timebase_ns(const struct timebase *t, uint64_t tsc)
{
	return tsc > t->tsc ? t->ns + scale(tsc - t->tsc, t->ns_per_tick) : t->ns;
}

/*
 * The reference's raw value, and in *tsc the TSC at that moment: of a few tries the one that took
 * least.
 */
static uint64_t sample(uint64_t *tsc)
{
	uint64_t best = UINT64_MAX, raw = 0;

	for (int i = 0; i < 3; i++) {
		uint64_t before = cpu_tsc();
		uint64_t value = reference.clock->read();
		uint64_t took = cpu_tsc() - before;

		if (took >= best)
			continue;
		best = took;
		raw = value;
		*tsc = before + took / 2;
	}
	return raw;
}

static void advance_reference(uint64_t raw)
{
	reference.ticks += (raw - reference.last) & reference.clock->mask;
	reference.last = raw;
}

static uint64_t reference_ns(void)
{
	return scale(reference.ticks, reference.clock->ns_per_tick);
}

static uint64_t measured_factor(uint64_t tsc)
{
	return scale_factor(tsc - reference.first_tsc, reference_ns());
}

static void schedule_next_measurement(void)
{
	uint64_t next = measure_at * MEASURE_FACTOR;

	measure_at = next <= MEASURE_LAST_NS ? next : UINT64_MAX;
}

/*
 * Time goes on from what the clock says now, at the better rate: no jump, only the slope changes.
 */
static void refine_timebase(void)
{
	struct timebase t = timebase_get();
	uint64_t tsc, raw = sample(&tsc), expected;

	t.ns = timebase_ns(&t, tsc);
	t.tsc = tsc;
	expected = scale(t.ns, UINT64_MAX / reference.clock->ns_per_tick);
	if (expected >> UNWRAP_BITS <= reference.clock->mask) {
		reference.ticks = clock_unwrap(raw - reference.first, expected, reference.clock->mask);
		t.ns_per_tick = measured_factor(tsc);
		timebase_set(t);
	}
	schedule_next_measurement();
}

static void refine(void)
{
	irq_state s = spin_lock(&lock);
	struct timebase t = timebase_get();

	if (timebase_ns(&t, cpu_tsc()) >= measure_at)
		refine_timebase();
	spin_unlock(&lock, s);
}

static uint64_t tsc_now(void)
{
	struct timebase t = timebase_get();
	uint64_t ns = timebase_ns(&t, cpu_tsc());

	if (ns >= measure_at)
		refine();
	return ns;
}

static void switch_to_tsc(void)
{
	uint64_t tsc;

	advance_reference(sample(&tsc));
	timebase_set((struct timebase){
		.tsc = tsc, .ns = reference_ns(), .ns_per_tick = measured_factor(tsc),
	});
	schedule_next_measurement();
	source_name = "tsc";
	source = tsc_now;
}

/* Another CPU may have switched while this one waited for the lock. */
static uint64_t reference_now(void)
{
	irq_state s = spin_lock(&lock);
	bool switched = source != reference_now;
	uint64_t ns = 0;

	if (!switched) {
		advance_reference(reference.clock->read());
		ns = reference_ns();
		if (ns >= measure_at)
			switch_to_tsc();
	}
	spin_unlock(&lock, s);
	return switched ? tsc_now() : ns;
}

static bool start_reference(void)
{
	const struct reference_clock *c = clock_acpi_pm();

	if (!c)
		c = clock_hpet();
	if (!c)
		c = clock_pit();
	if (!c)
		return false;
	reference.clock = c;
	reference.first = reference.last = sample(&reference.first_tsc);
	measure_at = MEASURE_FIRST_NS;
	source_name = c->name;
	source = reference_now;
	return true;
}

/* KVM counts from its own start. */
static uint64_t kvmclock_base;

static uint64_t kvmclock_now(void)
{
	return kvmclock_ns() - kvmclock_base;
}

static void start_tsc(uint64_t hz)
{
	timebase_set((struct timebase){ .tsc = cpu_tsc(), .ns_per_tick = (NS_PER_S << 32) / hz });
	source_name = "tsc";
	source = tsc_now;
}

static void start_kvmclock(void)
{
	kvmclock_base = kvmclock_ns();
	source_name = "kvmclock";
	source = kvmclock_now;
}

void clock_init(void)
{
	uint64_t hz = tsc_hz_from_cpuid();

	if (hz) {
		start_tsc(hz);
	} else if (kvmclock_init()) {
		start_kvmclock();
	} else if (!start_reference()) {
		log_warn("clock: no timer to measure the TSC against, taking it for 1 GHz");
		start_tsc(NS_PER_S);
	}
	clock_event_init();
}

uint64_t clock_now_ns(void)
{
	return source();
}

/*
 * While a reference clock is being read the TSC's rate is what it has shown since the start; before
 * any of that is known, it counts nanoseconds.
 */
static uint64_t factor_so_far(void)
{
	uint64_t hz = clock_tsc_hz(), factor = 1ull << 32;
	irq_state s;

	if (hz)
		return (NS_PER_S << 32) / hz;
	s = spin_lock(&lock);
	if (reference_ns())
		factor = measured_factor(cpu_tsc());
	spin_unlock(&lock, s);
	return factor;
}

uint64_t clock_ticks_to_ns(uint64_t ticks)
{
	clock_now_ns(); /* measures the TSC if that is due */
	return scale(ticks, factor_so_far());
}

const char *clock_source(void)
{
	return source_name;
}

uint64_t clock_wants_reading_ns(void)
{
	return measure_at;
}

uint64_t clock_tsc_hz(void)
{
	if (source == kvmclock_now)
		return kvmclock_tsc_hz();
	return source == tsc_now ? (NS_PER_S << 32) / timebase_get().ns_per_tick : 0;
}

uint64_t clock_boot_wall_ns(void)
{
	uint64_t rtc;

	if (source == kvmclock_now)
		return kvmclock_boot_wall_ns() + kvmclock_base;
	rtc = rtc_read_s() * NS_PER_S;
	return rtc ? rtc - clock_now_ns() : 0;
}
