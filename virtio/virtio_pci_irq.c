/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts of virtio over PCI (VIRTIO 1.4, section 4.1.5.1.2), best first: MSI-X, entry 0 for
 * configuration changes and one for each queue as far as table and device go, the rest sharing;
 * the INTx line, which others may share; a timer that looks.
 */
#include "kernel/irq.h"
#include "virtio/virtio_isr.h"
#include "virtio/virtio_pci.h"
#include <errno.h>

/*
 * A message shared with a queue does not say what it is about. The generation tells of a change
 * (4.1.5.1.3.2); a legacy device has none, and its driver compares what it reads.
 */
static void shared_config_interrupt(struct virtio_pci *p)
{
	const struct virtio_transport *t = p->dev.transport;
	uint32_t generation = t->config_generation(&p->dev);

	if (!t->legacy && generation == p->seen_generation &&
	    !(t->get_status(&p->dev) & VIRTIO_STATUS_DEVICE_NEEDS_RESET))
		return;
	p->seen_generation = generation;
	virtio_config_interrupt(&p->dev);
}

static void message(void *arg)
{
	struct virtio_pci_vector *v = arg;
	struct virtio_device *dev = &v->owner->dev;
	bool shared = false;

	for (struct virtqueue *vq = dev->queues; vq; vq = vq->next)
		if (vq->vector == v->entry) {
			virtqueue_interrupt(vq);
			shared = true;
		}
	if (v->entry != 0)
		return;
	if (shared)
		shared_config_interrupt(v->owner);
	else
		virtio_config_interrupt(dev);
}

/* 4.1.4.5: to read the register is to clear it and to drop the line; 0: it was another device. */
static void line(void *arg)
{
	struct virtio_pci *p = arg;

	if (p->dev.removed) /* others may share the line */
		return;
	virtio_isr(&p->dev, virtio_window_read(&p->isr, 0, 1));
}

static void poll(struct virtio_poll *poll)
{
	struct virtio_pci *p = container_of(poll, struct virtio_pci, poll);

	if (p->isr.at) {
		line(p);
		return;
	}
	virtio_isr_queues(&p->dev);
	shared_config_interrupt(p);
}

static void use_line(struct virtio_pci *p)
{
	pci_msix_disable(p->pci);
	p->nvectors = 0;
	if (p->line)
		return;
	p->line = true;
	if (!p->isr.at || pci_intx_connect(p->pci, line, p, p->dev.where) < 0)
		virtio_poll_instead(&p->poll, poll, p->dev.where, "no interrupt to be had");
}

void virtio_pci_irq_init(struct virtio_pci *p)
{
	int n = pci_msix_enable(p->pci);

	if (n > 0)
		p->nvectors = (unsigned)n < VIRTIO_PCI_VECTORS_MAX ? (unsigned)n
								   : VIRTIO_PCI_VECTORS_MAX;
	else
		use_line(p);
}

void virtio_pci_irq_free(struct virtio_pci *p)
{
	pci_msix_disable(p->pci);
	virtio_poll_stop(&p->poll);
	irq_disconnect(line, p);
	for (unsigned i = 0; i < VIRTIO_PCI_VECTORS_MAX; i++)
		if (p->vector[i].irq)
			irq_free(p->vector[i].irq);
}

/* Makes a table entry raise a vector of its own; made once, kept over resets. */
static bool entry_prepare(struct virtio_pci *p, uint16_t entry)
{
	struct virtio_pci_vector *v = &p->vector[entry];
	int irq;

	if (v->irq)
		return true;
	v->owner = p;
	v->entry = entry;
	irq = irq_alloc(message, v, p->dev.where);
	if (irq < 0)
		return false;
	v->irq = irq;
	pci_msix_set(p->pci, entry, irq);
	return true;
}

/*
 * 4.1.5.1.2.2: the device confirms by what the register then reads; NO_VECTOR means that it has no
 * resources for it.
 */
static bool map_event(struct virtio_pci *p, uint8_t reg, uint16_t entry)
{
	if (!entry_prepare(p, entry))
		return false;
	virtio_window_write(&p->common, reg, 2, entry);
	return virtio_window_read(&p->common, reg, 2) == entry;
}

int virtio_pci_irq_prepare(struct virtio_device *dev)
{
	struct virtio_pci *p = virtio_pci_of(dev);

	p->seen_generation = dev->transport->config_generation(dev);
	if (p->nvectors && !map_event(p, p->config_vector, 0))
		use_line(p);
	return 0;
}

/* The queue's own entry, else one that it shares with other queues, at last with entry 0. */
void virtio_pci_irq_queue(struct virtio_pci *p, struct virtqueue *vq)
{
	unsigned own = vq->spec.index + 1u;

	if (own >= p->nvectors)
		own = p->nvectors - 1;
	for (unsigned tries = p->nvectors ? own + 1 : 0; tries; tries--) {
		vq->vector = (uint16_t)(tries - 1);
		if (map_event(p, p->queue_vector, vq->vector))
			return;
	}
	use_line(p);
}
