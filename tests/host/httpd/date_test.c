/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP dates against the C library's calendar.
 * Links: apps/httpd/date.c
 */
#define _GNU_SOURCE
#include "tests/host/test.h"
#include "apps/httpd/httpd.h"

#define RFC_EXAMPLE 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
#define NOW         1790000000 /* in 2026 */

static time_t parse(const char *text)
{
	char *copy = strdup(text); /* without the NUL, for AddressSanitizer */
	struct span s = { copy, strlen(text) };
	time_t t;
	bool ok = date_parse(s, NOW, &t);

	free(copy);
	return ok ? t : -1;
}

TEST(three_formats)
{
	CHECK_EQ(parse("Sun, 06 Nov 1994 08:49:37 GMT"), RFC_EXAMPLE);
	CHECK_EQ(parse("Sunday, 06-Nov-94 08:49:37 GMT"), RFC_EXAMPLE);
	CHECK_EQ(parse("Sun Nov  6 08:49:37 1994"), RFC_EXAMPLE);
	CHECK_EQ(parse("sun, 06 nov 1994 08:49:37 gmt"), RFC_EXAMPLE);
}

/* Every day of four centuries and odd times of day, there and back. */
TEST(agrees_with_the_library)
{
	static const char *const formats[] = { "%a, %d %b %Y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y" };

	for (int64_t t = -11676096000; t < 4102444800; t += 86400 * 7 + 3607) {
		time_t when = (time_t)t;
		struct tm tm;
		char want[64], got[DATE_SIZE];

		gmtime_r(&when, &tm);
		for (int i = 0; i < 2; i++) {
			strftime(want, sizeof want, formats[i], &tm);
			CHECK_EQ(parse(want), when);
		}
		strftime(want, sizeof want, formats[0], &tm);
		date_format(when, got);
		CHECK_STR(got, want);
	}
}

TEST(two_digit_years)
{
	CHECK_EQ(parse("Tuesday, 01-Jan-30 00:00:00 GMT"), 1893456000);  /* 2030 */
	CHECK_EQ(parse("Wednesday, 01-Jan-76 00:00:00 GMT"), 3345062400); /* 2076: 50 years ahead */
	CHECK_EQ(parse("Saturday, 01-Jan-77 00:00:00 GMT"), 220924800);   /* 1977: not 51 */
}

TEST(refused)
{
	static const char *const cases[] = {
		"", "Sun", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 GMT ",
		"Xun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
		"Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT",
		"Sun, 06 Nov 1994 08:49:37 EST", "Sun Nov 6 08:49:37 1994", "784111777", "Sun, 06 Nov 19 94 08:49:37 GMT",
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK_EQ(parse(cases[i]), -1);
}

TEST_MAIN
