/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's `trace`: on, off, and the newest records of all CPUs in the order of their times. */
#include "debug/monitor.h"
#include "debug/trace/trace.h"
#include "kernel/clock.h"
#include "kernel/cpu.h"
#include <string.h>

#define SHOWN 40u

static const char *event_name(const struct trace_record *r)
{
	switch (r->event) {
	case TRACE_LOST: return "lost";
	case TRACE_DEVICE_BEGIN: return "device begins";
	case TRACE_DEVICE_END: return "device is up";
	case TRACE_IRQ_BEGIN: return "interrupt";
	case TRACE_IRQ_END: return "interrupt ends";
	case TRACE_SWITCH: return "switch to";
	case TRACE_QUEUE_ADD: return "add";
	case TRACE_QUEUE_KICK: return "kick";
	case TRACE_QUEUE_USED: return "used";
	case TRACE_BLOCK_BEGIN: return "request begins";
	case TRACE_BLOCK_END: return "request ends";
	case TRACE_CALL_BEGIN: return "call";
	case TRACE_CALL_END: return "returns";
	default: return "?";
	}
}

static void print_payload(const struct trace_record *r)
{
	int queue = (int)(r->number[3] & 0xffff);

	switch (r->event) {
	case TRACE_LOST:
	case TRACE_IRQ_BEGIN:
	case TRACE_IRQ_END:
		monitor_print(" %llu\n", (unsigned long long)r->number[0]);
		break;
	case TRACE_QUEUE_ADD:
	case TRACE_QUEUE_KICK:
	case TRACE_QUEUE_USED:
		monitor_print(" %.16s queue %d, %d in flight\n", r->name, queue, (int)(r->number[3] >> 16 & 0xffff));
		break;
	case TRACE_BLOCK_END:
		monitor_print(" %#llx: %lld\n", (unsigned long long)r->number[3], (long long)r->number[2]);
		break;
	case TRACE_BLOCK_BEGIN:
		monitor_print(" %.16s sector %llu, %#llx\n", r->name, (unsigned long long)r->number[2],
			      (unsigned long long)r->number[3]);
		break;
	case TRACE_CALL_END:
		monitor_print(" %.16s: %lld\n", r->name, (long long)r->number[2]);
		break;
	default:
		monitor_print(" %.16s\n", r->name);
	}
}

static void print_record(const struct trace_record *r, uint64_t now)
{
	monitor_print("%10llu us ago  cpu %d  thread %-4u %s", (unsigned long long)clock_ticks_to_ns(now - r->tsc) / 1000,
		      r->cpu, r->thread, event_name(r));
	print_payload(r);
}

/* The latest record of any CPU that is older than what was chosen before: their indices go back. */
static struct trace_ring *latest(const uint64_t *next)
{
	struct trace_ring *best = NULL;
	uint64_t tsc = 0;

	for (unsigned i = 0; i < trace_cpus(); i++) {
		struct trace_ring *ring = trace_ring_of(i);
		const struct trace_record *r = ring ? &ring->records[(next[i] - 1) & (ring->size - 1)] : NULL;

		if (r && next[i] > ring->read && r->tsc >= tsc) {
			best = ring;
			tsc = r->tsc;
		}
	}
	return best;
}

static void show(void)
{
	static uint64_t next[CPU_MAX];
	static const struct trace_record *chosen[SHOWN];
	uint64_t now = cpu_tsc();
	unsigned n = 0;

	for (unsigned i = 0; i < trace_cpus(); i++)
		next[i] = trace_ring_of(i) ? trace_ring_of(i)->written : 0;
	for (struct trace_ring *ring; n < SHOWN && (ring = latest(next)) != NULL; n++)
		for (unsigned i = 0; i < trace_cpus(); i++)
			if (trace_ring_of(i) == ring)
				chosen[n] = &ring->records[--next[i] & (ring->size - 1)];
	if (!n)
		monitor_print("Nothing was recorded.\n");
	while (n)
		print_record(chosen[--n], now);
}

static void print_state(void)
{
	uint64_t lost = trace_lost;

	monitor_print("recorded:");
	for (unsigned i = 0; trace_group_name(i); i++)
		if (trace_groups & 1u << i)
			monitor_print(" %s", trace_group_name(i));
	for (unsigned i = 0; i < trace_cpus(); i++)
		lost += trace_ring_of(i) ? trace_ring_of(i)->lost : 0;
	monitor_print("%s; %llu records lost; streamed to %s\n", trace_groups ? "" : " nothing",
		      (unsigned long long)lost, trace_port ? trace_port : "nobody (trace.port=)");
}

static void turn_on(const struct monitor_args *args)
{
	int groups = args->n > 1 ? trace_parse_groups(args->word[1]) : (int)trace_wanted;

	if (groups < 0)
		monitor_print("%s: groups are boot, irq, sched, virtqueue, block, socket and all, with commas between\n",
			      args->word[1]);
	else
		trace_on((unsigned)groups);
}

static void run(const struct monitor_args *args)
{
	if (args->n && strcmp(args->word[0], "on") == 0)
		turn_on(args);
	else if (args->n && strcmp(args->word[0], "off") == 0)
		trace_off();
	else if (args->n && strcmp(args->word[0], "show") != 0)
		monitor_print("trace: on, off or show\n");
	if (args->n && strcmp(args->word[0], "show") == 0)
		show();
	print_state();
}

static const struct monitor_command trace_command = {
	.name = "trace",
	.usage = "[on [GROUP,...] | off | show]",
	.help = "records events from now on, or no more; shows the newest",
	.example = "trace on sched,irq",
	.run = run,
};
MONITOR_COMMAND(trace_command);
