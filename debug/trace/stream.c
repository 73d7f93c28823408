/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread that sends the rings to a port of the host's. It comes round every few milliseconds:
 * tracepoints stand where a thread cannot be woken. A host that does not read costs records, which
 * are counted, and nothing else.
 */
#include "debug/trace/trace.h"
#include "kernel/clock.h"
#include "kernel/debugger.h"
#include "kernel/log.h"
#include "kernel/port.h"
#include "kernel/thread.h"
#include <errno.h>

#define ROUND_NS  10000000ull
#define BOOT_NS   3000000000ull /* one that takes longer is one to look into */
#define FINISH_NS 2000000000ull /* the end of the app waits so long for a host that reads */

enum { FINISH_NO, FINISH_WANTED, FINISH_DONE };

static atomic_uint finish;
static bool begun; /* the header went out, to a host that still listens */
static enum boot_phase phases_sent;
static struct thread *streamer;

static void send(struct port *p, const void *data, size_t len)
{
	if (begun && port_send(p, data, len) < 0)
		begun = false;
}

static void send_clock(struct port *p)
{
	struct trace_record r = { .event = TRACE_CLOCK };

	r.number[0] = clock_now_ns();
	r.number[1] = clock_wall_ns();
	r.number[2] = clock_ticks_to_ns(1ull << 32);
	r.tsc = cpu_tsc();
	send(p, &r, sizeof r);
}

static void send_phases(struct port *p)
{
	for (; phases_sent < PHASE_COUNT && boot_phase_tsc[phases_sent]; phases_sent++) {
		struct trace_record r = boot_phase_record(phases_sent);

		send(p, &r, sizeof r);
	}
}

/* The threads there are; others show up with their first switch. They are few, so far. */
static void note_thread(const struct thread *t, void *arg)
{
	struct { struct trace_record record[32]; unsigned n; } *list = arg;
	struct trace_record *r = &list->record[list->n];

	if (list->n == 32)
		return;
	list->n++;
	*r = (struct trace_record){ .event = TRACE_THREAD, .tsc = cpu_tsc(), .thread = t->id };
	trace_name(r, t->name);
}

static void send_threads(struct port *p)
{
	static struct { struct trace_record record[32]; unsigned n; } list;

	list.n = 0;
	thread_for_each_locked(note_thread, &list);
	send(p, list.record, list.n * sizeof *list.record);
}

static void begin(struct port *p)
{
	struct trace_header h = {
		.magic = TRACE_MAGIC, .version = TRACE_VERSION,
		.record_bytes = sizeof(struct trace_record),
		.cpus = trace_cpus(), .groups = trace_wanted,
	};

	begun = true;
	phases_sent = 0;
	send(p, &h, sizeof h);
	send_clock(p);
	send_threads(p);
}

static void drain(struct port *p, struct trace_ring *ring)
{
	uint64_t end = ring ? ring->written : 0; /* what comes meanwhile is for the next round */
	const struct trace_record *first;
	unsigned n;

	while (ring && begun && ring->read < end && (n = trace_ring_peek(ring, &first)) > 0) {
		send(p, first, n * sizeof *first);
		trace_ring_drop(ring, n);
	}
}

static void send_round(struct port *p)
{
	if (!p->connected)
		begun = false;
	else if (!begun)
		begin(p);
	if (!begun)
		return;
	send_phases(p);
	for (unsigned i = 0; i < trace_cpus(); i++)
		drain(p, trace_ring_of(i));
	send_clock(p);
}

static void end(struct port *p)
{
	struct trace_record mark = { .event = TRACE_END_MARK, .tsc = cpu_tsc() };

	trace_off();
	send_round(p);
	send(p, &mark, sizeof mark);
	port_release(p);
	finish = FINISH_DONE;
	futex_wake(&finish, UINT32_MAX);
}

/* The boot is left alone: what is sent of it then took no time from it. */
static void let_boot(void)
{
	while (!boot_phase_tsc[PHASE_MAIN] && clock_now_ns() < BOOT_NS)
		thread_sleep_until(clock_now_ns() + ROUND_NS);
}

static struct port *find_port(void)
{
	struct port *p;

	while (!(p = port_find(trace_port)))
		thread_sleep_until(clock_now_ns() + ROUND_NS);
	return p;
}

static void stream(void *arg)
{
	struct port *p;
	int error;

	(void)arg;
	let_boot();
	p = find_port();
	error = port_claim(p, NULL, NULL);
	if (error) {
		log_warn("trace: port %s cannot be used, error %d", trace_port, -error);
		trace_off();
		finish = FINISH_DONE;
		return;
	}
	while (finish == FINISH_NO && !p->gone) {
		send_round(p);
		thread_sleep_until(clock_now_ns() + ROUND_NS);
	}
	end(p);
}

static void start(void)
{
	if (!trace_port)
		return;
	streamer = thread_create("trace", PRIO_APP, 0, stream, NULL);
	if (!streamer)
		log_warn("trace: no memory for its thread, nothing is sent");
}

/* In good time, if the host reads at all. */
static void finish_stream(void)
{
	uint64_t deadline_ns = clock_now_ns() + FINISH_NS;
	unsigned seen = FINISH_NO;

	if (!streamer || !atomic_compare_exchange_strong(&finish, &seen, FINISH_WANTED))
		return;
	while (finish == FINISH_WANTED)
		if (futex_wait(&finish, FINISH_WANTED, deadline_ns) == -ETIMEDOUT)
			break;
}

static const struct debugger_part stream_part = { .start = start, .finish = finish_stream };
DEBUGGER_PART(stream_part);
