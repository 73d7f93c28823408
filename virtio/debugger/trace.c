/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tracepoints of virtqueues and devices. Those of consoles are left out: a trace that goes to the
 * host through one would be about itself.
 */
#include "debug/trace/trace.h"
#include "virtio/virtio.h"

static void queue_event(enum trace_event event, const struct virtqueue *vq, const void *token, uint32_t len)
{
	struct trace_record r = { .event = event };

	if (vq->dev->id == VIRTIO_ID_CONSOLE)
		return;
	trace_name(&r, vq->dev->name);
	r.number[2] = (uintptr_t)token;
	r.number[3] = vq->spec.index | (uint64_t)vq->in_flight << 16 | (uint64_t)len << 32;
	trace_record(&r);
}

void trace_virtqueue_add(const struct virtqueue *vq, const void *token)
{
	queue_event(TRACE_QUEUE_ADD, vq, token, 0);
}

void trace_virtqueue_kick(const struct virtqueue *vq)
{
	queue_event(TRACE_QUEUE_KICK, vq, NULL, 0);
}

void trace_virtqueue_used(const struct virtqueue *vq, const void *token, uint32_t len)
{
	queue_event(TRACE_QUEUE_USED, vq, token, len);
}

void trace_device(enum trace_edge edge, const struct virtio_device *dev)
{
	struct trace_record r = { .event = edge == TRACE_BEGIN ? TRACE_DEVICE_BEGIN : TRACE_DEVICE_END };

	trace_name(&r, dev->name);
	r.number[2] = dev->id;
	trace_record(&r);
}
