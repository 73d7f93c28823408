/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a trace looks like as it goes to the host: a header, then records of one size, everything
 * little-endian. Records of one CPU come in the order of their times; those of several CPUs in
 * pieces of each. A header may come again, when the host listens anew: it begins another trace.
 * tools/thimblelib/trace.py reads this; its test takes the numbers from here.
 *
 * Times are TSC ticks. TRACE_CLOCK says what the clock showed at some moment, and how fast it thinks
 * the TSC is; there are two at least, and if they are far apart they know better.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

#define TRACE_MAGIC   "THIMBLE\n"
#define TRACE_VERSION 1

struct trace_header {
	char magic[8];
	uint32_t version;
	uint32_t record_bytes;
	uint32_t cpus;
	uint32_t groups;          /* enum trace_group of kernel/tracepoint.h */
};

enum trace_event {
	TRACE_CLOCK       = 1,    /* number[0]: ns since boot; [1]: since 1970; [2]: ns of 2^32 ticks, as is known so far */
	TRACE_LOST        = 2,    /* number[0]: so many records of this CPU did not fit in its ring */
	TRACE_THREAD      = 3,    /* a thread that was there before; name: its own */
	TRACE_END_MARK    = 4,    /* nothing follows: the app has ended */
	TRACE_PHASE       = 16,   /* a phase of the boot begins; name */
	TRACE_DEVICE_BEGIN = 17,  /* its driver sets a device up; name: where it is */
	TRACE_DEVICE_END  = 18,   /* name: what it is called now */
	TRACE_IRQ_BEGIN   = 32,   /* number[0]: vector */
	TRACE_IRQ_END     = 33,
	TRACE_SWITCH      = 48,   /* to thread; name: its own; number[2]: the thread before; detail: its enum thread_state */
	TRACE_QUEUE_ADD   = 64,   /* name: device; number[2]: token; [3]: queue index, buffers in flight << 16 */
	TRACE_QUEUE_KICK  = 65,   /* the same without a token: the device is told */
	TRACE_QUEUE_USED  = 66,   /* the same; [3] also: bytes written by the device << 32 */
	TRACE_BLOCK_BEGIN = 80,   /* name: disk; detail: enum blk_op; number[2]: sector; [3]: request */
	TRACE_BLOCK_END   = 81,   /* number[2]: status, 0 or -errno; [3]: request */
	TRACE_CALL_BEGIN  = 96,   /* a socket call; name; number[3]: which socket */
	TRACE_CALL_END    = 97,   /* number[2]: its result */
};

#define TRACE_NAME_BYTES 16

struct trace_record {
	uint64_t tsc;
	uint16_t event;
	uint8_t cpu;
	uint8_t detail;
	uint32_t thread;          /* that ran, by id */
	union {
		char name[TRACE_NAME_BYTES]; /* ends with a zero, if there is room */
		uint64_t number[4];          /* [2] and [3] beside a name */
	};
};
static_assert(sizeof(struct trace_header) == 24, "layout");
static_assert(sizeof(struct trace_record) == 48, "layout");
