/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a target to a path below the root. Percent-encoding is undone first and the result judged
 * afterwards, so that "..", however it is written, is seen; empty and "." segments vanish.
 */
#include "httpd.h"
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A decoded "/" names no file there could be, and NUL would end the path early. */
static int decode_escape(struct span s, size_t i, char *out)
{
	int high = i + 2 < s.len ? hex_digit(s.at[i + 1]) : -1;
	int low = i + 2 < s.len ? hex_digit(s.at[i + 2]) : -1;

	if (high < 0 || low < 0)
		return 400;
	*out = (char)(high << 4 | low);
	if (*out == '\0')
		return 400;
	return *out == '/' ? 404 : 0;
}

/* Writes the decoded segment, NUL-terminated; it is never longer than the encoded one. */
static int decode_segment(struct span s, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++, n++) {
		int status = 0;

		out[n] = s.at[i];
		if (s.at[i] == '%') {
			status = decode_escape(s, i, &out[n]);
			i += 2;
		}
		if (status)
			return status;
	}
	out[n] = '\0';
	return 0;
}

int path_from_target(struct span target, char path[PATH_SIZE])
{
	struct span rest = span_cut(&target, '?');
	char *end = path;

	if (rest.len == 0 || rest.at[0] != '/' || rest.len > TARGET_MAX)
		return 400;
	*end++ = '.';
	*end++ = '/';
	while (rest.len) {
		struct span segment = span_cut(&rest, '/');
		bool is_last = segment.at + segment.len == rest.at;
		int status = decode_segment(segment, end);

		if (status)
			return status;
		if (strcmp(end, "..") == 0)
			return 400;
		if (strcmp(end, ".") == 0 || *end == '\0')
			continue;
		end += strlen(end);
		if (!is_last)
			*end++ = '/';
	}
	*end = '\0';
	return 0;
}
