/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame that runs the tests: see test.h. */
#include "tests/host/test.h"
#include <stdbool.h>

struct test *test_list;
int test_failures;

void test_fail(const char *file, int line, const char *what)
{
	test_failures++;
	printf("  %s:%d: %s\n", file, line, what);
}

void test_equal_str(const char *file, int line, const char *what, const char *a, const char *b)
{
	if (a && b && strcmp(a, b) == 0)
		return;
	test_fail(file, line, what);
	printf("    \"%s\", \"%s\"\n", a ? a : "(null)", b ? b : "(null)");
}

static bool selected(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc < 2;
}

int test_main(int argc, char **argv)
{
	int failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (struct test *t = test_list; t; t = t->next) {
		if (!selected(t->name, argc, argv))
			continue;
		test_failures = 0;
		t->run();
		printf("%s %s\n", test_failures ? "FAIL" : "ok", t->name);
		failed += test_failures != 0;
	}
	return failed != 0;
}
