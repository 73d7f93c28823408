/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * KVM's clock: the host keeps, in a page of ours, the time at some TSC value and the TSC's rate.
 * Source: Linux' Documentation/virt/kvm/x86/msr.rst and cpuid.rst, which define the interface.
 */
#include "kernel/spinlock.h"
#include "kernel/x86_64/clock.h"
#include "kernel/x86_64/kvmclock_math.h"
#include "kernel/x86_64/regs.h"
#include <string.h>

#define LEAF_KVM            0x40000000
#define LEAF_KVM_FEATURES   0x40000001
#define FEATURE_CLOCKSOURCE2 (1u << 3)
#define SYSTEM_TIME_ENABLE  1
#define HYPERVISOR_BIT      (1u << 31)

struct pvclock_wall_clock {
	uint32_t version, sec, nsec;
};

/* The host writes it; it must not cross a page. */
static volatile struct pvclock page __attribute__((aligned(64)));
static volatile struct pvclock_wall_clock wall __attribute__((aligned(64)));
static _Atomic uint64_t last_ns;

static bool offered(void)
{
	struct cpuid id;

	if (!(cpuid(1, 0).ecx & HYPERVISOR_BIT))
		return false;
	id = cpuid(LEAF_KVM, 0);
	if (memcmp(&id.ebx, "KVMK", 4) != 0 || memcmp(&id.ecx, "VMKV", 4) != 0 ||
	    memcmp(&id.edx, "M\0\0\0", 4) != 0)
		return false;
	return cpuid(LEAF_KVM_FEATURES, 0).eax & FEATURE_CLOCKSOURCE2;
}

bool kvmclock_init(void)
{
	if (!offered())
		return false;
	wrmsr(MSR_KVM_SYSTEM_TIME, (uintptr_t)&page | SYSTEM_TIME_ENABLE);
	return page.tsc_to_system_mul != 0;
}

/* The version is odd, or changes, while the host writes. */
static struct pvclock snapshot(void)
{
	struct pvclock copy;
	uint32_t version;

	do {
		version = page.version & ~1u;
		__asm__ volatile("lfence" : : : "memory");
		copy = page;
		__asm__ volatile("lfence" : : : "memory");
	} while (page.version != version);
	return copy;
}

/* Without the host's word that TSCs agree, a later reading could be smaller. */
uint64_t kvmclock_ns(void)
{
	struct pvclock p = snapshot();
	uint64_t now = pvclock_ns(&p, cpu_tsc());
	uint64_t last = atomic_load_explicit(&last_ns, memory_order_relaxed);

	if (p.flags & PVCLOCK_TSC_STABLE)
		return now;
	while (now > last && !atomic_compare_exchange_weak(&last_ns, &last, now))
		;
	return now > last ? now : last;
}

uint64_t kvmclock_tsc_hz(void)
{
	struct pvclock p = snapshot();

	return pvclock_tsc_hz(&p);
}

uint64_t kvmclock_boot_wall_ns(void)
{
	wrmsr(MSR_KVM_WALL_CLOCK, (uintptr_t)&wall);
	return wall.sec * NS_PER_S + wall.nsec;
}
