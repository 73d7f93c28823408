/* SPDX-License-Identifier: BSD-2-Clause */
/* What this CPU offers beyond the baseline (64-bit mode, NX, SSE2), found once. */
#pragma once

#include <stdbool.h>

struct cpu_features {
	bool fsgsbase, smep, smap, umip, xsave, x2apic, tsc_deadline, rdrand, rdseed, page1g;
	unsigned physical_bits;
};

extern struct cpu_features cpu_features;

void features_detect(void);
void features_enable(void); /* on each CPU: CR4's protection bits, XCR0 */
