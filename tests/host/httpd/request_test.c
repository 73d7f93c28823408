/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Heads of requests, whole and broken.
 * Links: apps/httpd/request.c apps/httpd/field.c apps/httpd/span.c
 */
#include "tests/host/test.h"
#include "apps/httpd/httpd.h"

static struct request r;
static char *copy;

/* The copy ends where the head does, so that AddressSanitizer sees a look beyond it. r points into it. */
static int parse(const char *text, size_t len)
{
	free(copy);
	copy = malloc(len);
	memcpy(copy, text, len);
	return request_parse(&r, (struct span){ copy, len });
}

#define PARSE(text) parse(text, sizeof(text) - 1)

static void check_span(struct span s, const char *want)
{
	char text[256] = "";

	CHECK(s.len < sizeof text);
	memcpy(text, s.at, s.len);
	CHECK_STR(text, want);
}

TEST(head_length)
{
	static const struct { const char *text; size_t length; } cases[] = {
		{ "", 0 }, { "\r\n", 0 }, { "GET / HTTP/1.1\r\n", 0 }, { "a\r\n\r", 0 }, { "a\r\n\r\n", 5 }, { "a\n\n", 3 },
		{ "a\n\r\n", 4 }, { "a\r\nb\r\n\r\nc", 8 }, { "a\n\nb\n\n", 3 }, { "a\r\r\n\r\r\n\r\n", 9 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK_EQ(request_head_length(cases[i].text, strlen(cases[i].text)), cases[i].length);
}

TEST(fields)
{
	CHECK_EQ(PARSE("GET /a?b HTTP/1.1\r\nHOST: h\r\nRange: \t bytes=0-1 \t\r\nIf-Range:x\r\nIf-Match: 1\r\n"
		       "if-none-match: 2\r\nIf-Modified-Since: 3\r\nIf-Unmodified-Since: 4\r\nOther: 5\r\n"
		       "Content-Length: 7\r\nExpect: 100-continue\r\n\r\n"), 0);
	CHECK_EQ(r.method, METHOD_GET);
	check_span(r.line, "GET /a?b HTTP/1.1");
	check_span(r.target, "/a?b");
	check_span(r.range, "bytes=0-1");
	check_span(r.if_range, "x");
	check_span(r.if_match, "1");
	check_span(r.if_none_match, "2");
	check_span(r.if_modified_since, "3");
	check_span(r.if_unmodified_since, "4");
	CHECK_EQ(r.content_length, 7);
	CHECK(r.expects && r.keep_alive && !r.http_1_0);
}

TEST(absent_fields)
{
	CHECK_EQ(PARSE("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	CHECK(!r.range.at && !r.if_range.at && !r.if_match.at && !r.transfer_encoding.at && !r.expects);
	CHECK_EQ(r.content_length, -1);
}

TEST(methods)
{
	static const struct { const char *name; enum method method; } cases[] = {
		{ "GET", METHOD_GET }, { "HEAD", METHOD_HEAD }, { "POST", METHOD_REFUSED }, { "PATCH", METHOD_REFUSED },
		{ "get", METHOD_UNKNOWN }, { "GETX", METHOD_UNKNOWN }, { "!#$%&'*+-.^_`|~", METHOD_UNKNOWN },
	};
	char text[64];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(text, sizeof text, "%s / HTTP/1.0\r\n\r\n", cases[i].name);
		CHECK_EQ(parse(text, strlen(text)), 0);
		CHECK_EQ(r.method, cases[i].method);
	}
}

TEST(persistence)
{
	static const struct { const char *text; bool keep_alive; } cases[] = {
		{ "GET / HTTP/1.0\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true },
		{ "GET / HTTP/1.1\r\nHost: h\r\n\r\n", true },
		{ "GET / HTTP/1.1\r\nHost: h\r\nConnection: a, CLOSE , b\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\nHost: h\r\nConnection: closed\r\n\r\n", true },
		{ "GET / HTTP/1.1\r\nHost: h\r\nConnection: close, keep-alive\r\n\r\n", false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CHECK_EQ(parse(cases[i].text, strlen(cases[i].text)), 0);
		CHECK_EQ(r.keep_alive, cases[i].keep_alive);
	}
}

TEST(absolute_target)
{
	CHECK_EQ(PARSE("GET http://host:80/x HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	check_span(r.target, "/x");
	CHECK_EQ(PARSE("GET HTTPS://host HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	check_span(r.target, "/");
	CHECK_EQ(PARSE("GET http:/x HTTP/1.1\r\nHost: h\r\n\r\n"), 0);
	check_span(r.target, "http:/x");
}

TEST(refusals)
{
	static const struct { const char *text; int status; } cases[] = {
		{ "\r\n", 400 }, { "GET\r\n\r\n", 400 }, { "GET /\r\n\r\n", 400 }, { "GET / \r\n\r\n", 400 },
		{ " GET / HTTP/1.1\r\n\r\n", 400 }, { "GET  HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
		{ "GET / HTTP/1.1 \r\n\r\n", 400 }, { "GET / HTTP/11\r\n\r\n", 400 }, { "GET / HTTP/1.x\r\n\r\n", 400 },
		{ "GET / HTTP/2.0\r\n\r\n", 505 }, { "GET /\t HTTP/1.1\r\nHost: h\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n\r\n", 400 }, { "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400 }, { "GET / HTTP/1.0\r\nA\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nA : b\r\n\r\n", 400 }, { "GET / HTTP/1.0\r\n a: b\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nA: b\rc\r\n\r\n", 400 }, { "GET / HTTP/1.0\r\nContent-Length: 1,1\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nContent-Length: \r\n\r\n", 400 }, { "GET / HTTP/1.0\r\nContent-Length: 65537\r\n\r\n", 413 },
		{ "GET / HTTP/1.0\r\nContent-Length: 65536\r\n\r\n", 0 }, { "GET / HTTP/1.0\r\nContent-Length: +1\r\n\r\n", 400 },
		{ "GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n", 411 },
		{ "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501 },
		{ "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n\r\n", 501 },
		{ "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int status = parse(cases[i].text, strlen(cases[i].text));

		if (status != cases[i].status)
			fprintf(stderr, "case %zu: %s", i, cases[i].text);
		CHECK_EQ(status, cases[i].status);
		CHECK(status == 0 || !r.keep_alive);
	}
	CHECK_EQ(PARSE("GET / HTTP/1.0\r\nA: \0\r\n\r\n"), 400);
	free(copy);
	copy = NULL;
}

TEST_MAIN
