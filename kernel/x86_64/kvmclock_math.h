/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arithmetic of KVM's clock page. Source: Linux' Documentation/virt/kvm/x86/msr.rst,
 * MSR_KVM_SYSTEM_TIME_NEW.
 */
#pragma once

#include "kernel/x86_64/clock.h"
#include <assert.h>

#define PVCLOCK_TSC_STABLE 1

struct pvclock {
	uint32_t version, padding0;
	uint64_t tsc_timestamp, system_time;
	uint32_t tsc_to_system_mul;   /* 0.32 fixed point, of ticks shifted by tsc_shift */
	int8_t tsc_shift;
	uint8_t flags, padding[2];
};

static_assert(sizeof(struct pvclock) == 32, "pvclock_vcpu_time_info");

static inline uint64_t pvclock_ns(const struct pvclock *p, uint64_t tsc)
{
	uint64_t delta = tsc - p->tsc_timestamp;

	delta = p->tsc_shift >= 0 ? delta << p->tsc_shift : delta >> -p->tsc_shift;
	return p->system_time + scale(delta, p->tsc_to_system_mul);
}

/* ticks/s = 10^9 * 2^32 / mul / 2^shift */
static inline uint64_t pvclock_tsc_hz(const struct pvclock *p)
{
	uint64_t hz = p->tsc_to_system_mul ? (NS_PER_S << 32) / p->tsc_to_system_mul : 0;

	return p->tsc_shift >= 0 ? hz >> p->tsc_shift : hz << -p->tsc_shift;
}
