/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real-time clock's registers against the C library's calendar.
 *
 * Links: kernel/x86_64/rtc_date.c
 */
#include "kernel/x86_64/rtc_date.h"
#include "tests/host/test.h"
#include <time.h>

enum { H24 = 2, BINARY = 4 };

static uint8_t bcd(unsigned v)
{
	return v / 10 << 4 | v % 10;
}

static struct rtc_registers binary(const struct tm *tm)
{
	return (struct rtc_registers){
		tm->tm_sec, tm->tm_min, tm->tm_hour, tm->tm_mday, tm->tm_mon + 1, tm->tm_year % 100,
		(tm->tm_year + 1900) / 100, H24 | BINARY,
	};
}

static struct rtc_registers in_bcd(struct rtc_registers r)
{
	return (struct rtc_registers){
		bcd(r.second), bcd(r.minute), bcd(r.hour), bcd(r.day), bcd(r.month), bcd(r.year),
		bcd(r.century), H24,
	};
}

/* 1 to 12, the upper bit says PM. */
static struct rtc_registers in_12h(struct rtc_registers r)
{
	uint8_t pm = r.hour >= 12 ? 0x80 : 0;

	r.hour = (r.hour % 12 ? r.hour % 12 : 12) | pm;
	r.status_b &= ~H24;
	return r;
}

static void check_all_forms(time_t t)
{
	struct rtc_registers r = binary(gmtime(&t));

	CHECK_EQ(rtc_to_unix(r), t);
	CHECK_EQ(rtc_to_unix(in_12h(r)), t);
	CHECK_EQ(rtc_to_unix(in_bcd(r)), t);
}

TEST(every_day_for_two_centuries)
{
	for (time_t t = 0; t < 230ll * 366 * 86400; t += 86400 + 3607)
		check_all_forms(t);
}

TEST(every_minute_of_a_leap_day)
{
	for (time_t t = 1709164800; t < 1709164800 + 2 * 86400; t += 59)
		check_all_forms(t);
}

TEST(without_a_century)
{
	time_t t = 1700000000;
	struct rtc_registers r = binary(gmtime(&t));

	r.century = 0;
	CHECK_EQ(rtc_to_unix(r), t);
	r.century = 0xff; /* no such register after all */
	CHECK_EQ(rtc_to_unix(r), t);
}

TEST(what_is_no_date)
{
	struct rtc_registers r = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	CHECK_EQ(rtc_to_unix(r), 0);
	CHECK_EQ(rtc_to_unix((struct rtc_registers){ .status_b = H24 }), 0);
	CHECK_EQ(rtc_to_unix((struct rtc_registers){ .day = 1, .month = 13, .year = 20, .status_b = H24 | BINARY }), 0);
}

TEST_MAIN
