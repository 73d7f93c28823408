/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The smallest test frame: TEST(name) { ... } registers itself, TEST_MAIN runs all (or those named
 * on the command line) and prints "ok NAME" or "FAIL NAME: where: what" for each. Exit status 0:
 * all passed.
 *
 * A test program says what it links besides itself and tests/host/shim.c in a comment line of its
 * own: "Links: kernel/page.c kernel/heap.c".
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

extern struct test *test_list;
extern int test_failures;

#define TEST(id)									\
	static void test_##id(void);							\
	static struct test test_entry_##id = { #id, test_##id, NULL };			\
	__attribute__((constructor)) static void test_register_##id(void)		\
	{										\
		struct test **end = &test_list;						\
		while (*end)								\
			end = &(*end)->next;						\
		*end = &test_entry_##id;						\
	}										\
	static void test_##id(void)

/* Notes a failure and goes on: a table of checks shows everything that is wrong in one run. */
#define CHECK(what)									\
	((what) ? (void)0 : test_fail(__FILE__, __LINE__, #what))
#define CHECK_EQ(a, b) ({								\
	long long a_ = (long long)(a), b_ = (long long)(b);				\
	if (a_ != b_) {									\
		char text_[256];							\
		snprintf(text_, sizeof(text_), "%s == %s: %lld, %lld", #a, #b, a_, b_);	\
		test_fail(__FILE__, __LINE__, text_);					\
	}										\
})
#define CHECK_STR(a, b) test_equal_str(__FILE__, __LINE__, #a " == " #b, (a), (b))

void test_equal_str(const char *file, int line, const char *what, const char *a, const char *b);
void test_fail(const char *file, int line, const char *what);
int test_main(int argc, char **argv);

#define TEST_MAIN								\
	int main(int argc, char **argv) { return test_main(argc, argv); }
