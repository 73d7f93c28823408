/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The HPET's main counter, of which the lower 32 bits are enough. Source: IA-PC HPET specification
 * 1.0a, 2.3.
 */
#include "kernel/acpi.h"
#include "kernel/vm.h"
#include "kernel/x86_64/clock.h"
#include "kernel/x86_64/io.h"
#include <stddef.h>

enum { REG_PERIOD_FS = 0x4, REG_CONFIG = 0x10, REG_COUNTER = 0xf0, CONFIG_ENABLE = 1 };

#define PERIOD_MAX_FS 0x05f5e100 /* 100 ns: more is forbidden, so it is not an HPET */
#define FS_PER_NS     1000000

static volatile char *registers;

static uint64_t hpet_read(void)
{
	return mmio_read32(registers + REG_COUNTER);
}

const struct reference_clock *clock_hpet(void)
{
	static struct reference_clock clock = { .name = "hpet", .mask = 0xffffffff, .read = hpet_read };
	uint32_t period_fs;

	registers = acpi.hpet_address ? vm_map_device(acpi.hpet_address, 0x400) : NULL;
	if (!registers)
		return NULL;
	period_fs = mmio_read32(registers + REG_PERIOD_FS);
	if (period_fs == 0 || period_fs > PERIOD_MAX_FS)
		return NULL;
	mmio_write32(registers + REG_CONFIG, mmio_read32(registers + REG_CONFIG) | CONFIG_ENABLE);
	clock.ns_per_tick = ((uint64_t)period_fs << 32) / FS_PER_NS;
	return &clock;
}
