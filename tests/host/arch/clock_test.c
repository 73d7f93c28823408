/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clock and its event timer in a simulated machine: the sources are compiled in here, their
 * rdtsc and their devices replaced by functions of one true time. What must hold: time never goes
 * back and never jumps, and after the measurements it runs right.
 */
#include "kernel/cpu.h"
#include "tests/host/test.h"

static uint64_t sim_tsc(void);
#define cpu_tsc sim_tsc
#include "kernel/x86_64/clock.c"
#include "kernel/x86_64/clock_event.c"
#undef cpu_tsc

/* The machine. A step of true time passes with every register access. */
static double true_ns, tsc_hz, reference_hz, apic_hz;
static double access_ns;

struct cpu_features cpu_features;

static uint64_t sim_tsc(void)
{
	true_ns += 10;
	return 123456789 + (uint64_t)(true_ns * tsc_hz / 1e9);
}

static uint64_t sim_reference(void)
{
	true_ns += access_ns;
	return (uint64_t)(true_ns * reference_hz / 1e9) + 0xfffff0; /* wraps soon */
}

static struct reference_clock sim_clock = { .name = "sim", .read = sim_reference };
static bool sim_absent;

const struct reference_clock *clock_acpi_pm(void) { return NULL; }
const struct reference_clock *clock_hpet(void) { return NULL; }
const struct reference_clock *clock_pit(void) { return sim_absent ? NULL : &sim_clock; }
uint64_t tsc_hz_from_cpuid(void) { return 0; }
uint64_t apic_hz_from_cpuid(void) { return 0; }
bool kvmclock_init(void) { return false; }
uint64_t kvmclock_ns(void) { return 0; }
uint64_t kvmclock_tsc_hz(void) { return 0; }
uint64_t kvmclock_boot_wall_ns(void) { return 0; }
uint64_t rtc_read_s(void) { return 1700000000; }

/* The local APIC's timer. */
static double apic_started_ns;
static uint32_t apic_count;
static unsigned interrupts;
static uint64_t timer_deadline_ns;

void lapic_timer_count_mode(void) { }
void lapic_timer_deadline_mode(void) { }

static double apic_expires_ns(void)
{
	return apic_started_ns + apic_count * 1e9 / apic_hz;
}

void lapic_timer_start(uint32_t count)
{
	true_ns += access_ns;
	apic_started_ns = true_ns;
	apic_count = count;
}

uint32_t lapic_timer_remaining(void)
{
	double left = (apic_expires_ns() - true_ns) * apic_hz / 1e9;

	return left > 0 ? (uint32_t)left : 0;
}

/* What the kernel's timers would do: program the one deadline there is, unless it has come. */
void timer_interrupt(void)
{
	if (timer_deadline_ns != UINT64_MAX && clock_now_ns() < timer_deadline_ns)
		clock_event_program(timer_deadline_ns);
	else
		timer_deadline_ns = UINT64_MAX;
}

/* True time goes on by ns, interrupts included. */
static void run(double ns)
{
	double end = true_ns + ns;

	while (apic_count && apic_expires_ns() <= end) {
		if (true_ns < apic_expires_ns())
			true_ns = apic_expires_ns();
		apic_count = 0;
		interrupts++;
		clock_event_interrupt();
	}
	if (true_ns < end)
		true_ns = end;
}

static double start_ns;

static void start(double tsc, double ref_hz, uint64_t mask, double apic, double access)
{
	true_ns = 1e6;
	tsc_hz = tsc;
	reference_hz = ref_hz;
	apic_hz = apic;
	access_ns = access;
	apic_count = interrupts = 0;
	timer_deadline_ns = UINT64_MAX;
	sim_clock.mask = mask;
	sim_clock.ns_per_tick = (uint64_t)(1e9 / ref_hz * 4294967296.0);
	memset(timebases, 0, sizeof timebases);
	memset(&reference, 0, sizeof reference);
	memset(&shim_cpu.arch.event, 0, sizeof shim_cpu.arch.event);
	measure_at = UINT64_MAX;
	clock_init();
	start_ns = true_ns;
}

static double error_ns(void)
{
	double truth = true_ns - start_ns;

	return (double)clock_now_ns() - truth;
}

