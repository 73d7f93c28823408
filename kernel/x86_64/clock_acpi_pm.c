/* SPDX-License-Identifier: BSD-2-Clause */
/* The ACPI power management timer: one port, 3.579545 MHz. Source: ACPI 6.5, 4.8.3.3. */
#include "kernel/acpi.h"
#include "kernel/x86_64/clock.h"
#include "kernel/x86_64/io.h"
#include <stddef.h>

#define PM_TIMER_HZ 3579545

static uint64_t pm_read(void)
{
	return inl(acpi.pm_timer_port);
}

const struct reference_clock *clock_acpi_pm(void)
{
	static struct reference_clock clock = {
		.name = "acpi_pm", .ns_per_tick = (NS_PER_S << 32) / PM_TIMER_HZ, .read = pm_read,
	};

	clock.mask = acpi.pm_timer_32bit ? 0xffffffff : 0xffffff;
	return acpi.pm_timer_port ? &clock : NULL;
}
