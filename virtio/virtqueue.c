/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtqueues, whatever their format: making, using, interrupting and resetting them. What happens
 * to each buffer is in virtqueue_path.h.
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

COLD void virtqueue_free_all(struct virtio_device *dev)
{
	for (struct virtqueue *vq = dev->queues, *next; vq; vq = next) {
		next = vq->next;
		destroy(vq);
	}
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

/* Out of line, as four places lead to it. */
__attribute__((noinline)) void virtqueue_notify(struct virtqueue *vq)
{
	vq->notifications++;
	TRACEPOINT(VIRTQUEUE, trace_virtqueue_kick(vq));
	vq->dev->transport->queue_notify(vq);
}

int virtqueue_add(struct virtqueue *vq, const struct sg *sg, unsigned n, unsigned readable,
		  void *token)
{
	irq_state s = spin_lock(&vq->lock);
	int error = vq->ops->add(vq, sg, n, readable, token, false);

	spin_unlock(&vq->lock, s);
	return error;
}

int virtqueue_submit(struct virtqueue *vq, const struct sg *sg, unsigned n, unsigned readable,
		     void *token)
{
	return vq->ops->add(vq, sg, n, readable, token, true);
}

void virtqueue_kick(struct virtqueue *vq)
{
	irq_state s = spin_lock(&vq->lock);
	bool notify = !vq->broken && vq->ops->publish(vq);

	spin_unlock(&vq->lock, s);
	if (notify)
		virtqueue_notify(vq);
}

bool virtqueue_arm(struct virtqueue *vq)
{
	irq_state s = spin_lock(&vq->lock);
	bool more = !vq->broken && vq->ops->arm(vq);

	spin_unlock(&vq->lock, s);
	return more;
}

unsigned virtqueue_reap(struct virtqueue *vq, unsigned budget)
{
	return vq->ops->hand_out(vq, budget, false);
}

unsigned virtqueue_drain(struct virtqueue *vq, unsigned budget)
{
	return vq->ops->hand_out(vq, budget, true);
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