/* Looks at the clock for a while: each look later than the last, and as much later as it is. */
static void watch(double ns, double step, double tolerance)
{
	double end = true_ns + ns, asked_before = true_ns;
	uint64_t last = clock_now_ns();

	while (true_ns < end) {
		double asked;
		uint64_t now;

		run(step);
		asked = true_ns;
		now = clock_now_ns();
		CHECK(now >= last);
		CHECK((double)(now - last) < (true_ns - asked_before) * (1 + tolerance) + 2000);
		last = now;
		asked_before = asked;
	}
}

static const struct machine {
	double tsc, reference, apic, access;
	uint64_t mask;
} machines[] = {
	{ 1e9, 1193182, 1e9, 1000, 0xffff },         /* microvm */
	{ 2.4e9, 3579545, 1e9, 1000, 0xffffff },     /* q35 */
	{ 5.1e9, 3579545, 24e6, 50, 0xffffffff },
	{ 3e9, 1e8, 25e6, 500, 0xffffffff },
	{ 1e8, 1193182, 1e8, 3000, 0xffff },
};

#define EACH_MACHINE(m) \
	for (const struct machine *m = machines; m < machines + sizeof machines / sizeof machines[0]; m++)

TEST(never_back_never_a_jump)
{
	EACH_MACHINE(m) {
		start(m->tsc, m->reference, m->mask, m->apic, m->access);
		CHECK_STR(clock_source(), "sim");
		watch(40e6, 1000, 0.01);
		CHECK_STR(clock_source(), "tsc");
		watch(300e6, 100000, 0.01);
		watch(3e9, 3e6, 0.01);
		CHECK(measure_at == UINT64_MAX);
	}
}

TEST(runs_right_after_a_while)
{
	EACH_MACHINE(m) {
		double before;

		start(m->tsc, m->reference, m->mask, m->apic, m->access);
		watch(4e9, 1e6, 0.01);
		CHECK(error_ns() < 1e6 && error_ns() > -1e6);
		before = error_ns();
		run(100e9);
		CHECK(error_ns() - before < 1e6 && error_ns() - before > -1e6); /* 10 ppm */
	}
}

/*
 * Nobody asks for the time: the clock sees to being read, before a short counter has wrapped
 * unseen.
 */
TEST(idle_from_the_start)
{
	EACH_MACHINE(m) {
		start(m->tsc, m->reference, m->mask, m->apic, m->access);
		run(60e9);
		CHECK_STR(clock_source(), "tsc");
		CHECK(error_ns() < 2e6 && error_ns() > -2e6);
		CHECK(interrupts < 40);
	}
}

/* Interrupts stay off for long, as in a start that loads much. */
TEST(deaf_from_the_start)
{
	start(2e9, 3579545, 0xffffff, 1e9, 1000);
	true_ns += 3e9;
	CHECK(error_ns() < 1e6 && error_ns() > -1e6);
	CHECK_STR(clock_source(), "tsc"); /* by that one reading */
	CHECK(error_ns() < 1e6 && error_ns() > -1e6);
}

TEST(deadlines_are_met)
{
	EACH_MACHINE(m) {
		start(m->tsc, m->reference, m->mask, m->apic, m->access);
		for (int i = 0; i < 50; i++) {
			uint64_t deadline = clock_now_ns() + 1000 + (uint64_t)i * i * 100000;
			unsigned before = interrupts;

			timer_deadline_ns = deadline;
			clock_event_program(deadline);
			while (timer_deadline_ns != UINT64_MAX)
				run(1000);
			CHECK(clock_now_ns() >= deadline);
			CHECK(clock_now_ns() - deadline < 100000 + (deadline >> 10));
			CHECK(interrupts - before < 40);
		}
	}
}

TEST(far_deadline_and_none)
{
	start(1e9, 3579545, 0xffffff, 1e9, 1000);
	run(5e9);
	clock_event_program(UINT64_MAX);
	CHECK_EQ(apic_count, 0);
	clock_event_program(UINT64_MAX - 1);
	CHECK(apic_count == UINT32_MAX);
	clock_event_program(0);
	CHECK_EQ(apic_count, 1);
}

TEST(no_reference_at_all)
{
	sim_absent = true;
	start(1e9, 1, 1, 1e9, 1000);
	sim_absent = false;
	run(1e9);
	CHECK_STR(clock_source(), "tsc");
	CHECK(error_ns() < 1e6 && error_ns() > -1e6);
}

TEST_MAIN
