/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The battery-backed clock (MC146818 and successors), which QEMU keeps in UTC. The caller keeps
 * readers apart.
 */
#include "kernel/acpi.h"
#include "kernel/x86_64/clock.h"
#include "kernel/x86_64/io.h"
#include "kernel/x86_64/rtc_date.h"
#include <string.h>

enum { PORT_INDEX = 0x70, PORT_DATA = 0x71 };
enum {
	REG_SECOND = 0, REG_MINUTE = 2, REG_HOUR = 4, REG_DAY = 7, REG_MONTH = 8, REG_YEAR = 9,
	REG_STATUS_A = 10, REG_STATUS_B = 11,
};
enum { STATUS_A_UPDATING = 1 << 7 };

#define TRIES 100000 /* an update takes 2 ms at most; a clock that never ends one is none */

static uint8_t rtc_read(unsigned reg)
{
	outb(PORT_INDEX, reg);
	return inb(PORT_DATA);
}

static struct rtc_registers read_all(void)
{
	return (struct rtc_registers){
		.second = rtc_read(REG_SECOND), .minute = rtc_read(REG_MINUTE), .hour = rtc_read(REG_HOUR),
		.day = rtc_read(REG_DAY), .month = rtc_read(REG_MONTH), .year = rtc_read(REG_YEAR),
		.century = acpi.century_register ? rtc_read(acpi.century_register) : 0,
		.status_b = rtc_read(REG_STATUS_B),
	};
}

/* Two equal readings outside an update are a time that was really shown. */
uint64_t rtc_read_s(void)
{
	struct rtc_registers a, b;

	if (acpi.rtc_absent)
		return 0;
	for (unsigned i = 0; i < TRIES; i++) {
		if (rtc_read(REG_STATUS_A) & STATUS_A_UPDATING)
			continue;
		a = read_all();
		b = read_all();
		if (memcmp(&a, &b, sizeof a) == 0)
			return rtc_to_unix(a);
	}
	return 0;
}
