/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The trace's ring: order, loss that is told, the newest kept; and one writer beside one reader.
 *
 * Links: debug/trace/ring.c
 */
#include "tests/host/test.h"
#include "debug/trace/ring.h"
#include <pthread.h>
#include <stdlib.h>

#define SIZE 16u

static struct trace_ring *make(bool keep_newest)
{
	struct trace_ring *r = malloc(trace_ring_bytes(SIZE));

	trace_ring_init(r, SIZE, keep_newest);
	return r;
}

static void put(struct trace_ring *r, uint64_t number)
{
	struct trace_record record = { .event = TRACE_IRQ_BEGIN, .tsc = number, .number = { number } };

	trace_ring_put(r, &record);
}

/* Takes up to max records: the numbers in them must go on from *next, but for what is told as lost. */
static unsigned take(struct trace_ring *r, unsigned max, uint64_t *next)
{
	const struct trace_record *first;
	unsigned n = trace_ring_peek(r, &first);

	if (n > max)
		n = max;
	for (unsigned i = 0; i < n; i++) {
		if (first[i].event == TRACE_LOST) {
			*next += first[i].number[0];
			continue;
		}
		CHECK(first[i].number[0] == *next);
		++*next;
	}
	trace_ring_drop(r, n);
	return n;
}

TEST(records_come_in_order)
{
	struct trace_ring *r = make(false);
	uint64_t in = 0, out = 0;

	for (unsigned round = 0; round < 100; round++) {
		for (unsigned i = 0; i < round % SIZE; i++)
			put(r, in++);
		while (take(r, 3, &out) > 0)
			;
		CHECK(out == in);
	}
	CHECK(r->lost == 0);
	free(r);
}

TEST(what_is_lost_is_told)
{
	struct trace_ring *r = make(false);
	const struct trace_record *first;
	uint64_t next = 0;

	for (uint64_t i = 0; i < SIZE + 5; i++)
		put(r, i);
	CHECK(r->lost == 5);
	CHECK(take(r, 1, &next) == 1);
	put(r, SIZE + 5); /* room for one: not for it and the report as well */
	CHECK(r->lost == 6);
	while (take(r, SIZE, &next) > 0)
		;
	CHECK(next == SIZE);
	put(r, SIZE + 6);
	CHECK(trace_ring_peek(r, &first) >= 1);
	CHECK(first->event == TRACE_LOST);
	CHECK(first->number[0] == 6);
	while (take(r, SIZE, &next) > 0)
		;
	CHECK(next == SIZE + 7);
	free(r);
}

TEST(the_newest_are_kept)
{
	struct trace_ring *r = make(true);
	uint64_t next = 100 - SIZE;

	for (uint64_t i = 0; i < 100; i++)
		put(r, i);
	while (take(r, SIZE, &next) > 0)
		;
	CHECK(next == 100);
	CHECK(r->lost == 0);
	free(r);
}

#define MANY 200000u

static void *writer(void *ring)
{
	for (uint64_t i = 0; i < MANY; i++)
		put(ring, i);
	return NULL;
}

TEST(a_writer_beside_a_reader)
{
	struct trace_ring *r = make(false);
	uint64_t next = 0;
	pthread_t thread;

	pthread_create(&thread, NULL, writer, r);
	while (atomic_load(&r->written) + atomic_load(&r->lost) < MANY)
		take(r, 5, &next);
	pthread_join(thread, NULL);
	while (take(r, SIZE, &next) > 0)
		;
	CHECK(next + r->unreported == MANY);
	free(r);
}

TEST_MAIN
