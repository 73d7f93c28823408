/* SPDX-License-Identifier: BSD-2-Clause */
/* inet_pton(3): IPv4 as four decimal numbers, IPv6 in the forms of RFC 4291, section 2.2. */
#include "libc/result.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* One number of at most three digits, without leading zeros (some read those as octal). */
static const char *read_octet(const char *text, unsigned char *out)
{
	const char *start = text;
	unsigned value = 0;

	while (isdigit((unsigned char)*text) && text - start < 3)
		value = 10 * value + (*text++ - '0');
	if (text == start || value > 255 || (*start == '0' && text - start > 1))
		return NULL;
	*out = value;
	return text;
}

static int pton4(const char *text, unsigned char out[4])
{
	unsigned char result[4];

	for (int i = 0; i < 4; i++) {
		if (i > 0 && *text++ != '.')
			return 0;
		text = read_octet(text, &result[i]);
		if (!text)
			return 0;
	}
	if (*text)
		return 0;
	memcpy(out, result, 4);
	return 1;
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : (c | 32) - 'a' + 10;
}

/* One group of one to four hexadecimal digits. */
static const char *read_group(const char *text, unsigned char out[2])
{
	const char *start = text;
	unsigned value = 0;

	while (isxdigit((unsigned char)*text) && text - start < 4)
		value = 16 * value + hex_digit(*text++);
	if (text == start)
		return NULL;
	out[0] = value >> 8;
	out[1] = value;
	return text;
}

struct parse6 {
	unsigned char bytes[16];
	int len;       /* bytes so far */
	int gap;       /* where "::" stands, or -1 */
};

/* Fills the gap with zeros: what came behind it moves to the end. */
static bool close_gap(struct parse6 *p)
{
	int behind = p->len - p->gap;

	if (p->gap < 0)
		return p->len == 16;
	if (p->len > 14)
		return false; /* "::" stands for at least one group */
	memmove(p->bytes + 16 - behind, p->bytes + p->gap, behind);
	memset(p->bytes + p->gap, 0, 16 - p->len);
	return true;
}

/* The next group, or the IPv4 address that may end it all; moves *text to the separator behind it. */
static bool parse_group(struct parse6 *p, const char **text)
{
	const char *end;

	if (p->len > 14)
		return false;
	end = read_group(*text, p->bytes + p->len);
	if (!end)
		return false;
	if (*end != '.') {
		p->len += 2;
		*text = end;
		return true;
	}
	if (p->len > 12 || !pton4(*text, p->bytes + p->len))
		return false;
	p->len += 4;
	*text += strlen(*text);
	return true;
}

/* Whether text stands at a separator that something follows, or at the end. */
static bool separated(const char **text)
{
	if (**text == '\0')
		return true;
	if (*(*text)++ != ':')
		return false;
	return **text != '\0';
}

static bool parse6(struct parse6 *p, const char *text)
{
	if (text[0] == ':' && *++text != ':')
		return false;
	while (*text) {
		if (*text == ':') {
			if (p->gap >= 0)
				return false;
			p->gap = p->len;
			text++;
		} else if (!parse_group(p, &text) || !separated(&text)) {
			return false;
		}
	}
	return close_gap(p);
}

static int pton6(const char *text, unsigned char out[16])
{
	struct parse6 p = { .gap = -1 };

	if (!parse6(&p, text))
		return 0;
	memcpy(out, p.bytes, 16);
	return 1;
}

int inet_pton(int family, const char *restrict text, void *restrict addr)
{
	switch (family) {
	case AF_INET:
		return pton4(text, addr);
	case AF_INET6:
		return pton6(text, addr);
	default:
		return libc_result(-EAFNOSUPPORT);
	}
}
