/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tracer: tracepoints (kernel/tracepoint.h) fill a ring for each CPU; a thread streams the rings
 * to a port of the host's (stream.c), or they keep the newest records for the monitor (show.c).
 */
#pragma once

#include "debug/trace/ring.h"
#include "kernel/tracepoint.h"
#include <stdbool.h>

/* Records an event of this CPU at this moment; fills in all but event, detail and payload. */
void trace_record(struct trace_record *);

/* A record's name, cut to what fits. */
void trace_name(struct trace_record *, const char *);

struct trace_ring *trace_ring_of(unsigned cpu); /* NULL: no memory, or no such CPU */
unsigned trace_cpus(void);
extern const char *trace_port;                  /* NULL: nobody streams */
extern unsigned trace_wanted;                   /* groups that trace= names, or all */
extern _Atomic uint64_t trace_lost;             /* where there was no ring */

/* "boot,sched" as groups; -EINVAL: one of them is none. */
int trace_parse_groups(const char *text);
const char *trace_group_name(unsigned index);   /* NULL behind the last */

const char *boot_phase_name(enum boot_phase);
struct trace_record boot_phase_record(enum boot_phase);

/* The monitor's. */
void trace_on(unsigned groups);
void trace_off(void);
