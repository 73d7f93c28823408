/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What split and packed rings have in common: making a queue, the one drain loop, and what happens
 * when a device breaks the rules.
 */
#include "virtio/virtqueue.h"
#include "kernel/cold.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/tracepoint.h"
#include "kernel/x86_64/cpu.h"
#include "virtio/virtio.h"
#include <errno.h>
#include <string.h>

#define RING_ALIGN 64u /* a cache line; more than any of its areas asks for */

LOCK_CLASS(queue_class, "virtqueue");

static struct virtqueue *find(struct virtio_device *dev, uint16_t index)
{
	struct virtqueue *vq = dev->queues;

	while (vq && vq->spec.index != index)
		vq = vq->next;
	return vq;
}

static void destroy(struct virtqueue *vq)
{
	kfree(vq->ring);
	kfree(vq->tokens);
	kfree(vq->indirect);
	kfree(vq);
}

static const struct virtqueue_ops *format(const struct virtio_device *dev)
{
	return virtio_has(dev, VIRTIO_F_RING_PACKED) ? &virtqueue_packed_ops : &virtqueue_split_ops;
}

static struct virtqueue *create(struct virtio_device *dev, const struct virtqueue_spec *spec,
				uint16_t size)
{
	struct virtqueue *vq = kzalloc(sizeof *vq);

	if (!vq)
		return NULL;
	spinlock_init(&vq->lock, &queue_class);
	vq->dev = dev;
	vq->ops = format(dev);
	vq->size = size;
	vq->spec = *spec;
	/* 2.7.5.3.1: a chain is never longer than the queue, an indirect table included */
	if (vq->spec.pieces > size)
		vq->spec.pieces = size;
	vq->ring = kmalloc_aligned(vq->ops->ring_bytes(vq),
				   virtio_legacy(dev) ? VIRTIO_LEGACY_ALIGN : RING_ALIGN);
	vq->tokens = kmalloc(size * sizeof *vq->tokens);
	if (spec->pieces > 1 && virtio_has(dev, VIRTIO_F_INDIRECT_DESC))
		vq->ntables = size < spec->size ? size : spec->size;
	if (vq->ntables)
		vq->indirect = kmalloc_aligned((size_t)vq->ntables * vq->spec.pieces *
					       sizeof(struct virtq_desc), VIRTQ_DESC_ALIGN);
	if (!vq->ring || !vq->tokens || (vq->ntables && !vq->indirect)) {
		log_err("%s: no memory for queue %u of %u entries", dev->where, spec->index, size);
		destroy(vq);
		return NULL;
	}
	vq->next = dev->queues;
	dev->queues = vq;
	return vq;
}

/* Empty, and still broken: nobody may use it before the device does. */
static void reset(struct virtqueue *vq)
{
	irq_state s = spin_lock(&vq->lock);

	memset(vq->ring, 0, vq->ops->ring_bytes(vq));
	for (unsigned i = 0; i < vq->size; i++)
		vq->tokens[i] = (struct virtqueue_token){ .next = (uint16_t)((i + 1) % vq->size) };
	vq->free_head = vq->in_flight = vq->batch = 0;
	vq->num_free = vq->size;
	vq->event_idx = virtio_has(vq->dev, VIRTIO_F_EVENT_IDX);
	vq->in_order = virtio_has(vq->dev, VIRTIO_F_IN_ORDER);
	vq->ops->reset(vq);
	if (vq->spec.silent)
		vq->ops->silence(vq);
	spin_unlock(&vq->lock, s);
}

/* Resets the driver's side and has the device start on it. */
COLD static int enable(struct virtqueue *vq)
{
	int error;

	reset(vq);
	error = vq->dev->transport->queue_enable(vq->dev, vq);
	if (error)
		log_err("%s: queue %u cannot be enabled, error %d", vq->dev->where, vq->spec.index,
			-error);
	else
		vq->broken = false;
	return error;
}

