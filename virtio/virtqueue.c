/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What split and packed rings have in common: making a queue, the one drain loop, and what happens
 * when a device breaks the rules.
 */
#include "virtio/virtqueue.h"
#include "kernel/heap.h"
#include "kernel/log.h"
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

static struct virtqueue *create(struct virtio_device *dev, const struct virtqueue_spec *spec,
				uint16_t size)
{
	struct virtqueue *vq = kzalloc(sizeof *vq);

	if (!vq)
		return NULL;
	spinlock_init(&vq->lock, &queue_class);
	vq->dev = dev;
	vq->ops = &virtqueue_split_ops;
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
					       sizeof *vq->indirect, VIRTQ_DESC_ALIGN);
	if (!vq->ring || !vq->tokens || (vq->ntables && !vq->indirect)) {
		log_err("%s: no memory for queue %u of %u entries", dev->where, spec->index, size);
		destroy(vq);
		return NULL;
	}
	vq->next = dev->queues;
	dev->queues = vq;
	return vq;
}

static void reset(struct virtqueue *vq)
{
	irq_state s = spin_lock(&vq->lock);

	memset(vq->ring, 0, vq->ops->ring_bytes(vq));
	vq->in_flight = 0;
	vq->ops->reset(vq);
	if (vq->spec.silent)
		vq->ops->silence(vq);
	vq->broken = false;
	spin_unlock(&vq->lock, s);
}

/*
 * A split ring's size is a power of two (2.7). A legacy device has just one size (2.7.2), and no
 * way to hear that it is odd. 0: none will do.
 */
static uint16_t choose_size(const struct virtio_device *dev, uint16_t wanted, uint16_t max)
{
	uint16_t size = virtio_legacy(dev) || max < wanted ? max : wanted;
	uint16_t floor = (uint16_t)(1u << (31 - __builtin_clz(size | 1u)));

	return virtio_legacy(dev) && size != floor ? 0 : floor;
}

/*
 * The same queue again after a reset. Its memory may still be looked at by a late interrupt, so it
 * is never replaced: the size must be what it was.
 */
static struct virtqueue *renew(struct virtio_device *dev, struct virtqueue *vq, uint16_t size)
{
	if (size == vq->size &&
	    !vq->indirect == !(vq->spec.pieces > 1 && virtio_has(dev, VIRTIO_F_INDIRECT_DESC)))
		return vq;
	log_err("%s: queue %u changed its size or features over a reset", dev->where,
		vq->spec.index);
	return NULL;
}

struct virtqueue *virtio_queue(struct virtio_device *dev, const struct virtqueue_spec *spec)
{
	uint16_t max = dev->transport->queue_max(dev, spec->index);
	uint16_t size = choose_size(dev, spec->size, max);
	struct virtqueue *vq = find(dev, spec->index);
	int error;

	if (max == 0 || size == 0) {
		log_err(max ? "%s: queue %u has an odd size" : "%s: queue %u does not exist",
			dev->where, spec->index);
		return NULL;
	}
	vq = vq ? renew(dev, vq, size) : create(dev, spec, size);
	if (!vq)
		return NULL;
	reset(vq);
	error = dev->transport->queue_enable(dev, vq);
	if (error) {
		log_err("%s: queue %u cannot be enabled, error %d", dev->where, spec->index,
			-error);
		return NULL;
	}
	return vq;
}

int virtqueue_add(struct virtqueue *vq, const struct sg *sg, unsigned n, unsigned readable,
		  void *token)
{
	irq_state s = spin_lock(&vq->lock);
	int error = vq->broken ? -EIO : vq->ops->add(vq, sg, n, readable, token);

	spin_unlock(&vq->lock, s);
	return error;
}

/*
 * Before DRIVER_OK nothing is published or notified (3.1.1); the driver's start function kicks once
 * the device is live.
 */
void virtqueue_kick(struct virtqueue *vq)
{
	irq_state s = spin_lock(&vq->lock);
	bool notify = vq->dev->live && !vq->broken && vq->ops->publish(vq);

	spin_unlock(&vq->lock, s);
	if (notify)
		vq->dev->transport->queue_notify(vq);
}

/* Takes one used buffer off the ring. False: none, or none that can be believed. */
static bool take_used(struct virtqueue *vq, void **token, uint32_t *len)
{
	irq_state s = spin_lock(&vq->lock);
	uint16_t id;
	int found = vq->broken ? 0 : vq->ops->next_used(vq, &id, len);

	if (found > 0) {
		*token = vq->tokens[id].token;
		vq->tokens[id].token = NULL;
		vq->in_flight--;
	} else if (found < 0) {
		vq->broken = true;
	}
	spin_unlock(&vq->lock, s);
	if (found < 0)
		virtio_device_broken(vq->dev, "it returned a buffer it does not have");
	return found > 0;
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
	unsigned n = 0;
	uint32_t len;
	void *token;

	while (n < budget && take_used(vq, &token, &len)) {
		vq->spec.used(vq, token, len);
		n++;
	}
	return n;
}

unsigned virtqueue_drain(struct virtqueue *vq, unsigned budget)
{
	unsigned n = 0;

	do
		n += virtqueue_reap(vq, budget - n);
	while (n < budget && virtqueue_arm(vq));
	return n;
}

void virtqueue_silence(struct virtqueue *vq)
{
	irq_state s = spin_lock(&vq->lock);

	vq->ops->silence(vq);
	spin_unlock(&vq->lock, s);
}

uint32_t virtqueue_notification(const struct virtqueue *vq)
{
	return vq->spec.index;
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
	if (!vq->broken)
		handle_interrupt(vq);
	atomic_fetch_sub(&vq->handlers, 1);
}

void virtqueue_settle(struct virtqueue *vq)
{
	while (atomic_load(&vq->handlers))
		cpu_relax();
}
