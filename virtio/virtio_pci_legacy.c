/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The legacy interface of virtio over PCI (VIRTIO 1.4, sections 4.1.4.10 and 4.1.5.1.3.1): one
 * block of registers in BAR 0, I/O ports, in the byte order of the processor. The device chooses
 * the size of a queue, which is enabled by telling in which page its memory starts.
 */
#include "kernel/page.h"
#include "virtio/virtio_pci.h"
#include <errno.h>

#define get(p, field)        virtio_pci_get(p, struct virtio_pci_legacy_cfg, field)
#define set(p, field, value) virtio_pci_set(p, struct virtio_pci_legacy_cfg, field, value)

static uint8_t get_status(struct virtio_device *dev)
{
	return (uint8_t)get(virtio_pci_of(dev), device_status);
}

static void set_status(struct virtio_device *dev, uint8_t status)
{
	set(virtio_pci_of(dev), device_status, status);
}

static uint64_t get_features(struct virtio_device *dev)
{
	return get(virtio_pci_of(dev), device_feature);
}

static void set_features(struct virtio_device *dev, uint64_t features)
{
	set(virtio_pci_of(dev), driver_feature, (uint32_t)features);
}

static uint32_t config_generation(struct virtio_device *dev)
{
	(void)dev;
	return 0;
}

/* The registers of MSI-X lie in front of the configuration, while MSI-X is on. */
static size_t moved(const struct virtio_pci *p, size_t off)
{
	const size_t by = sizeof(struct virtio_pci_legacy_cfg) -
			  offsetof(struct virtio_pci_legacy_cfg, config_msix_vector);

	return p->nvectors ? off + by : off;
}

static void config_read(struct virtio_device *dev, size_t off, void *value, size_t len)
{
	struct virtio_pci *p = virtio_pci_of(dev);

	virtio_window_get(&p->config, moved(p, off), value, len);
}

static void config_write(struct virtio_device *dev, size_t off, const void *value, size_t len)
{
	struct virtio_pci *p = virtio_pci_of(dev);

	virtio_window_put(&p->config, moved(p, off), value, len);
}

/* A queue that has an address although the device was reset is not ours. */
static uint16_t queue_max(struct virtio_device *dev, uint16_t index)
{
	struct virtio_pci *p = virtio_pci_of(dev);

	set(p, queue_select, index);
	return get(p, queue_address) ? 0 : (uint16_t)get(p, queue_size);
}

static int queue_enable(struct virtio_device *dev, struct virtqueue *vq)
{
	struct virtio_pci *p = virtio_pci_of(dev);
	uint64_t page = (uintptr_t)vq->descriptor_area / PAGE_SIZE;

	if (page > UINT32_MAX)
		return -ERANGE;
	set(p, queue_select, vq->spec.index);
	virtio_pci_irq_queue(p, vq);
	set(p, queue_address, (uint32_t)page);
	return 0;
}

static void queue_notify(struct virtqueue *vq)
{
	set(virtio_pci_of(vq->dev), queue_notify, virtqueue_notification(vq));
}

static const struct virtio_transport transport = {
	.name = "legacy",
	.legacy = true,
	.get_status = get_status,
	.set_status = set_status,
	.get_features = get_features,
	.set_features = set_features,
	.interrupts_prepare = virtio_pci_irq_prepare,
	.queue_max = queue_max,
	.queue_enable = queue_enable,
	.queue_notify = queue_notify,
	.config_generation = config_generation,
	.config_read = config_read,
	.config_write = config_write,
	.free = virtio_pci_free,
};

int virtio_pci_legacy(struct virtio_pci *p)
{
	const struct pci_bar *bar = &p->pci->bar[0];
	struct virtio_window all;

	if (!bar->io || bar->size < sizeof(struct virtio_pci_legacy_cfg) ||
	    !virtio_pci_window(p->pci, 0, 0, (uint32_t)bar->size, &all))
		return -ENOTSUP;
	p->common = p->config = p->isr = all;
	p->isr.at += offsetof(struct virtio_pci_legacy_cfg, isr_status);
	p->config.at += offsetof(struct virtio_pci_legacy_cfg, config_msix_vector);
	p->config.len -= offsetof(struct virtio_pci_legacy_cfg, config_msix_vector);
	p->config_vector = offsetof(struct virtio_pci_legacy_cfg, config_msix_vector);
	p->queue_vector = offsetof(struct virtio_pci_legacy_cfg, queue_msix_vector);
	p->dev.transport = &transport;
	return 0;
}
