/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fields of a request that this server looks at; it ignores all others, as RFC 9110, 5.1 wants.
 */
#include "httpd.h"

static int take_host(struct request *r, struct span value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.at[i] == ' ' || value.at[i] == ',')
			return 400;
	r->hosts++;
	return 0;
}

static int take_connection(struct request *r, struct span value)
{
	if (span_has_token(value, "close"))
		r->keep_alive = false;
	else if (r->http_1_0 && span_has_token(value, "keep-alive"))
		r->keep_alive = true;
	return 0;
}

static int take_content_length(struct request *r, struct span value)
{
	if (r->content_length >= 0 || !span_number(value, &r->content_length))
		return 400;
	return 0;
}

static int take_expect(struct request *r, struct span value)
{
	(void)value;
	r->expects = true;
	return 0;
}

/* A field is either kept as it is, or has a function that understands it. */
static const struct {
	const char *name;
	int (*take)(struct request *, struct span value);
	size_t offset;
} fields[] = {
	{ .name = "host", .take = take_host },
	{ .name = "connection", .take = take_connection },
	{ .name = "content-length", .take = take_content_length },
	{ .name = "expect", .take = take_expect },
	{ .name = "transfer-encoding", .offset = offsetof(struct request, transfer_encoding) },
	{ .name = "range", .offset = offsetof(struct request, range) },
	{ .name = "if-range", .offset = offsetof(struct request, if_range) },
	{ .name = "if-match", .offset = offsetof(struct request, if_match) },
	{ .name = "if-none-match", .offset = offsetof(struct request, if_none_match) },
	{ .name = "if-modified-since", .offset = offsetof(struct request, if_modified_since) },
	{ .name = "if-unmodified-since", .offset = offsetof(struct request, if_unmodified_since) },
};

int field_take(struct request *r, struct span name, struct span value)
{
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (!span_is(name, fields[i].name))
			continue;
		if (fields[i].take)
			return fields[i].take(r, value);
		*(struct span *)((char *)r + fields[i].offset) = value;
		return 0;
	}
	return 0;
}
