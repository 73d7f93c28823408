/* SPDX-License-Identifier: BSD-2-Clause */
/* The C library under several threads: streams, memory, and what each thread has for itself. */
#include "check.h"
#include "kernel/thread.h"
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4
#define LINES   500
#define ROUNDS  3000

static FILE *shared;
static int wrong;

static void run_all(void (*entry)(void *))
{
	struct thread *threads[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++) {
		threads[i] = thread_create("worker", PRIO_APP, 0, entry, (void *)i);
		CHECK(threads[i]);
	}
	for (int i = 0; i < THREADS; i++)
		thread_join(threads[i]);
}

static void write_lines(void *id)
{
	for (int i = 0; i < LINES; i++)
		fprintf(shared, "%d: line %d of %d, %g\n", (int)(uintptr_t)id, i, LINES, i / 4.0);
}

/* A line of each thread's is whole, and its lines are in order. */
static void check_streams(void)
{
	int next[THREADS] = { 0 }, id, line, total, lines = 0;
	double quarter;

	shared = fopen("/threads", "w+");
	run_all(write_lines);
	rewind(shared);
	while (fscanf(shared, "%d: line %d of %d, %lg\n", &id, &line, &total, &quarter) == 4) {
		CHECK(id >= 0 && id < THREADS && line == next[id] && total == LINES && quarter == line / 4.0);
		next[id]++;
		lines++;
	}
	CHECK_EQ(lines, THREADS * LINES);
	fclose(shared);
}

static void allocate(void *id)
{
	unsigned char *kept[32] = { 0 }, mark = 1 + (uintptr_t)id;
	unsigned seed = mark;

	for (int i = 0; i < ROUNDS; i++) {
		unsigned slot = (seed = seed * 1103515245 + 12345) >> 16 & 31, size = 1 + (seed >> 8 & 1023);

		if (kept[slot])
			__atomic_fetch_add(&wrong, kept[slot][0] != mark, __ATOMIC_RELAXED);
		free(kept[slot]);
		kept[slot] = malloc(size);
		memset(kept[slot], mark, size);
		if (i % 64 == 0)
			thread_yield();
	}
	for (int i = 0; i < 32; i++)
		free(kept[i]);
}

static void use_own(void *id)
{
	int number = 100 + (int)(uintptr_t)id;
	char text[] = "a b c", *last, *word;
	time_t when = number * 86400;
	struct tm *tm = gmtime(&when);

	errno = number;
	word = strtok(text, " ");
	for (int i = 0; i < 100; i++)
		thread_yield();
	last = strtok(NULL, " ");
	if (errno != number || strcmp(word, "a") != 0 || strcmp(last, "b") != 0 || tm->tm_yday != number)
		__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
}

static void open_and_close(void *unused)
{
	(void)unused;
	for (int i = 0; i < 300; i++) {
		int fd = open("/threads", O_RDONLY);

		if (fd < 0 || lseek(fd, i, SEEK_SET) != i)
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
		if (i % 16 == 0)
			thread_yield();
		if (lseek(fd, 0, SEEK_CUR) != i || close(fd) != 0)
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	}
}

int main(void)
{
	check_streams();
	run_all(allocate);
	CHECK_EQ(wrong, 0);
	run_all(use_own);
	CHECK_EQ(wrong, 0);
	run_all(open_and_close);
	CHECK_EQ(wrong, 0);
	return verdict();
}
