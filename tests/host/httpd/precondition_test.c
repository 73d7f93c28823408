/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conditional requests: who wins when several conditions come together (RFC 9110, 13.2.2).
 * Links: apps/httpd/precondition.c apps/httpd/date.c apps/httpd/span.c
 */
#include "tests/host/test.h"
#include "apps/httpd/httpd.h"

#define MODIFIED 784111777
#define NOW      1790000000
#define BEFORE   "Sun, 06 Nov 1994 08:49:36 GMT"
#define SAME     "Sun, 06 Nov 1994 08:49:37 GMT"
#define AFTER    "Sun, 06 Nov 1994 08:49:38 GMT"
#define S(text)  { text, sizeof(text) - 1 }

TEST(order)
{
	static const struct { struct request r; int status; } cases[] = {
		{ { .http_1_0 = false }, 0 },
		{ { .if_modified_since = S(BEFORE) }, 0 },
		{ { .if_modified_since = S(SAME) }, 304 },
		{ { .if_modified_since = S(AFTER) }, 304 },
		{ { .if_modified_since = S("nonsense") }, 0 },
		{ { .if_unmodified_since = S(BEFORE) }, 412 },
		{ { .if_unmodified_since = S(SAME) }, 0 },
		{ { .if_unmodified_since = S("nonsense") }, 0 },
		{ { .if_none_match = S("\"a\"") }, 0 },
		{ { .if_none_match = S("*") }, 304 },
		{ { .if_none_match = S("\"a\""), .if_modified_since = S(AFTER) }, 0 },
		{ { .if_match = S("*") }, 0 },
		{ { .if_match = S("\"a\", \"b\"") }, 412 },
		{ { .if_match = S("*"), .if_unmodified_since = S(BEFORE) }, 0 },
		{ { .if_match = S("\"a\""), .if_modified_since = S(AFTER) }, 412 },
		{ { .if_match = S("*"), .if_modified_since = S(AFTER) }, 304 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK_EQ(precondition_check(&cases[i].r, MODIFIED, NOW), cases[i].status);
}

TEST(if_range)
{
	static const struct { struct request r; bool part; } cases[] = {
		{ { .http_1_0 = false }, true }, { { .if_range = S(SAME) }, true }, { { .if_range = S(AFTER) }, false },
		{ { .if_range = S(BEFORE) }, false }, { { .if_range = S("\"a\"") }, false }, { { .if_range = S("") }, false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK_EQ(precondition_range(&cases[i].r, MODIFIED, NOW), cases[i].part);
}

TEST_MAIN
