/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Static tracepoints. One that is off costs a test of one flag, and everything else about it lies
 * out of the way. What they lead to belongs to the debugger (debug/trace/, virtio/debugger/): without
 * it the weak functions are NULL, and no flag is ever set. They run where they stand, with whatever
 * locks are held there: none sleeps, locks or allocates.
 *
 * Boot phases are noted in any image: when the first of them passes there is no memory for more
 * than a number yet, and a number is cheap.
 */
#pragma once

#include <stdint.h>

enum trace_group {
	TRACE_BOOT      = 1 << 0,
	TRACE_IRQ       = 1 << 1,
	TRACE_SCHED     = 1 << 2,
	TRACE_VIRTQUEUE = 1 << 3,
	TRACE_BLOCK     = 1 << 4,
	TRACE_SOCKET    = 1 << 5,
};

extern unsigned trace_groups; /* those that are recorded */

/* TRACEPOINT(SCHED, trace_switch(prev, next)); the call is not evaluated unless it is on. */
#define TRACEPOINT(group, call) do {						\
		if (__builtin_expect(trace_groups & TRACE_##group, 0))		\
			call;							\
	} while (0)

#define TRACE_HOOK __attribute__((weak, cold))

enum trace_edge { TRACE_BEGIN, TRACE_END };

struct blk_req;
struct blkdev;
struct thread;
struct virtio_device;
struct virtqueue;

TRACE_HOOK void trace_interrupt(enum trace_edge, unsigned vector);
TRACE_HOOK void trace_switch(const struct thread *prev, const struct thread *next);
TRACE_HOOK void trace_block_begin(const struct blkdev *, const struct blk_req *);
TRACE_HOOK void trace_block_end(const struct blk_req *, int status);
TRACE_HOOK void trace_virtqueue_add(const struct virtqueue *, const void *token);
TRACE_HOOK void trace_virtqueue_kick(const struct virtqueue *);
TRACE_HOOK void trace_virtqueue_used(const struct virtqueue *, const void *token, uint32_t len);
TRACE_HOOK void trace_device(enum trace_edge, const struct virtio_device *);
TRACE_HOOK void trace_socket_begin(const char *call, const void *socket);
TRACE_HOOK void trace_socket_end(const char *call, const void *socket, long result);

/* In the order in which they begin; each lasts until the next one. */
enum boot_phase {
	PHASE_PROCESSOR, PHASE_MEMORY, PHASE_PARAMETERS, PHASE_ACPI, PHASE_INTERRUPTS, PHASE_CLOCK,
	PHASE_THREADS, PHASE_DEVICES, PHASE_NETWORK, PHASE_APP_THREAD, PHASE_FILES, PHASE_LIBC,
	PHASE_MAIN,
	PHASE_COUNT,
};

extern uint64_t boot_phase_tsc[PHASE_COUNT]; /* 0: has not begun */
void boot_phase(enum boot_phase);
