/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Wall-clock time: monotonic time and an offset, which the machine is asked for only when somebody
 * wants it.
 */
#include "kernel/clock.h"
#include "kernel/spinlock.h"
#include "kernel/x86_64/clock.h"

static struct spinlock lock = SPINLOCK_INIT;
static bool known;
static uint64_t boot_wall_ns; /* wall-clock time when monotonic time was 0 */

uint64_t clock_wall_ns(void)
{
	irq_state s = spin_lock(&lock);
	uint64_t base;

	if (!known) {
		boot_wall_ns = clock_boot_wall_ns();
		known = true;
	}
	base = boot_wall_ns;
	spin_unlock(&lock, s);
	return base + clock_now_ns();
}

void clock_set_wall_ns(uint64_t ns)
{
	irq_state s = spin_lock(&lock);

	boot_wall_ns = ns - clock_now_ns();
	known = true;
	spin_unlock(&lock, s);
}
