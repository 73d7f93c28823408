/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything httpd does with a client's bytes before it touches a file: no input may lead above the root, nor beyond its own end.
 * Links: apps/httpd/request.c apps/httpd/field.c apps/httpd/span.c apps/httpd/path.c apps/httpd/range.c
 *        apps/httpd/date.c apps/httpd/precondition.c
 */
#include "apps/httpd/httpd.h"
#include <stdlib.h>
#include <string.h>

#define REQUIRE(what) do { if (!(what)) abort(); } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require_below_root(const char *path)
{
	REQUIRE(strncmp(path, "./", 2) == 0 && strlen(path) < PATH_SIZE);
	REQUIRE(!strstr(path, "/../") && !strstr(path, "//"));
	REQUIRE(strlen(path) < 3 || strcmp(path + strlen(path) - 3, "/..") != 0);
}

static void require_inside(enum range range, off_t size, off_t first, off_t last)
{
	REQUIRE(range != RANGE_PART || (0 <= first && first <= last && last < size));
}

static void examine(const struct request *r)
{
	static const off_t sizes[] = { 0, 1, 4096, INT64_MAX };
	char path[PATH_SIZE];

	if (path_from_target(r->target, path) == 0)
		require_below_root(path);
	precondition_check(r, 784111777, 1790000000);
	precondition_range(r, 784111777, 1790000000);
	for (size_t i = 0; r->range.at && i < sizeof sizes / sizeof *sizes; i++) {
		off_t first = 0, last = 0;
		enum range range = range_parse(r->range, sizes[i], &first, &last);

		require_inside(range, sizes[i], first, last);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t head = request_head_length((const char *)data, len);
	struct request r;
	char *copy;

	REQUIRE(head <= len);
	if (head == 0)
		return 0;
	copy = malloc(head);
	memcpy(copy, data, head);
	if (request_parse(&r, (struct span){ copy, head }) == 0)
		examine(&r);
	free(copy);
	return 0;
}
