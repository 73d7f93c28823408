/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking at text that lies in somebody else's buffer. */
#include "httpd.h"
#include <string.h>
#include <strings.h>

bool span_is(struct span s, const char *word)
{
	return s.len == strlen(word) && strncasecmp(s.at, word, s.len) == 0;
}

bool span_is_exactly(struct span s, const char *word)
{
	return s.len == strlen(word) && memcmp(s.at, word, s.len) == 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct span span_trim(struct span s)
{
	while (s.len && is_blank(s.at[0])) {
		s.at++;
		s.len--;
	}
	while (s.len && is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

struct span span_cut(struct span *rest, char separator)
{
	const char *end = rest->len ? memchr(rest->at, separator, rest->len) : NULL;
	struct span first = { rest->at, end ? (size_t)(end - rest->at) : rest->len };
	size_t gone = first.len + (end ? 1 : 0);

	rest->at += gone;
	rest->len -= gone;
	return first;
}

bool span_number(struct span s, int64_t *out)
{
	int64_t value = 0;

	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned char)s.at[i] - '0';

		if (digit > 9)
			return false;
		if (value > (INT64_MAX - (int64_t)digit) / 10)
			value = INT64_MAX;
		else if (value != INT64_MAX)
			value = value * 10 + digit;
	}
	*out = value;
	return true;
}

bool span_has_token(struct span list, const char *token)
{
	while (list.len)
		if (span_is(span_trim(span_cut(&list, ',')), token))
			return true;
	return false;
}
