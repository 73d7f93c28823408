/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's printf against the host's, over every flag, width, precision and length.
 *
 * Links: kernel/printf.c
 */
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include "kernel/printf.h"
#include <limits.h>

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-overflow"
#pragma GCC diagnostic ignored "-Wformat-truncation"

#define SAME(...) ({									\
	char a_[600], b_[600];								\
	int na_ = ksnprintf(a_, sizeof(a_), __VA_ARGS__);				\
	int nb_ = snprintf(b_, sizeof(b_), __VA_ARGS__);				\
	CHECK_STR(a_, b_);								\
	CHECK_EQ(na_, nb_);								\
})

static const char *const widths[] = { "", "1", "2", "5", "12", "*" };
static const char *const precisions[] = { "", ".", ".0", ".1", ".4", ".20", ".*" };
static const char *const flag_sets[] = {
	"", "-", "0", "+", " ", "#", "-#", "0#", "+0", "-+", " 0", "0-"
};

static void try_number(const char *fmt, bool wide, int w, int p, bool star_w, bool star_p)
{
	static const long long values[] = {
		0, 1, -1, 7, 8, 255, 4096, -123456, INT_MAX, INT_MIN, LLONG_MAX, LLONG_MIN
	};

	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		long long v = wide ? values[i] : (int)values[i];

		if (star_w && star_p)
			SAME(fmt, w, p, v);
		else if (star_w)
			SAME(fmt, w, v);
		else if (star_p)
			SAME(fmt, p, v);
		else
			SAME(fmt, v);
	}
}

static void try_letters(const char *flags, const char *w, const char *p, const char *length)
{
	bool wide = *length && *length != 'h';

	for (const char *letter = "diuoxX"; *letter; letter++) {
		char fmt[64];

		snprintf(fmt, sizeof(fmt), "<%%%s%s%s%s%c>", flags, w, p, length, *letter);
		try_number(fmt, wide, -9, 3, *w == '*', strchr(p, '*') != NULL);
	}
}

TEST(printf_numbers_like_the_host)
{
	static const char *const lengths[] = { "", "hh", "h", "l", "ll", "z", "t", "j" };

	for (unsigned f = 0; f < sizeof(flag_sets) / sizeof(flag_sets[0]); f++)
		for (unsigned w = 0; w < sizeof(widths) / sizeof(widths[0]); w++)
			for (unsigned p = 0; p < sizeof(precisions) / sizeof(precisions[0]); p++)
				for (unsigned l = 0; l < 8 && !test_failures; l++)
					try_letters(flag_sets[f], widths[w], precisions[p],
						    lengths[l]);
}

TEST(printf_text_like_the_host)
{
	SAME("plain");
	SAME("%%");
	SAME("%s|%10s|%-10s|%.2s|%10.2s|%.0s|", "abc", "abc", "abc", "abc", "abc", "abc");
	SAME("%c%5c%-5c.", 'a', 'b', 'c');
	SAME("%p", (void *)0x1234abcd);
	SAME("%.*s", 3, "abcdef");
	SAME("%s", "");
}

TEST(printf_odd_formats_are_harmless)
{
	char b[64];

	ksnprintf(b, sizeof(b), "%s", (char *)NULL);
	CHECK_STR(b, "(null)");
	ksnprintf(b, sizeof(b), "100%");
	CHECK_STR(b, "100");
	ksnprintf(b, sizeof(b), "%y");
	CHECK_STR(b, "%y");
	ksnprintf(b, sizeof(b), "%99999999999999999999d", 1);
}

TEST(printf_cuts_and_terminates)
{
	char b[8];

	for (size_t n = 0; n <= sizeof(b); n++) {
		memset(b, '?', sizeof(b));
		CHECK_EQ(ksnprintf(b, n, "%d", 123456789), 9);
		if (n)
			CHECK_EQ(strlen(b), n - 1);
		for (size_t i = n; i < sizeof(b); i++)
			CHECK_EQ(b[i], '?');
	}
	CHECK_EQ(ksnprintf(NULL, 0, "%s", "four"), 4);
}

TEST_MAIN
