/* SPDX-License-Identifier: BSD-2-Clause */
/* inet_ntop(3): IPv6 in the one form of RFC 5952. */
#include "kernel/printf.h"
#include "libc/result.h"
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

static int format4(const unsigned char *a, char *out, size_t size)
{
	return ksnprintf(out, size, "%d.%d.%d.%d", a[0], a[1], a[2], a[3]);
}

static unsigned group(const unsigned char *a, int i)
{
	return a[2 * i] << 8 | a[2 * i + 1];
}

static int zeros_at(const unsigned char *a, int i)
{
	int n = 0;

	while (i + n < 8 && group(a, i + n) == 0)
		n++;
	return n;
}

/* The longest run of at least two zero groups, the first of equals (RFC 5952, 4.2). Its length; 0: none. */
static int longest_zeros(const unsigned char *a, int *start)
{
	int best = 1;

	*start = -1;
	for (int i = 0; i < 8; i++)
		if (zeros_at(a, i) > best) {
			best = zeros_at(a, i);
			*start = i;
		}
	return *start < 0 ? 0 : best;
}

/* ::ffff:1.2.3.4 and ::1.2.3.4, but not ::1. */
static int holds_ipv4(const unsigned char *a, int start, int zeros)
{
	return start == 0 && (zeros == 6 || (zeros == 5 && group(a, 5) == 0xffff));
}

static void format6(const unsigned char *a, char *out, size_t size)
{
	int start, zeros = longest_zeros(a, &start), len = 0;

	for (int i = 0; i < 8; i++) {
		if (i == start) {
			len += ksnprintf(out + len, size - len, "::");
			i += zeros - 1;
			continue;
		}
		if (len && out[len - 1] != ':')
			out[len++] = ':';
		if (i == 6 && holds_ipv4(a, start, zeros)) {
			format4(a + 12, out + len, size - len);
			return;
		}
		len += ksnprintf(out + len, size - len, "%x", group(a, i));
	}
}

const char *inet_ntop(int family, const void *restrict addr, char *restrict text, socklen_t size)
{
	char buf[INET6_ADDRSTRLEN];
	int error = 0;

	if (family == AF_INET)
		format4(addr, buf, sizeof(buf));
	else if (family == AF_INET6)
		format6(addr, buf, sizeof(buf));
	else
		error = -EAFNOSUPPORT;
	if (!error && strlen(buf) >= size)
		error = -ENOSPC;
	if (!error)
		return strcpy(text, buf);
	libc_result(error);
	return NULL;
}

char *inet_ntoa(struct in_addr addr)
{
	static _Thread_local char text[INET_ADDRSTRLEN];

	format4((const unsigned char *)&addr, text, sizeof(text));
	return text;
}
