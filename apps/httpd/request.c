/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The head of a request: request line and fields (RFC 9112, 2 to 6). Nothing is copied: spans point
 * into the head.
 */
#include "httpd.h"
#include <string.h>

/* The head ends with an empty line; a line may end with LF alone (RFC 9112, 2.2). */
size_t request_head_length(const char *text, size_t len)
{
	const char *end = text + len;
	const char *nl = len ? memchr(text, '\n', len) : NULL;

	while (nl) {
		const char *next = nl + 1;

		if (next < end && *next == '\r')
			next++;
		if (next < end && *next == '\n')
			return (size_t)(next + 1 - text);
		nl = next < end ? memchr(next, '\n', (size_t)(end - next)) : NULL;
	}
	return 0;
}

/* RFC 9110, 5.6.2: the bytes that are in no token. */
static const bool delimits[256] = {
	[0 ... ' '] = true, ['"'] = true, ['('] = true, [')'] = true, [','] = true, ['/'] = true,
	[':' ... '@'] = true, ['[' ... ']'] = true, ['{'] = true, ['}'] = true, [0x7f ... 0xff] = true,
};

bool is_token(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (delimits[(unsigned char)s.at[i]])
			return false;
	return s.len > 0;
}

static struct span take_line(struct span *rest)
{
	struct span line = span_cut(rest, '\n');

	if (line.len && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

static enum method method_of(struct span name)
{
	static const char *const refused[] = {
		"POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
	};

	if (span_is_exactly(name, "GET"))
		return METHOD_GET;
	if (span_is_exactly(name, "HEAD"))
		return METHOD_HEAD;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		if (span_is_exactly(name, refused[i]))
			return METHOD_REFUSED;
	return METHOD_UNKNOWN;
}

static int parse_version(struct request *r, struct span version)
{
	const char *v = version.at;

	if (version.len != 8 || memcmp(v, "HTTP/", 5) != 0 || v[5] < '0' || v[5] > '9' || v[6] != '.' ||
	    v[7] < '0' || v[7] > '9')
		return 400;
	if (v[5] != '1')
		return 505;
	r->http_1_0 = v[7] == '0';
	return 0;
}

/* "http://host/path" is as good as "/path" (RFC 9112, 3.2.2). */
static void strip_authority(struct span *target)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < 2; i++) {
		size_t len = strlen(schemes[i]);
		struct span head = { target->at, len };
		const char *path;

		if (target->len < len || !span_is(head, schemes[i]))
			continue;
		path = memchr(target->at + len, '/', target->len - len);
		*target = path ? (struct span){ path, target->len - (size_t)(path - target->at) }
			       : (struct span){ "/", 1 };
		return;
	}
}

static int parse_target(struct request *r, struct span target)
{
	if (target.len > TARGET_MAX)
		return 414;
	for (size_t i = 0; i < target.len; i++)
		if ((unsigned char)target.at[i] <= ' ' || target.at[i] == 0x7f)
			return 400;
	strip_authority(&target);
	r->target = target;
	return target.len ? 0 : 400;
}

static int parse_request_line(struct request *r)
{
	struct span rest = r->line;
	struct span method = span_cut(&rest, ' ');
	struct span target = span_cut(&rest, ' ');
	int status;

	if (!is_token(method))
		return 400;
	r->method = method_of(method);
	status = parse_version(r, rest);
	return status ? status : parse_target(r, target);
}

/*
 * No blanks before the name or the colon: what they would mean is a way to smuggle requests (RFC
 * 9112, 5.1 and 5.2).
 */
static int parse_field(struct request *r, struct span line)
{
	struct span value = line;
	struct span name = span_cut(&value, ':');

	if (!is_token(name) || name.len == line.len)
		return 400;
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] == '\0' || value.at[i] == '\r')
			return 400;
	return field_take(r, name, span_trim(value));
}

/*
 * How long the body is must be beyond doubt, for the next request begins behind it (RFC 9112, 6.3).
 */
static int check_framing(const struct request *r)
{
	if (r->transfer_encoding.at) {
		if (r->content_length >= 0 || r->http_1_0)
			return 400;
		return span_is(r->transfer_encoding, "chunked") ? 411 : 501;
	}
	return r->content_length > BODY_MAX ? 413 : 0;
}

int request_parse(struct request *r, struct span head)
{
	struct span line;
	int status;

	*r = (struct request){ .line = take_line(&head), .content_length = -1 };
	status = parse_request_line(r);
	r->keep_alive = !r->http_1_0;
	while (!status && (line = take_line(&head)).len)
		status = parse_field(r, line);
	if (!status && (r->hosts > 1 || (r->hosts == 0 && !r->http_1_0)))
		status = 400;
	if (!status)
		status = check_framing(r);
	if (status)
		r->keep_alive = false;
	return status;
}
