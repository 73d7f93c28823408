/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Range field.
 * Links: apps/httpd/range.c apps/httpd/span.c
 */
#include "tests/host/test.h"
#include "apps/httpd/httpd.h"

TEST(table)
{
	static const struct { const char *text; off_t size; enum range kind; off_t first, last; } cases[] = {
		{ "bytes=0-0", 10, RANGE_PART, 0, 0 }, { "bytes=0-9", 10, RANGE_PART, 0, 9 },
		{ "bytes=3-", 10, RANGE_PART, 3, 9 }, { "bytes=9-99", 10, RANGE_PART, 9, 9 },
		{ "bytes=-1", 10, RANGE_PART, 9, 9 }, { "bytes=-10", 10, RANGE_PART, 0, 9 },
		{ "bytes=-11", 10, RANGE_PART, 0, 9 }, { "BYTES= 1-2 ", 10, RANGE_PART, 1, 2 },
		{ "bytes=1-9223372036854775808", 10, RANGE_PART, 1, 9 },
		{ "bytes=10-", 10, RANGE_UNSATISFIABLE, 0, 0 }, { "bytes=-0", 10, RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=99999999999999999999-", 10, RANGE_UNSATISFIABLE, 0, 0 }, { "bytes=0-", 0, RANGE_UNSATISFIABLE, 0, 0 },
		{ "bytes=-5", 0, RANGE_NONE, 0, 0 }, { "bytes=2-1", 10, RANGE_NONE, 0, 0 }, { "bytes=", 10, RANGE_NONE, 0, 0 },
		{ "bytes", 10, RANGE_NONE, 0, 0 }, { "", 10, RANGE_NONE, 0, 0 }, { "bytes=-", 10, RANGE_NONE, 0, 0 },
		{ "bytes=1", 10, RANGE_NONE, 0, 0 }, { "bytes=1-2,3-4", 10, RANGE_NONE, 0, 0 },
		{ "bytes=1-2-3", 10, RANGE_NONE, 0, 0 }, { "bytes=+1-2", 10, RANGE_NONE, 0, 0 },
		{ "items=1-2", 10, RANGE_NONE, 0, 0 },
		{ "bytes=0-4294967296", 5000000000, RANGE_PART, 0, 4294967296 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		off_t first = 0, last = 0;

		CHECK_EQ(range_parse((struct span){ cases[i].text, strlen(cases[i].text) }, cases[i].size, &first, &last),
			 cases[i].kind);
		CHECK_EQ(first, cases[i].first);
		CHECK_EQ(last, cases[i].last);
	}
}

TEST_MAIN