/*
 * A split ring's size is a power of two (2.7), a packed ring's any number (2.8). A legacy device
 * has just one size (2.7.2), and no way to hear that it is odd. 0: none will do.
 */
static uint16_t choose_size(const struct virtio_device *dev, uint16_t wanted, uint16_t max)
{
	uint16_t size = virtio_legacy(dev) || max < wanted ? max : wanted;
	uint16_t floor = (uint16_t)(1u << (31 - __builtin_clz(size | 1u)));

	if (virtio_has(dev, VIRTIO_F_RING_PACKED))
		return size;
	return virtio_legacy(dev) && size != floor ? 0 : floor;
}

/*
 * The same queue again after a reset. Its memory may still be looked at by a late interrupt, so it
 * is never replaced: the size must be what it was.
 */
static struct virtqueue *renew(struct virtio_device *dev, struct virtqueue *vq, uint16_t size)
{
	if (size == vq->size && vq->ops == format(dev) &&
	    !vq->indirect == !(vq->spec.pieces > 1 && virtio_has(dev, VIRTIO_F_INDIRECT_DESC)))
		return vq;
	log_err("%s: queue %u changed its size or features over a reset", dev->where,
		vq->spec.index);
	return NULL;
}

COLD struct virtqueue *virtio_queue(struct virtio_device *dev, const struct virtqueue_spec *spec)
{
	uint16_t max = dev->transport->queue_max(dev, spec->index);
	uint16_t size = choose_size(dev, spec->size, max);
	struct virtqueue *vq = find(dev, spec->index);

	if (max == 0 || size == 0) {
		log_err(max ? "%s: queue %u has an odd size" : "%s: queue %u does not exist",
			dev->where, spec->index);
		return NULL;
	}
	vq = vq ? renew(dev, vq, size) : create(dev, spec, size);
	return vq && enable(vq) == 0 ? vq : NULL;
}

static uint32_t writable_bytes(const struct sg *sg, unsigned n, unsigned readable)
{
	uint32_t sum = 0;

	for (unsigned i = readable; i < n; i++)
		sum += sg[i].len;
	return sum;
}

/* Out of line, as four places lead to it. */
__attribute__((noinline)) void virtqueue_notify(struct virtqueue *vq)
{
	vq->notifications++;
	TRACEPOINT(VIRTQUEUE, trace_virtqueue_kick(vq));
	vq->dev->transport->queue_notify(vq);
}

/*
 * Before DRIVER_OK nothing is published or notified (3.1.1); the driver's start function kicks once
 * the device is live. A notification that carries data must not be overtaken by a later one, so it
 * is sent at once. True: one without data is still to be sent.
 */
static inline bool publish(struct virtqueue *vq)
{
	if (!vq->dev->live || !vq->ops->publish(vq))
		return false;
	if (!virtio_has(vq->dev, VIRTIO_F_NOTIFICATION_DATA))
		return true;
	virtqueue_notify(vq);
	return false;
}

static void queue_up(struct virtqueue *vq, uint16_t id)
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
	vq->tokens[id].writable = writable_bytes(sg, n, readable);
	vq->tokens[id].count = count;
	vq->tokens[id].indirect = indirect;
	vq->num_free = (uint16_t)(vq->num_free - count);
	if (vq->in_order)
		queue_up(vq, id);
	vq->in_flight++;
	vq->buffers++;
	TRACEPOINT(VIRTQUEUE, trace_virtqueue_add(vq, token));
	vq->ops->add(vq, id, sg, n, readable);
	return now && publish(vq);
}

int virtqueue_add(struct virtqueue *vq, const struct sg *sg, unsigned n, unsigned readable,
		  void *token)
{
	irq_state s = spin_lock(&vq->lock);
	int error = add(vq, sg, n, readable, token, false);

	spin_unlock(&vq->lock, s);
	return error;
}

int virtqueue_submit(struct virtqueue *vq, const struct sg *sg, unsigned n, unsigned readable,
		     void *token)
{
	return add(vq, sg, n, readable, token, true);
}

