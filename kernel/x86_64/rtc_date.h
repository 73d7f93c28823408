/* SPDX-License-Identifier: BSD-2-Clause */
/* The real-time clock's registers as a date. */
#pragma once

#include <stdint.h>

struct rtc_registers {
	uint8_t second, minute, hour, day, month, year; /* as read: BCD or binary, see status_b */
	uint8_t century;                                /* 0: no such register */
	uint8_t status_b;
};

/* Seconds since 1970-01-01 UTC, or 0 for what is no date. */
uint64_t rtc_to_unix(struct rtc_registers);
