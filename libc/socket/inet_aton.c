/* SPDX-License-Identifier: BSD-2-Clause */
/* The old forms of an IPv4 address as text: one to four numbers, decimal, octal or hexadecimal, the last one filling what is left. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>

/* Reads a number at *text that is at most max, and moves *text behind it. */
static int read_number(const char **text, unsigned long max, unsigned long *out)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return 0;
	*out = strtoul(*text, &end, 0);
	*text = end;
	return *out <= max;
}

int inet_aton(const char *text, struct in_addr *addr)
{
	in_addr_t result = 0;
	unsigned long number;

	for (int part = 0; part < 4; part++) {
		if (!read_number(&text, 0xffffffffu >> (8 * part), &number))
			return 0;
		if (*text == '.') {
			if (part == 3 || number > 255)
				return 0;
			result |= number << (24 - 8 * part);
			text++;
			continue;
		}
		if (*text && !isspace((unsigned char)*text))
			return 0;
		if (addr)
			addr->s_addr = htonl(result | number);
		return 1;
	}
	return 0;
}

in_addr_t inet_addr(const char *text)
{
	struct in_addr addr;

	return inet_aton(text, &addr) ? addr.s_addr : INADDR_NONE;
}
