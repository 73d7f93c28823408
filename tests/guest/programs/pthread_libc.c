/* SPDX-License-Identifier: BSD-2-Clause */
/* The C library used by several threads at once: malloc, streams, strtok, errno, numbers as text. */
#include "check.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 4

static void run_all(void *(*function)(void *))
{
	pthread_t t[THREADS];

	for (intptr_t i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&t[i], NULL, function, (void *)i), 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_join(t[i], NULL), 0);
}

static unsigned next(unsigned *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* --- malloc --- */

#define PLACES 64
#define STEPS  20000

/* A block knows its size, and that in every byte. */
struct block {
	size_t size;
	unsigned char bytes[];
};

static _Atomic(struct block *) shared[PLACES];

static size_t random_size(unsigned *seed)
{
	unsigned r = next(seed);

	if (r % 64 == 0)
		return 1 + next(seed) % 100000;
	return 1 + next(seed) % (r % 8 ? 200 : 4000);
}

static struct block *fill(struct block *b, size_t size)
{
	if (!b)
		return NULL;
	b->size = size;
	memset(b->bytes, (int)(size % 251), size);
	return b;
}

static bool intact(const struct block *b, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (b->bytes[i] != b->size % 251)
			return false;
	return true;
}

static bool all_zero(const struct block *b, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (b->bytes[i])
			return false;
	return b->size == 0;
}

static struct block *make(unsigned *seed)
{
	size_t size = random_size(seed);
	struct block *b;

	switch (next(seed) % 4) {
	case 0:
		b = calloc(1, sizeof *b + size);
		CHECK(!b || all_zero(b, size));
		break;
	case 1:
		b = aligned_alloc(64, (sizeof *b + size + 63) & ~(size_t)63);
		CHECK((uintptr_t)b % 64 == 0);
		break;
	default:
		b = malloc(sizeof *b + size);
		CHECK((uintptr_t)b % 16 == 0);
	}
	CHECK(b != NULL);
	return fill(b, size);
}

static struct block *resize(struct block *b, unsigned *seed)
{
	size_t size = random_size(seed), kept = size < b->size ? size : b->size;
	struct block *moved = realloc(b, sizeof *b + size);

	CHECK(moved != NULL && intact(moved, kept));
	return fill(moved, size);
}

/* Blocks wander from thread to thread: what one has made another resizes and frees. */
static void *allocate(void *arg)
{
	unsigned seed = (unsigned)(uintptr_t)arg + 1;
	struct block *mine = NULL;

	for (int i = 0; i < STEPS; i++) {
		if (mine && next(&seed) % 8 == 0) {
			mine = resize(mine, &seed);
		} else {
			CHECK(!mine || intact(mine, mine->size));
			free(mine);
			mine = make(&seed);
		}
		mine = atomic_exchange(&shared[next(&seed) % PLACES], mine);
	}
	free(mine);
	return NULL;
}

static void *allocate_little(void *unused)
{
	void *p[50];

	for (int i = 0; i < 50; i++)
		CHECK((p[i] = malloc(100 + 40 * (size_t)i)) != NULL);
	for (int i = 0; i < 50; i++)
		free(p[i]);
	return unused;
}

static void check_malloc(void)
{
	volatile size_t huge = SIZE_MAX - 100; /* that the compiler does not see */
	void *end;

	run_all(allocate);
	for (int i = 0; i < PLACES; i++) {
		CHECK(!shared[i] || intact(shared[i], shared[i]->size));
		free(shared[i]);
	}
	run_all(allocate_little);
	end = sbrk(0);
	for (int i = 0; i < 100; i++)
		run_all(allocate_little);
	CHECK(sbrk(0) == end); /* threads leave nothing behind */
	CHECK(malloc(huge) == NULL && errno == ENOMEM);
	CHECK(calloc(huge, 3) == NULL && errno == ENOMEM);
}

/* --- streams --- */

#define LINES 1500

static FILE *log_file;

static void *write_lines(void *arg)
{
	int number = (int)(intptr_t)arg;

	for (int i = 0; i < LINES; i++) {
		if (i % 2) {
			fprintf(log_file, "%d %d %.3f %s\n", number, i, i / 8.0, "end");
			continue;
		}
		flockfile(log_file);
		fprintf(log_file, "%d %d ", number, i);
		fputs("0.0 ", log_file);
		for (const char *c = "end\n"; *c; c++)
			putc_unlocked(*c, log_file);
		funlockfile(log_file);
	}
	return NULL;
}

/* Each thread's lines are whole and in its order. */
static void check_lines(void)
{
	int next_line[THREADS] = { 0 }, number, i, lines = 0;
	char end[8];
	double x;

	rewind(log_file);
	while (fscanf(log_file, "%d %d %lf %7s", &number, &i, &x, end) == 4) {
		if (number < 0 || number >= THREADS || strcmp(end, "end") != 0)
			break;
		CHECK_EQ(i, next_line[number]++);
		CHECK(x == (i % 2 ? (int)(i / 8.0 * 1000 + 0.5) / 1000.0 : 0));
		lines++;
	}
	CHECK_EQ(lines, THREADS * LINES);
}

static void *use_own_file(void *arg)
{
	char name[32], line[64];

	snprintf(name, sizeof name, "/tmp/own%d", (int)(intptr_t)arg);
	for (int i = 0; i < 100; i++) {
		FILE *f = fopen(name, "w+");
		int got = -1;

		CHECK(f != NULL);
		if (!f)
			break;
		fprintf(f, "%d\n", i);
		rewind(f);
		CHECK(fgets(line, sizeof line, f) && sscanf(line, "%d", &got) == 1 && got == i);
		CHECK_EQ(fclose(f), 0);
	}
	remove(name);
	return NULL;
}

/* --- the rest --- */

#ifdef __linux__ /* whose strtok() is everybody's */
static _Thread_local char *strtok_rest;
#define strtok(text, separators) strtok_r(text, separators, &strtok_rest)
#endif

static void *use_strings(void *arg)
{
	int number = (int)(intptr_t)arg;

	for (int i = 0; i < 2000; i++) {
		char text[64], *word;
		int words = 0;
		double x = number + i / 1024.0;

		errno = number * 10000 + i;
		snprintf(text, sizeof text, "%.17g;%d;a;b", x, i);
		word = strtok(text, ";");
		CHECK(strtod(word, NULL) == x);
		while ((word = strtok(NULL, ";")) != NULL)
			words++;
		CHECK_EQ(words, 3);
		CHECK_EQ(errno, number * 10000 + i);
	}
	return NULL;
}

int main(void)
{
	check_malloc();
	log_file = fopen("/tmp/log", "w+");
	CHECK(log_file != NULL);
	if (!log_file)
		return verdict();
	run_all(write_lines);
	check_lines();
	fclose(log_file);
	remove("/tmp/log");
	run_all(use_own_file);
	run_all(use_strings);
	return verdict();
}
