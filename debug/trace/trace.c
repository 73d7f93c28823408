/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tracepoints lead to, and where their records go. Tracing may begin with the first
 * parameter: from there on this CPU has memory for a ring. The other CPUs' rings follow before they
 * start.
 */
#include "debug/trace/trace.h"
#include "kernel/acpi.h"
#include "kernel/blkdev.h"
#include "kernel/cpu.h"
#include "kernel/debugger.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/param.h"
#include "kernel/thread.h"
#include <errno.h>
#include <string.h>

#define ALL_GROUPS ((1u << 6) - 1)
#define FLIGHT_RECORDS 256u /* where nobody streams and no size was given */
#define STREAM_RECORDS 8192u

static struct trace_ring *rings[CPU_MAX];
static uint32_t ring_records; /* for each CPU, rounded down to a power of two; 0: by default */
const char *trace_port;
unsigned trace_wanted = ALL_GROUPS;
_Atomic uint64_t trace_lost;

PARAM_STRING("trace.port", trace_port);
PARAM_UINT("trace.records", ring_records, 16, 1u << 24);

static const char *const group_names[] = { "boot", "irq", "sched", "virtqueue", "block", "socket" };

const char *trace_group_name(unsigned i)
{
	return i < sizeof group_names / sizeof *group_names ? group_names[i] : NULL;
}

static unsigned group_of(const char *word, size_t len)
{
	for (unsigned i = 0; trace_group_name(i); i++)
		if (strlen(group_names[i]) == len && memcmp(group_names[i], word, len) == 0)
			return 1u << i;
	return len == 3 && memcmp(word, "all", 3) == 0 ? ALL_GROUPS : 0;
}

int trace_parse_groups(const char *text)
{
	unsigned groups = 0;

	for (;;) {
		size_t len = strcspn(text, ",");
		unsigned group = group_of(text, len);

		if (!group)
			return -EINVAL;
		groups |= group;
		if (!text[len])
			return (int)groups;
		text += len + 1;
	}
}

/*
 * trace.port= may follow trace=, so the boot CPU's first ring is as large as a stream's; it is none
 * that overwrites before the start.
 */
static struct trace_ring *make_ring(uint32_t size, bool keep_newest)
{
	uint32_t power = 1u << (31 - __builtin_clz(size));
	struct trace_ring *r = kmalloc(trace_ring_bytes(power));

	if (r)
		trace_ring_init(r, power, keep_newest);
	return r;
}

static int set_trace(const struct param *p, const char *value, const char *suffix)
{
	int groups = trace_parse_groups(value);

	(void)p;
	(void)suffix;
	if (groups < 0)
		return groups;
	trace_wanted = (unsigned)groups;
	if (!rings[0])
		rings[0] = make_ring(ring_records ? ring_records : STREAM_RECORDS, false);
	trace_groups = trace_wanted;
	return 0;
}
PARAM_CALL("trace", set_trace);

struct trace_ring *trace_ring_of(unsigned cpu)
{
	return cpu < CPU_MAX ? rings[cpu] : NULL;
}

unsigned trace_cpus(void)
{
	unsigned n = acpi.ncpus ? acpi.ncpus : 1;

	return n < CPU_MAX ? n : CPU_MAX;
}

static void make_rings(void)
{
	uint32_t size = trace_port ? STREAM_RECORDS : FLIGHT_RECORDS;

	if (ring_records)
		size = ring_records;
	for (unsigned i = 0; i < trace_cpus(); i++)
		if (!rings[i])
			rings[i] = make_ring(size, !trace_port);
	if (rings[0] && !trace_port)
		rings[0]->keep_newest = true;
	if (!rings[0])
		log_warn("trace: no memory for its rings; give trace.records= a smaller number");
}

static const struct debugger_part rings_part = { .start = make_rings };
DEBUGGER_PART(rings_part);

void trace_on(unsigned groups)
{
	trace_wanted = groups;
	trace_groups = groups;
}

void trace_off(void)
{
	trace_groups = 0;
}

/* --- records --- */

void trace_name(struct trace_record *r, const char *name)
{
	for (unsigned i = 0; name && i < TRACE_NAME_BYTES && name[i]; i++)
		r->name[i] = name[i];
}

/* Interrupts stay off up to the end: an interrupt's records go behind those it interrupted. */
void trace_record(struct trace_record *r)
{
	unsigned long flags = cpu_irq_save();
	const struct cpu *cpu = this_cpu();
	struct trace_ring *ring = rings[cpu->id];

	r->tsc = cpu_tsc();
	r->cpu = (uint8_t)cpu->id;
	if (!r->thread && cpu->current)
		r->thread = cpu->current->id;
	if (ring)
		trace_ring_put(ring, r);
	else
		trace_lost++;
	cpu_irq_restore(flags);
}

void trace_interrupt(enum trace_edge edge, unsigned vector)
{
	struct trace_record r = {
		.event = edge == TRACE_BEGIN ? TRACE_IRQ_BEGIN : TRACE_IRQ_END, .number = { vector },
	};

	trace_record(&r);
}

void trace_switch(const struct thread *prev, const struct thread *next)
{
	struct trace_record r = {
		.event = TRACE_SWITCH, .thread = next->id, .detail = (uint8_t)prev->state,
	};

	r.number[2] = prev->id;
	trace_name(&r, next->name);
	trace_record(&r);
}

void trace_block_begin(const struct blkdev *d, const struct blk_req *req)
{
	struct trace_record r = { .event = TRACE_BLOCK_BEGIN, .detail = (uint8_t)req->op };

	trace_name(&r, d->name);
	r.number[2] = req->sector;
	r.number[3] = (uintptr_t)req;
	trace_record(&r);
}

void trace_block_end(const struct blk_req *req, int status)
{
	struct trace_record r = { .event = TRACE_BLOCK_END };

	r.number[2] = (uint64_t)status;
	r.number[3] = (uintptr_t)req;
	trace_record(&r);
}

void trace_socket_begin(const char *call, const void *socket)
{
	struct trace_record r = { .event = TRACE_CALL_BEGIN };

	trace_name(&r, call);
	r.number[3] = (uintptr_t)socket;
	trace_record(&r);
}

void trace_socket_end(const char *call, const void *socket, long result)
{
	struct trace_record r = { .event = TRACE_CALL_END };

	trace_name(&r, call);
	r.number[2] = (uint64_t)result;
	r.number[3] = (uintptr_t)socket;
	trace_record(&r);
}

/* --- phases of the boot --- */

const char *boot_phase_name(enum boot_phase phase)
{
	static const char *const names[PHASE_COUNT] = {
		[PHASE_PROCESSOR] = "processor", [PHASE_MEMORY] = "memory",
		[PHASE_PARAMETERS] = "parameters", [PHASE_ACPI] = "ACPI",
		[PHASE_INTERRUPTS] = "interrupts", [PHASE_CLOCK] = "clock",
		[PHASE_THREADS] = "threads", [PHASE_DEVICES] = "devices",
		[PHASE_NETWORK] = "network", [PHASE_APP_THREAD] = "app's thread",
		[PHASE_FILES] = "files", [PHASE_LIBC] = "libc", [PHASE_MAIN] = "main",
	};

	return names[phase];
}

struct trace_record boot_phase_record(enum boot_phase phase)
{
	struct trace_record r = { .event = TRACE_PHASE, .tsc = boot_phase_tsc[phase] };

	trace_name(&r, boot_phase_name(phase));
	return r;
}
