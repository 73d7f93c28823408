/* SPDX-License-Identifier: BSD-2-Clause */
/* debug/trace/ring.h. */
#include "debug/trace/ring.h"

void trace_ring_init(struct trace_ring *r, uint32_t size, bool keep_newest)
{
	r->written = r->read = r->lost = 0;
	r->size = size;
	r->unreported = 0;
	r->keep_newest = keep_newest;
}

static struct trace_record *slot(struct trace_ring *r, uint64_t n)
{
	return &r->records[n & (r->size - 1)];
}

static uint64_t used(const struct trace_ring *r)
{
	return atomic_load_explicit(&r->written, memory_order_relaxed) -
	       atomic_load_explicit(&r->read, memory_order_acquire);
}

static void append(struct trace_ring *r, const struct trace_record *record)
{
	uint64_t n = atomic_load_explicit(&r->written, memory_order_relaxed);

	*slot(r, n) = *record;
	atomic_store_explicit(&r->written, n + 1, memory_order_release);
}

static void lose(struct trace_ring *r)
{
	r->unreported++;
	atomic_store_explicit(&r->lost, r->lost + 1, memory_order_relaxed);
}

static void report_loss(struct trace_ring *r, const struct trace_record *at)
{
	struct trace_record loss = {
		.tsc = at->tsc, .event = TRACE_LOST, .cpu = at->cpu, .thread = at->thread,
		.number = { r->unreported },
	};

	append(r, &loss);
	r->unreported = 0;
}

void trace_ring_put(struct trace_ring *r, const struct trace_record *record)
{
	uint64_t room = r->size - used(r);

	if (r->keep_newest) {
		if (!room)
			r->read++;
	} else if (room < (r->unreported ? 2u : 1u)) {
		lose(r);
		return;
	} else if (r->unreported) {
		report_loss(r, record);
	}
	append(r, record);
}

unsigned trace_ring_peek(struct trace_ring *r, const struct trace_record **first)
{
	uint64_t from = atomic_load_explicit(&r->read, memory_order_relaxed);
	uint64_t there = atomic_load_explicit(&r->written, memory_order_acquire) - from;
	uint64_t piece = r->size - (from & (r->size - 1));

	*first = slot(r, from);
	return (unsigned)(there < piece ? there : piece);
}

void trace_ring_drop(struct trace_ring *r, unsigned n)
{
	atomic_store_explicit(&r->read, r->read + n, memory_order_release);
}
