/* SPDX-License-Identifier: BSD-2-Clause */
/* Arithmetic on the MC146818's time of day (datasheet, tables 3 to 5) in the Gregorian calendar. */
#include "kernel/x86_64/rtc_date.h"
#include <stdbool.h>

enum { STATUS_B_24H = 1 << 1, STATUS_B_BINARY = 1 << 2, HOUR_PM = 1 << 7 };

static unsigned value(uint8_t raw, bool binary)
{
	return binary ? raw : (raw >> 4) * 10 + (raw & 15);
}

/* 12 AM is hour 0, 12 PM hour 12. */
static unsigned hour_of(struct rtc_registers r, bool binary)
{
	if (r.status_b & STATUS_B_24H)
		return value(r.hour, binary);
	return value(r.hour & ~HOUR_PM, binary) % 12 + (r.hour & HOUR_PM ? 12 : 0);
}

static unsigned year_of(struct rtc_registers r, bool binary)
{
	unsigned year = value(r.year, binary), century = value(r.century, binary);

	if (century >= 19 && century <= 29)
		return century * 100 + year;
	return year + (year < 70 ? 2000 : 1900);
}

/* Years are counted from March, so that the leap day is the last one of a year. */
static uint64_t days_since_1970(unsigned year, unsigned month, unsigned day)
{
	unsigned y = month < 3 ? year - 1 : year;
	unsigned m = month < 3 ? month + 9 : month - 3; /* 0: March */

	return y * 365ull + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

uint64_t rtc_to_unix(struct rtc_registers r)
{
	bool binary = r.status_b & STATUS_B_BINARY;
	unsigned second = value(r.second, binary), minute = value(r.minute, binary);
	unsigned hour = hour_of(r, binary), day = value(r.day, binary);
	unsigned month = value(r.month, binary), year = year_of(r, binary);

	if (second > 60 || minute > 59 || hour > 23)
		return 0;
	if (day < 1 || day > 31 || month < 1 || month > 12 || year < 1970)
		return 0;
	return days_since_1970(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
}
