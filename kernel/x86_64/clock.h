/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clocks of this processor. Ticks become nanoseconds by a 32.32 fixed-point factor and a 128-bit
 * product, which is one instruction. A reference clock is slow to read and well known in rate; the
 * TSC is the opposite.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_S  1000000000ull
#define NS_PER_MS 1000000ull

/* value * factor, factor in 32.32 fixed point. */
static inline uint64_t scale(uint64_t value, uint64_t factor)
{
	return (uint64_t)((unsigned __int128)value * factor >> 32);
}

/*
 * to / from as a 32.32 factor. Both lose low bits together where the quotient's dividend would not
 * fit.
 */
static inline uint64_t scale_factor(uint64_t from, uint64_t to)
{
	while (to >> 32) {
		to >>= 1;
		from >>= 1;
	}
	return (to << 32) / (from ? from : 1);
}

/* A counter's value raw, known modulo mask + 1, as the number nearest to what is expected. */
static inline uint64_t clock_unwrap(uint64_t raw, uint64_t expected, uint64_t mask)
{
	uint64_t ahead = (raw - expected) & mask;

	return expected + ahead - (ahead > mask / 2 ? mask + 1 : 0);
}

struct reference_clock {
	const char *name;
	uint64_t mask;            /* counts up, modulo mask + 1 */
	uint64_t ns_per_tick;     /* 32.32 */
	uint64_t (*read)(void);
};

/* Each returns NULL where the machine has none. */
const struct reference_clock *clock_acpi_pm(void);
const struct reference_clock *clock_hpet(void);
const struct reference_clock *clock_pit(void);

uint64_t tsc_hz_from_cpuid(void);    /* 0: the CPU does not tell */
uint64_t apic_hz_from_cpuid(void);   /* of the local APIC's timer, likewise */

/* KVM's paravirtual clock. */
bool kvmclock_init(void);            /* false: not offered */
uint64_t kvmclock_ns(void);
uint64_t kvmclock_tsc_hz(void);
uint64_t kvmclock_boot_wall_ns(void); /* wall clock when kvmclock_ns() was 0 */

uint64_t rtc_read_s(void);           /* seconds since 1970; 0: no clock */
uint64_t clock_boot_wall_ns(void);   /* wall clock when clock_now_ns() was 0, as the machine tells it */

/* How fast the TSC is; 0: not known yet. */
uint64_t clock_tsc_hz(void);

/*
 * While the clock runs on a reference: when it wants to be read next, so that the TSC gets measured
 * and the reference does not wrap unseen. Else UINT64_MAX.
 */
uint64_t clock_wants_reading_ns(void);

void clock_event_init(void);         /* on the boot CPU; on each other one: */
void clock_event_init_cpu(void);
void clock_event_interrupt(void);