void virtqueue_kick(struct virtqueue *vq)
{
	irq_state s = spin_lock(&vq->lock);
	bool notify = !vq->broken && publish(vq);

	spin_unlock(&vq->lock, s);
	if (notify)
		virtqueue_notify(vq);
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
static uint16_t batch_up_to(const struct virtqueue *vq, uint16_t id)
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
static int next_batch(struct virtqueue *vq)
{
	struct virtqueue_used u = vq->ops->peek(vq);
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
static int next_used(struct virtqueue *vq, struct returned *r)
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
	vq->ops->retire(vq, (uint16_t)id);
	return id;
}

static bool arm(struct virtqueue *vq)
{
	return vq->ops->arm(vq) || vq->batch;
}

/*
 * Takes one used buffer off the ring; without a token: none, or none that can be believed. A drain
 * turns the notifications on as soon as there is none, and looks once more; or with the last buffer
 * the device had, and then there is nothing to look for.
 */
static struct returned take_used(struct virtqueue *vq, bool drain)
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

bool virtqueue_arm(struct virtqueue *vq)
{
	irq_state s = spin_lock(&vq->lock);
	bool more = !vq->broken && arm(vq);

	spin_unlock(&vq->lock, s);
	return more;
}

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

unsigned virtqueue_reap(struct virtqueue *vq, unsigned budget)
{
	return hand_out(vq, budget, false);
}

unsigned virtqueue_drain(struct virtqueue *vq, unsigned budget)
{
	return hand_out(vq, budget, true);
}

void virtqueue_silence(struct virtqueue *vq)
{
	irq_state s = spin_lock(&vq->lock);

	vq->ops->silence(vq);
	spin_unlock(&vq->lock, s);
}

uint32_t virtqueue_notification(const struct virtqueue *vq)
{
	if (!virtio_has(vq->dev, VIRTIO_F_NOTIFICATION_DATA))
		return vq->spec.index;
	return vq->spec.index | (uint32_t)vq->ops->position(vq) << 16;
}

static void handle_interrupt(struct virtqueue *vq)
{
	if (vq->spec.interrupt)
		vq->spec.interrupt(vq);
	else
		virtqueue_drain(vq, VIRTQUEUE_ALL);
}

/*
 * A broken queue's driver may be gone. Either this sees that the queue is broken, or who broke it
 * finds this at work.
 */
void virtqueue_interrupt(struct virtqueue *vq)
{
	atomic_fetch_add(&vq->handlers, 1);
	vq->interrupts++;
	if (!vq->broken)
		handle_interrupt(vq);
	atomic_fetch_sub(&vq->handlers, 1);
}

void virtqueue_settle(struct virtqueue *vq)
{
	while (atomic_load(&vq->handlers))
		cpu_relax();
}

/* Nobody finds the token of a queue that is stopped, so each is handed out once. */
static void take_back(struct virtqueue *vq, void (*returned)(struct virtqueue *, void *token))
{
	for (unsigned i = 0; i < vq->size; i++) {
		void *token = vq->tokens[i].token;

		vq->tokens[i].token = NULL;
		if (token)
			returned(vq, token);
	}
}

static void stop(struct virtqueue *vq)
{
	irq_state s = spin_lock(&vq->lock);

	vq->broken = true;
	spin_unlock(&vq->lock, s);
	virtqueue_settle(vq);
}

COLD int virtqueue_reset(struct virtqueue *vq, void (*returned)(struct virtqueue *, void *token))
{
	struct virtio_device *dev = vq->dev;
	int error = -EIO;

	if (!virtio_has(dev, VIRTIO_F_RING_RESET))
		return -ENOTSUP;
	mutex_lock(&dev->life);
	if (dev->live && !dev->broken) {
		stop(vq);
		error = dev->transport->queue_reset(vq);
		if (!error) {
			take_back(vq, returned);
			error = enable(vq);
		}
		if (error)
			virtio_device_broken(dev, "a queue did not come back from its reset");
	}
	mutex_unlock(&dev->life);
	return error ? -EIO : 0;
}
