/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPUID's answers, and the control bits that follow from them. Source: Intel SDM volume 2, CPUID;
 * volume 3, 2.5.
 */
#include "kernel/x86_64/features.h"
#include "kernel/x86_64/fpu.h"
#include "kernel/x86_64/regs.h"
#include <stdint.h>

struct cpu_features cpu_features;

static bool bit(uint32_t word, unsigned n)
{
	return word >> n & 1;
}

static void detect_standard(void)
{
	uint32_t last = cpuid(0, 0).eax;
	struct cpuid leaf1 = cpuid(1, 0);

	cpu_features.x2apic = bit(leaf1.ecx, 21);
	cpu_features.tsc_deadline = bit(leaf1.ecx, 24);
	cpu_features.xsave = bit(leaf1.ecx, 26);
	cpu_features.rdrand = bit(leaf1.ecx, 30);
	if (last >= 7) {
		struct cpuid leaf7 = cpuid(7, 0);

		cpu_features.fsgsbase = bit(leaf7.ebx, 0);
		cpu_features.smep = bit(leaf7.ebx, 7);
		cpu_features.rdseed = bit(leaf7.ebx, 18);
		cpu_features.smap = bit(leaf7.ebx, 20);
		cpu_features.umip = bit(leaf7.ecx, 2);
	}
}

static void detect_extended(void)
{
	uint32_t last = cpuid(0x80000000, 0).eax;

	cpu_features.page1g = bit(cpuid(0x80000001, 0).edx, 26);
	cpu_features.physical_bits = last >= 0x80000008 ? cpuid(0x80000008, 0).eax & 0xff : 36;
}

void features_detect(void)
{
	detect_standard();
	detect_extended();
}

void features_enable(void)
{
	const struct cpu_features *f = &cpu_features;

	write_cr4(read_cr4() | (f->fsgsbase ? CR4_FSGSBASE : 0) | (f->smep ? CR4_SMEP : 0) |
		  (f->smap ? CR4_SMAP : 0) | (f->umip ? CR4_UMIP : 0) | (f->xsave ? CR4_OSXSAVE : 0));
	fpu_enable();
}
