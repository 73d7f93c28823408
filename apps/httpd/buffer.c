/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text that grows, and the two ways of quoting it that a web page needs. What is in every answer is
 * appended piece by piece: printf() takes ten times as long.
 */
#include "httpd.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool buffer_reserve(struct buffer *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 512;
	char *data;

	if (b->failed || b->cap - b->len >= more)
		return !b->failed;
	while (cap - b->len < more)
		cap *= 2;
	data = realloc(b->data, cap);
	if (!data) {
		b->failed = true;
		return false;
	}
	b->data = data;
	b->cap = cap;
	return true;
}

void buffer_append(struct buffer *b, const void *from, size_t len)
{
	if (!buffer_reserve(b, len))
		return;
	memcpy(b->data + b->len, from, len);
	b->len += len;
}

void buffer_puts(struct buffer *b, const char *text)
{
	buffer_append(b, text, strlen(text));
}

void buffer_number(struct buffer *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	buffer_append(b, digits + at, sizeof digits - at);
}

void buffer_printf(struct buffer *b, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0 || !buffer_reserve(b, (size_t)len + 1))
		return;
	va_start(args, fmt);
	vsnprintf(b->data + b->len, (size_t)len + 1, fmt, args);
	va_end(args);
	b->len += (size_t)len;
}

void buffer_html(struct buffer *b, const char *text)
{
	static const char *const quoted[256] = {
		['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;",
	};

	for (; *text; text++) {
		const char *q = quoted[(unsigned char)*text];

		if (q)
			buffer_puts(b, q);
		else
			buffer_append(b, text, 1);
	}
}

/*
 * RFC 3986, 2.3: what needs no quoting anywhere in a path. A colon does: "a:b" would begin with a
 * scheme.
 */
static bool is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~/", c));
}

void buffer_url(struct buffer *b, const char *path)
{
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (is_plain(c))
			buffer_append(b, &c, 1);
		else
			buffer_printf(b, "%%%02X", c);
	}
}

void buffer_free(struct buffer *b)
{
	free(b->data);
	*b = (struct buffer){ 0 };
}
