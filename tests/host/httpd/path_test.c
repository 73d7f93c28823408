/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From targets to paths; what a page quotes; types.
 * Links: apps/httpd/path.c apps/httpd/span.c apps/httpd/buffer.c apps/httpd/mime.c
 */
#include "tests/host/test.h"
#include "apps/httpd/httpd.h"

/* The path, or the status as text. */
static const char *path_of(const char *target)
{
	static char path[PATH_SIZE];
	int status = path_from_target((struct span){ target, strlen(target) }, path);

	if (status)
		snprintf(path, sizeof path, "%d", status);
	return path;
}

TEST(paths)
{
	static const struct { const char *target, *path; } cases[] = {
		{ "/", "./" }, { "/a", "./a" }, { "/a/", "./a/" }, { "/a/b.c", "./a/b.c" }, { "//a///b//", "./a/b/" },
		{ "/./a/./b/.", "./a/b/" }, { "/a?b/../c", "./a" }, { "/?", "./" }, { "/%41%6a%6A", "./Ajj" },
		{ "/a%20b", "./a b" }, { "/%c3%bc", "./\xc3\xbc" }, { "/...", "./..." }, { "/a..", "./a.." }, { "/%2e/a", "./a" },
		{ "/%3F%23%25", "./?#%" }, { "/%5c..%5c", "./\\..\\" }, { "/%252e%252e/", "./%2e%2e/" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK_STR(path_of(cases[i].target), cases[i].path);
}

TEST(refusals)
{
	static const struct { const char *target, *status; } cases[] = {
		{ "", "400" }, { "a", "400" }, { "*", "400" }, { "?", "400" }, { "/..", "400" }, { "/../a", "400" },
		{ "/a/..", "400" }, { "/a/../b", "400" }, { "/%2e%2e/a", "400" }, { "/.%2E", "400" }, { "/%00", "400" },
		{ "/a%00b", "400" }, { "/%", "400" }, { "/%4", "400" }, { "/%4/", "400" }, { "/%g0", "400" }, { "/%0g", "400" },
		{ "/a%2fb", "404" }, { "/..%2Fb", "404" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		CHECK_STR(path_of(cases[i].target), cases[i].status);
}

TEST(longest)
{
	char target[TARGET_MAX + 2];
	char path[PATH_SIZE];

	memset(target, 'a', sizeof target);
	target[0] = '/';
	CHECK_EQ(path_from_target((struct span){ target, TARGET_MAX }, path), 0);
	CHECK_EQ(strlen(path), TARGET_MAX + 1);
	CHECK_EQ(path_from_target((struct span){ target, TARGET_MAX + 1 }, path), 400);
}

static void check_quoting(void (*quote)(struct buffer *, const char *), const char *text, const char *want)
{
	struct buffer b = { 0 };

	quote(&b, text);
	buffer_append(&b, "", 1);
	CHECK_STR(b.data, want);
	buffer_free(&b);
}

TEST(quoting)
{
	check_quoting(buffer_html, "a<b>&\"'\xc3\xbc", "a&lt;b&gt;&amp;&quot;&#39;\xc3\xbc");
	check_quoting(buffer_url, "a/B-9._~ %?#:&\"<\xc3\xbc", "a/B-9._~%20%25%3F%23%3A%26%22%3C%C3%BC");
}

TEST(types)
{
	CHECK_STR(mime_type("./a.html"), "text/html; charset=utf-8");
	CHECK_STR(mime_type("./a.b/c.PNG"), "image/png");
	CHECK_STR(mime_type("./a.tar.gz"), "application/gzip");
	CHECK_STR(mime_type("./a.html/c"), "application/octet-stream");
	CHECK_STR(mime_type("./html"), "application/octet-stream");
	CHECK_STR(mime_type("./a."), "application/octet-stream");
}

TEST_MAIN
