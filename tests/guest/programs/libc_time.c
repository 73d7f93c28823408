/* SPDX-License-Identifier: BSD-2-Clause */
/* Clocks, sleeping, calendar time. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000ll

static long long ns_of(struct timespec t)
{
	return t.tv_sec * 1000 * MS + t.tv_nsec;
}

static long long now(clockid_t id)
{
	struct timespec t = { 0 };

	CHECK_EQ(clock_gettime(id, &t), 0);
	CHECK(t.tv_nsec >= 0 && t.tv_nsec < 1000 * MS);
	return ns_of(t);
}

static void check_clocks(void)
{
	struct timespec t;
	struct timeval tv;
	long long last = now(CLOCK_MONOTONIC);

	for (int i = 0; i < 1000; i++) {
		long long next = now(CLOCK_MONOTONIC);

		CHECK(next >= last);
		last = next;
	}
	CHECK_EQ(gettimeofday(&tv, NULL), 0);
	CHECK(labs(tv.tv_sec - time(NULL)) <= 1);
	CHECK(labs(tv.tv_sec - (long)(now(CLOCK_REALTIME) / (1000 * MS))) <= 1);
	CHECK(time(NULL) > 1700000000);
	CHECK_ERRNO(clock_gettime(77, &t), EINVAL);
	CHECK_EQ(clock_getres(CLOCK_MONOTONIC, &t), 0);
	CHECK(t.tv_sec == 0 && t.tv_nsec >= 1);
	CHECK_EQ(clock_getres(CLOCK_REALTIME, NULL), 0);
}

static void check_sleep(void)
{
	struct timespec t = { 0, 20 * MS }, left = { 7, 7 };
	long long start = now(CLOCK_MONOTONIC);

	CHECK_EQ(nanosleep(&t, NULL), 0);
	CHECK(now(CLOCK_MONOTONIC) - start >= 20 * MS);
	start = now(CLOCK_MONOTONIC);
	CHECK_EQ(usleep(10000), 0);
	CHECK(now(CLOCK_MONOTONIC) - start >= 10 * MS);
	t.tv_nsec = 1000 * MS;
	CHECK_ERRNO(nanosleep(&t, &left), EINVAL);
	t = (struct timespec){ -1, 0 };
	CHECK_ERRNO(nanosleep(&t, NULL), EINVAL);
	CHECK_EQ(sleep(0), 0);
}

static void check_absolute_sleep(void)
{
	struct timespec t;
	long long deadline;

	clock_gettime(CLOCK_MONOTONIC, &t);
	deadline = ns_of(t) + 20 * MS;
	t = (struct timespec){ deadline / (1000 * MS), deadline % (1000 * MS) };
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0);
	CHECK(now(CLOCK_MONOTONIC) >= deadline);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0);
	deadline = now(CLOCK_REALTIME) + 20 * MS;
	t = (struct timespec){ deadline / (1000 * MS), deadline % (1000 * MS) };
	CHECK_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &t, NULL), 0);
	CHECK(now(CLOCK_REALTIME) >= deadline);
	CHECK_EQ(clock_nanosleep(77, 0, &t, NULL), EINVAL);
	t.tv_nsec = -1;
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL), EINVAL);
}

static void check_cpu_time(void)
{
	clock_t start = clock(), ticks;
	struct tms t;
	volatile unsigned sum = 0;

	while (clock() - start < CLOCKS_PER_SEC / 100)
		sum += 1;
	ticks = times(&t);
	CHECK(ticks != (clock_t)-1);
	CHECK(sysconf(_SC_CLK_TCK) > 0);
}

static void check_calendar(void)
{
	time_t when = 951782400 + 3661; /* 2000-02-29 01:01:01 */
	struct tm tm = { 0 }, back;
	char text[64];

	CHECK(gmtime_r(&when, &tm) == &tm);
	CHECK(tm.tm_year == 100 && tm.tm_mon == 1 && tm.tm_mday == 29 && tm.tm_wday == 2 && tm.tm_yday == 59);
	CHECK_EQ(strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S", &tm), 25);
	CHECK(strcmp(text, "Tue, 29 Feb 2000 01:01:01") == 0);
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	localtime_r(&when, &back);
	CHECK_EQ(back.tm_hour, 2);
	CHECK_EQ(mktime(&back), when);
	when += 150 * 86400;
	localtime_r(&when, &back);
	CHECK(back.tm_hour == 3 && back.tm_isdst == 1);
}

int main(void)
{
	check_clocks();
	check_sleep();
	check_absolute_sleep();
	check_cpu_time();
	check_calendar();
	return verdict();
}
