/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Channel 0 of the 8254 timer: 16 bits that count down at 1.193182 MHz and wrap every 55 ms. The
 * clock of last resort, and a microvm's only one. Source: Intel 8254 datasheet. Reads are two port
 * accesses on latched state: the caller keeps them apart.
 */
#include "kernel/x86_64/clock.h"
#include "kernel/x86_64/io.h"
#include <stddef.h>

#define PIT_HZ 1193182

enum { PORT_CHANNEL0 = 0x40, PORT_COMMAND = 0x43 };
enum { COMMAND_LATCH0 = 0x00, COMMAND_MODE2_LOW_HIGH = 0x34, COMMAND_READ_STATUS0 = 0xe2 };
enum { STATUS_PROGRAMMED = 0x3f, STATUS_MODE2_LOW_HIGH = 0x34 };

static uint64_t pit_read(void)
{
	uint8_t low;

	outb(PORT_COMMAND, COMMAND_LATCH0);
	low = inb(PORT_CHANNEL0);
	return 0x10000 - (inb(PORT_CHANNEL0) << 8 | low);
}

/* Firmware leaves it in mode 3, which counts by two. Its interrupt stays masked. */
const struct reference_clock *clock_pit(void)
{
	static const struct reference_clock clock = {
		.name = "pit", .mask = 0xffff, .ns_per_tick = (NS_PER_S << 32) / PIT_HZ, .read = pit_read,
	};

	outb(PORT_COMMAND, COMMAND_MODE2_LOW_HIGH);
	outb(PORT_CHANNEL0, 0);
	outb(PORT_CHANNEL0, 0);
	outb(PORT_COMMAND, COMMAND_READ_STATUS0);
	return (inb(PORT_CHANNEL0) & STATUS_PROGRAMMED) == STATUS_MODE2_LOW_HIGH ? &clock : NULL;
}
