/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ring of one CPU's records. One writer, that CPU with interrupts off; one reader. A full ring
 * either loses what is new, and says so as soon as there is room, or what is oldest: then its
 * reader is a frozen system's.
 */
#pragma once

#include "debug/trace/format.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct trace_ring {
	_Atomic uint64_t written, read; /* records, ever */
	uint32_t size;                  /* records, a power of two */
	uint32_t unreported;            /* lost since the last TRACE_LOST */
	_Atomic uint64_t lost;
	bool keep_newest;
	struct trace_record records[];
};

static inline size_t trace_ring_bytes(uint32_t size)
{
	return sizeof(struct trace_ring) + size * sizeof(struct trace_record);
}

void trace_ring_init(struct trace_ring *, uint32_t size, bool keep_newest);
void trace_ring_put(struct trace_ring *, const struct trace_record *);

/* The oldest records in one piece; how many. They stay until they are dropped. */
unsigned trace_ring_peek(struct trace_ring *, const struct trace_record **);
void trace_ring_drop(struct trace_ring *, unsigned n);
