/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way of a buffer into a ring and out of it again: the queue's own books, the one drain loop,
 * and the distrust of what a device returns. Written once, and compiled into each of the two ring
 * files, with whose few functions - ring_add(), ring_publish(), ring_peek(), ring_retire(),
 * ring_arm() - it becomes one body: calls between them were a fifth of what a request cost.
 */
#pragma once

#include "kernel/tracepoint.h"
#include "virtio/virtio.h"
#include "virtio/virtqueue_ring.h"
#include <errno.h>

/*
 * Before DRIVER_OK nothing is published or notified (3.1.1); the driver's start function kicks once
 * the device is live. A notification that carries data must not be overtaken by a later one, so it
 * is sent at once. True: one without data is still to be sent.
 */
static inline bool publish(struct virtqueue *vq)
{
	if (!vq->dev->live || !ring_publish(vq))
		return false;
	if (!virtio_has(vq->dev, VIRTIO_F_NOTIFICATION_DATA))
		return true;
	virtqueue_notify(vq);
	return false;
}

static inline void queue_up(struct virtqueue *vq, uint16_t id)
{
	if (vq->in_flight == 0)
		vq->oldest = id;
	else
		vq->tokens[vq->newest].following = id;
	vq->newest = id;
}

static int add(struct virtqueue *vq, const struct sg *sg, unsigned n, unsigned readable,
	       void *token, bool now)
{
	uint16_t id = vq->free_head;
	bool indirect = n > 1 && n <= vq->spec.pieces && id < vq->ntables;
	uint16_t count = (uint16_t)(indirect ? 1 : n);

	if (vq->broken)
		return -EIO;
	if (n == 0 || n > vq->size)
		return -EINVAL;
	if (vq->num_free < count)
		return -ENOSPC;
	vq->tokens[id].token = token;
	vq->tokens[id].count = count;
	vq->tokens[id].indirect = indirect;
	vq->num_free = (uint16_t)(vq->num_free - count);
	if (vq->in_order)
		queue_up(vq, id);
	vq->in_flight++;
	vq->buffers++;
	TRACEPOINT(VIRTQUEUE, trace_virtqueue_add(vq, token));
	vq->tokens[id].writable = ring_add(vq, id, sg, n, readable);
	return now && publish(vq);
}

#define NONE (-1) /* no id, and no error number that is in use here */

/* A buffer that came back. */
struct returned {
	void *token;   /* NULL: none did */
	uint32_t len;
	bool last;     /* the device has no other, and will tell of later ones */
};

/*
 * Where buffers come back in order, one entry of the ring, about the buffer id, stands for every
 * buffer from the oldest to that one (2.7.9, 2.8.6). How many those are.
 */
static inline uint16_t batch_up_to(const struct virtqueue *vq, uint16_t id)
{
	uint16_t n = 1;

	for (uint16_t at = vq->oldest; at != id; at = vq->tokens[at].following)
		n++;
	return n;
}

/*
 * Starts on the next entry of the ring. Its buffer's id; NONE; -EIO: it makes no sense.
 * The order of these checks keeps every index within private bounds.
 */
static inline int next_batch(struct virtqueue *vq)
{
	struct virtqueue_used u = ring_peek(vq);
	const struct virtqueue_token *t;

	if (u.pending == 0)
		return NONE;
	if (u.pending > vq->in_flight || u.id >= vq->size)
		return -EIO;
	t = &vq->tokens[u.id];
	if (!t->token)
		return -EIO;
	if (u.len > t->writable && virtio_legacy(vq->dev))
		u.len = t->writable; /* 2.7.8.2: legacy ones count what they like */
	if (vq->spec.no_lengths || t->writable == 0)
		u.len = 0; /* means nothing here, and some devices write what they like */
	if (vq->in_order)
		vq->batch = batch_up_to(vq, (uint16_t)u.id);
	if (u.len > t->writable || vq->batch > u.pending)
		return -EIO;
	vq->batch_len = u.len;
	return (int)u.id;
}

/*
 * The next buffer that came back: its id, NONE or -EIO. All but the last of a batch were used to
 * the end (2.7.9).
 */
static inline int next_used(struct virtqueue *vq, struct returned *r)
{
	int id = vq->batch ? 0 : next_batch(vq);
	struct virtqueue_token *t;

	if (id < 0)
		return id;
	if (vq->in_order) {
		id = vq->oldest;
		vq->oldest = vq->tokens[id].following;
		vq->batch--;
	}
	t = &vq->tokens[id];
	r->token = t->token;
	r->len = vq->batch ? t->writable : vq->batch_len;
	t->token = NULL;
	vq->in_flight--;
	vq->num_free = (uint16_t)(vq->num_free + t->count);
	ring_retire(vq, (uint16_t)id);
	return id;
}

static inline bool arm(struct virtqueue *vq)
{
	return ring_arm(vq) || vq->batch;
}

/*
 * Takes one used buffer off the ring; without a token: none, or none that can be believed. A drain
 * turns the notifications on as soon as there is none, and looks once more; or with the last buffer
 * the device had, and then there is nothing to look for.
 */
static inline struct returned take_used(struct virtqueue *vq, bool drain)
{
	irq_state s = spin_lock(&vq->lock);
	struct returned r = { 0 };
	int id = NONE;

	while (!vq->broken && (id = next_used(vq, &r)) == NONE && drain && arm(vq))
		drain = false;
	if (id >= 0 && drain && vq->in_flight == 0)
		r.last = !arm(vq);
	if (id == -EIO)
		vq->broken = true;
	spin_unlock(&vq->lock, s);
	if (id == -EIO)
		virtio_device_broken(vq->dev, "it returned a buffer it does not have");
	return r;
}

/* The drain loop. Without drain, notifications are left as they are. */
static unsigned hand_out(struct virtqueue *vq, unsigned budget, bool drain)
{
	struct returned r = { 0 };
	unsigned n = 0;

	while (n < budget && !r.last && (r = take_used(vq, drain)).token) {
		TRACEPOINT(VIRTQUEUE, trace_virtqueue_used(vq, r.token, r.len));
		vq->spec.used(vq, r.token, r.len);
		n++;
	}
	return n;
}
