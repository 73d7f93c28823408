/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Break- and watchpoints. Those in memory are an INT3 over an instruction's first byte, there only while
 * the system runs; the processor's four are the same on every CPU.
 */
#include "debug/target/points.h"
#include "kernel/x86_64/debugger/hardware.h"
#include <errno.h>

static struct {
	uint64_t address;         /* 0: free */
	uint8_t original;
	bool planted;
} soft[TARGET_SOFT_MAX];

static struct target_point_info hard[HARDWARE_POINTS]; /* len 0: free */
static uint64_t hard_address[HARDWARE_POINTS], hard_control;

static const uint8_t hardware_kinds[] = {
	[TARGET_HARD_BREAK] = DR7_EXECUTE, [TARGET_WATCH_WRITE] = DR7_WRITE, [TARGET_WATCH_ACCESS] = DR7_ACCESS,
};

void points_lift(void)
{
	debug_points_off();
	for (unsigned i = 0; i < TARGET_SOFT_MAX; i++) {
		if (soft[i].planted)
			target_write(soft[i].address, &soft[i].original, 1);
		soft[i].planted = false;
	}
}

void points_load(void)
{
	debug_points_load(hard_address, hard_control);
}

void points_plant(void)
{
	static const uint8_t opcode = BREAKPOINT_OPCODE;

	for (unsigned i = 0; i < TARGET_SOFT_MAX; i++)
		if (soft[i].address && target_read(soft[i].address, &soft[i].original, 1) == 1)
			soft[i].planted = target_write(soft[i].address, &opcode, 1) == 1;
	points_load();
}

void debugger_cpu_begins(void)
{
	points_load();
}

static int soft_find(uint64_t address)
{
	for (unsigned i = 0; i < TARGET_SOFT_MAX; i++)
		if (soft[i].address == address)
			return (int)i;
	return -1;
}

bool points_soft_at(uint64_t address)
{
	return soft_find(address) >= 0;
}

bool points_hard_at(uint64_t address)
{
	for (unsigned i = 0; i < HARDWARE_POINTS; i++)
		if (hard[i].len && hard[i].kind == TARGET_HARD_BREAK && hard[i].address == address)
			return true;
	return false;
}

/* A CPU may report what it was not asked for (SDM, 17.2.3). */
bool points_hit(uint64_t status, struct target_point_info *info)
{
	for (unsigned i = 0; i < HARDWARE_POINTS; i++) {
		if (!(status >> i & 1) || !hard[i].len)
			continue;
		*info = hard[i];
		return true;
	}
	return false;
}

static int soft_set(uint64_t address)
{
	uint8_t byte;
	int i = soft_find(address);

	if (i >= 0)
		return 0;
	i = soft_find(0);
	if (i < 0)
		return -ENOSPC;
	if (target_read(address, &byte, 1) != 1)
		return -EFAULT;
	soft[i].address = address;
	soft[i].planted = false;
	return 0;
}

/* The processor looks at the low bits of the address as far as the length says. */
static bool fits(enum target_point kind, uint64_t address, unsigned len)
{
	if (kind == TARGET_HARD_BREAK)
		return len == 1;
	return (len == 1 || len == 2 || len == 4 || len == 8) && address % len == 0;
}

static int hard_find(enum target_point kind, uint64_t address, unsigned len)
{
	for (unsigned i = 0; i < HARDWARE_POINTS; i++)
		if (hard[i].len == len && (!len || (hard[i].kind == kind && hard[i].address == address)))
			return (int)i;
	return -1;
}

static void hard_put(unsigned i, struct target_point_info info)
{
	hard[i] = info;
	hard_address[i] = info.address;
	hard_control &= ~(dr7_point(i, DR7_ACCESS, 4) | dr7_point(i, DR7_EXECUTE, 1)); /* all of its bits */
	if (info.len)
		hard_control |= dr7_point(i, hardware_kinds[info.kind], info.len);
}

static int hard_set(enum target_point kind, uint64_t address, unsigned len)
{
	uint8_t byte;
	int i = hard_find(kind, address, len);

	if (i >= 0)
		return 0;
	i = hard_find(kind, 0, 0);
	if (i < 0)
		return -ENOSPC;
	if (target_read(address, &byte, 1) != 1)
		return -EFAULT;
	hard_put(i, (struct target_point_info){ kind, address, len });
	return 0;
}

int target_point_set(enum target_point kind, uint64_t address, unsigned len)
{
	if (kind == TARGET_SOFT_BREAK)
		return soft_set(address);
	if (kind == TARGET_HARD_BREAK)
		len = 1;
	return fits(kind, address, len) ? hard_set(kind, address, len) : -EINVAL;
}

int target_point_clear(enum target_point kind, uint64_t address, unsigned len)
{
	int i;

	if (!address)
		return -ENOENT;
	if (kind == TARGET_SOFT_BREAK) {
		i = soft_find(address);
		if (i >= 0)
			soft[i].address = 0;
	} else {
		i = hard_find(kind, address, kind == TARGET_HARD_BREAK ? 1 : len);
		if (i >= 0)
			hard_put(i, (struct target_point_info){ .len = 0 });
	}
	return i < 0 ? -ENOENT : 0;
}

bool target_point_at(unsigned index, struct target_point_info *info)
{
	for (unsigned i = 0; i < TARGET_SOFT_MAX; i++) {
		*info = (struct target_point_info){ TARGET_SOFT_BREAK, soft[i].address, 1 };
		if (soft[i].address && index-- == 0)
			return true;
	}
	for (unsigned i = 0; i < HARDWARE_POINTS; i++) {
		*info = hard[i];
		if (hard[i].len && index-- == 0)
			return true;
	}
	return false;
}
