/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading what gdb sent. All text ends in a NUL, at which every scan stops. */
#include "debug/gdb/gdb.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool gdb_scan_number(const char **at, uint64_t *n)
{
	const char *start = *at;

	*n = 0;
	for (int d; (d = digit(**at)) >= 0; ++*at)
		*n = *n << 4 | (unsigned)d;
	return *at != start;
}

bool gdb_scan_char(const char **at, char c)
{
	if (**at != c)
		return false;
	++*at;
	return true;
}

bool gdb_scan_word(const char **at, const char *word)
{
	const char *p = *at;

	while (*word)
		if (*p++ != *word++)
			return false;
	*at = p;
	return true;
}

bool gdb_scan_thread(const char **at, unsigned *id)
{
	uint64_t n;
	bool all = gdb_scan_char(at, '-');

	if (!gdb_scan_number(at, &n) || n > UINT32_MAX)
		return false;
	*id = all ? GDB_ALL : (unsigned)n;
	return true;
}

bool gdb_scan_hex(const char **at, void *bytes, size_t len)
{
	uint8_t *to = bytes;

	for (; len > 0; len--, *at += 2) {
		int high = digit((*at)[0]), low = high < 0 ? -1 : digit((*at)[1]);

		if (low < 0)
			return false;
		*to++ = (uint8_t)(high << 4 | low);
	}
	return true;
}

void gdb_reply_ok(void)
{
	gdb_reply_text("OK");
}

void gdb_reply_error(void)
{
	gdb_reply_text("E01");
}
