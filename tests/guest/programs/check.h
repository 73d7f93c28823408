/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For guest programs that judge themselves: a failed check is one line on the console, and main()
 * returns how many there were.
 */
#pragma once

#include <errno.h>
#include <stdio.h>

static int failed;

#define CHECK(what) do {								\
	if (!(what)) {									\
		printf("FAIL %s:%d: %s (errno %d)\n", __FILE_NAME__, __LINE__, #what, errno);	\
		failed++;								\
	}										\
} while (0)

#define CHECK_EQ(got, want) do {							\
	long long got_ = (long long)(got), want_ = (long long)(want);			\
	if (got_ != want_) {								\
		printf("FAIL %s:%d: %s is %lld, not %lld (errno %d)\n", __FILE_NAME__, __LINE__, #got, got_, want_, errno); \
		failed++;								\
	}										\
} while (0)

/* The call fails, and for this reason. */
#define CHECK_ERRNO(call, number) do {							\
	errno = 0;									\
	CHECK_EQ(call, -1);								\
	CHECK_EQ(errno, number);							\
} while (0)

static inline int verdict(void)
{
	printf(failed ? "%d checks failed\n" : "all checks passed\n", failed);
	return failed ? 1 : 0;
}
