/* SPDX-License-Identifier: BSD-2-Clause */
/* What tracing needs in an image that has no tracer (kernel/tracepoint.h). */
#include "kernel/tracepoint.h"
#include "kernel/x86_64/cpu.h"

unsigned trace_groups;
uint64_t boot_phase_tsc[PHASE_COUNT];

void boot_phase(enum boot_phase phase)
{
	boot_phase_tsc[phase] = cpu_tsc();
}
