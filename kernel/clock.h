/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time. Monotonic nanoseconds since boot from the best source there is (kvmclock or TSC with a known rate; else the ACPI PM timer, HPET or PIT until the
 * TSC has been measured against it in passing); nothing on the boot path waits to calibrate.
 */
#pragma once

#include <stdint.h>

void clock_init(void);           /* after ACPI tables are known; never waits */
uint64_t clock_now_ns(void);     /* monotonic; callable from anywhere, 0 before clock_init() */
uint64_t clock_ticks_to_ns(uint64_t ticks); /* a difference of TSC values */
uint64_t clock_wall_ns(void);    /* nanoseconds since 1970-01-01 UTC (kvmclock or RTC, read once on first use) */
void clock_set_wall_ns(uint64_t);
const char *clock_source(void);  /* "tsc", "kvmclock", "acpi_pm", "hpet", "pit" */

/* The one-shot event timer of this CPU (TSC deadline or LAPIC count): interrupt at deadline_ns, UINT64_MAX: none. */
void clock_event_program(uint64_t deadline_ns);
