/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rates that CPUID tells. Sources: Intel SDM volume 3, 18.7.3 (leaves 0x15 and 0x16); the generic
 * hypervisor leaf 0x40000010, which VMware introduced and KVM's users copy: EAX is the TSC's rate,
 * EBX the APIC timer's, both in kHz.
 */
#include "kernel/x86_64/clock.h"
#include "kernel/x86_64/regs.h"

#define LEAF_TSC        0x15
#define LEAF_FREQUENCY  0x16
#define LEAF_HYPERVISOR 0x40000000
#define LEAF_TIMING     0x40000010
#define HYPERVISOR_BIT  (1u << 31)

static struct cpuid timing_leaf(void)
{
	if (!(cpuid(1, 0).ecx & HYPERVISOR_BIT) || cpuid(LEAF_HYPERVISOR, 0).eax < LEAF_TIMING)
		return (struct cpuid){ 0 };
	return cpuid(LEAF_TIMING, 0);
}

/*
 * The crystal behind TSC and APIC timer: told, or derived from the base frequency, which is the
 * TSC's rounded to MHz.
 */
static uint64_t crystal_hz(const struct cpuid *tsc)
{
	if (tsc->ecx || cpuid(0, 0).eax < LEAF_FREQUENCY)
		return tsc->ecx;
	return (cpuid(LEAF_FREQUENCY, 0).eax & 0xffff) * 1000000ull * tsc->eax / tsc->ebx;
}

static struct cpuid tsc_leaf(void)
{
	struct cpuid r = { 0 };

	if (cpuid(0, 0).eax >= LEAF_TSC)
		r = cpuid(LEAF_TSC, 0);
	return r.eax && r.ebx ? r : (struct cpuid){ 0 };
}

uint64_t tsc_hz_from_cpuid(void)
{
	uint64_t khz = timing_leaf().eax;
	struct cpuid tsc;

	if (khz)
		return khz * 1000;
	tsc = tsc_leaf();
	return tsc.eax ? crystal_hz(&tsc) * tsc.ebx / tsc.eax : 0;
}

uint64_t apic_hz_from_cpuid(void)
{
	uint64_t khz = timing_leaf().ebx;
	struct cpuid tsc;

	if (khz)
		return khz * 1000;
	tsc = tsc_leaf();
	return tsc.eax ? crystal_hz(&tsc) : 0;
}
