/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The modern interface of virtio over PCI (VIRTIO 1.4, section 4.1.4). Registers lie in BARs at
 * places that vendor capabilities name; every number in those is checked against the BAR it points
 * into.
 */
#include "kernel/clock.h"
#include "kernel/x86_64/cpu.h"
#include "kernel/x86_64/io.h"
#include "virtio/virtio_pci.h"
#include <errno.h>
#include <string.h>

#define PCI_CAP_VENDOR  0x09u
#define CONFIG_LEN_MAX  4096u   /* no device type's configuration is near that long */
#define COMMON_LEN_MIN  offsetof(struct virtio_pci_common_cfg, queue_notif_config_data) /* 1.0's */
#define COMMON_LEN_MAX  sizeof(struct virtio_pci_common_cfg)
#define RESET_DEADLINE_NS 1000000000ull

#define get(p, field)        virtio_pci_get(p, struct virtio_pci_common_cfg, field)
#define set(p, field, value) virtio_pci_set(p, struct virtio_pci_common_cfg, field, value)

/* 64-bit fields as two halves (4.1.3.1). */
#define set_address(p, field, area)                                                         \
	virtio_window_put(&(p)->common, offsetof(struct virtio_pci_common_cfg, field),      \
			  &(uint64_t){ (uintptr_t)(area) }, sizeof(uint64_t))

/* --- finding the structures --- */

static void read_cap(struct pci_dev *pci, unsigned at, struct virtio_pci_cap *cap)
{
	uint32_t words[sizeof *cap / 4];

	for (unsigned i = 0; i < sizeof words / 4; i++)
		words[i] = pci_read32(pci, (at + 4 * i) & 0xfc);
	memcpy(cap, words, sizeof *cap);
}

/*
 * The first capability of a type that can be used is the device's preference (4.1.4.1). Not usable:
 * a reserved BAR number, a BAR without an address, misaligned, or less than min bytes inside the
 * BAR. A length that promises more than the BAR has is cut.
 */
static bool find_cap(struct pci_dev *pci, enum virtio_pci_cfg_type type, uint32_t min,
		     uint32_t align, struct virtio_pci_cap *cap)
{
	for (unsigned at = 0; (at = pci_capability_next(pci, PCI_CAP_VENDOR, at)) != 0;) {
		const struct pci_bar *bar;

		read_cap(pci, at, cap);
		if (cap->cfg_type != type || cap->bar > 5 || cap->offset % align ||
		    cap->length < min)
			continue;
		bar = &pci->bar[cap->bar];
		if (!bar->address || cap->offset > bar->size || bar->size - cap->offset < min)
			continue;
		if (cap->length > bar->size - cap->offset)
			cap->length = (uint32_t)(bar->size - cap->offset);
		return true;
	}
	return false;
}

/* More than max bytes of a structure are of no interest. */
static bool map_cap(struct virtio_pci *p, enum virtio_pci_cfg_type type, uint32_t min, uint32_t max,
		    struct virtio_window *w)
{
	struct virtio_pci_cap cap;

	return find_cap(p->pci, type, min, min < 4 ? 1 : 4, &cap) &&
	       virtio_pci_window(p->pci, cap.bar, cap.offset, cap.length < max ? cap.length : max,
				 w);
}

/* --- the transport --- */

static uint8_t get_status(struct virtio_device *dev)
{
	return (uint8_t)get(virtio_pci_of(dev), device_status);
}

static void set_status(struct virtio_device *dev, uint8_t status)
{
	set(virtio_pci_of(dev), device_status, status);
}

/* What needs a register that the structure is too short for cannot be used. */
static uint64_t get_features(struct virtio_device *dev)
{
	struct virtio_pci *p = virtio_pci_of(dev);
	uint64_t features;

	set(p, device_feature_select, 1);
	features = (uint64_t)get(p, device_feature) << 32;
	set(p, device_feature_select, 0);
	features |= get(p, device_feature);
	if (p->common.len < offsetof(struct virtio_pci_common_cfg, admin_queue_index))
		features &= ~(VIRTIO_BIT(VIRTIO_F_NOTIF_CONFIG_DATA) |
			      VIRTIO_BIT(VIRTIO_F_RING_RESET));
	return features;
}

static void set_features(struct virtio_device *dev, uint64_t features)
{
	struct virtio_pci *p = virtio_pci_of(dev);

	for (unsigned word = 0; word < 2; word++) {
		set(p, driver_feature_select, word);
		set(p, driver_feature, (uint32_t)(features >> 32 * word));
	}
}

static uint32_t config_generation(struct virtio_device *dev)
{
	return get(virtio_pci_of(dev), config_generation);
}

static void config_read(struct virtio_device *dev, size_t off, void *value, size_t len)
{
	virtio_window_get(&virtio_pci_of(dev)->config, off, value, len);
}

static void config_write(struct virtio_device *dev, size_t off, const void *value, size_t len)
{
	virtio_window_put(&virtio_pci_of(dev)->config, off, value, len);
}

static uint16_t queue_max(struct virtio_device *dev, uint16_t index)
{
	struct virtio_pci *p = virtio_pci_of(dev);

	if (index >= get(p, num_queues))
		return 0;
	set(p, queue_select, index);
	return (uint16_t)get(p, queue_size);
}

/* 4.1.5.2: with NOTIFICATION_DATA a notification is 32 bits wide. */
static unsigned notify_width(const struct virtio_device *dev)
{
	return virtio_has(dev, VIRTIO_F_NOTIFICATION_DATA) ? 4 : 2;
}

/* 4.1.4.4: where a notification of the selected queue goes. */
static int prepare_notify(struct virtio_pci *p, struct virtqueue *vq)
{
	uint64_t off = (uint64_t)get(p, queue_notify_off) * p->notify.notify_off_multiplier;
	unsigned width = notify_width(&p->dev);
	struct virtio_window w;

	if ((p->notify.offset + off) % width || off + width > p->notify.length ||
	    !virtio_pci_window(p->pci, p->notify.bar, p->notify.offset + off, width, &w))
		return -EINVAL;
	vq->notify = (volatile void *)w.at;
	vq->notify_id = vq->spec.index;
	p->notify_io = w.io;
	if (virtio_has(&p->dev, VIRTIO_F_NOTIF_CONFIG_DATA))
		vq->notify_id = (uint16_t)get(p, queue_notif_config_data);
	return 0;
}

/* Everything else is told before queue_enable (4.1.4.3.2). */
static int queue_enable(struct virtio_device *dev, struct virtqueue *vq)
{
	struct virtio_pci *p = virtio_pci_of(dev);
	int error;

	set(p, queue_select, vq->spec.index);
	error = prepare_notify(p, vq);
	if (error)
		return error;
	set(p, queue_size, vq->size);
	set_address(p, queue_desc, vq->descriptor_area);
	set_address(p, queue_driver, vq->driver_area);
	set_address(p, queue_device, vq->device_area);
	virtio_pci_irq_queue(p, vq);
	set(p, queue_enable, 1);
	return 0;
}

static __attribute__((noinline)) void notify_otherwise(struct virtqueue *vq)
{
	struct virtio_pci *p = virtio_pci_of(vq->dev);
	struct virtio_window w = { .at = (uintptr_t)vq->notify, .io = p->notify_io };

	virtio_window_write(&w, 0, notify_width(vq->dev),
			    (virtqueue_notification(vq) & ~0xffffu) | vq->notify_id);
}

/* The usual case is short: it happens for every request. */
static void queue_notify(struct virtqueue *vq)
{
	if (virtio_pci_of(vq->dev)->notify_io || virtio_has(vq->dev, VIRTIO_F_NOTIFICATION_DATA))
		notify_otherwise(vq);
	else
		mmio_write16(vq->notify, vq->notify_id);
}

/* 4.1.4.3.2: over when it reads 0. */
static int queue_reset(struct virtqueue *vq)
{
	struct virtio_pci *p = virtio_pci_of(vq->dev);
	uint64_t deadline = clock_now_ns() + RESET_DEADLINE_NS;

	set(p, queue_select, vq->spec.index);
	set(p, queue_reset, 1);
	while (get(p, queue_reset)) {
		if (clock_now_ns() > deadline)
			return -ETIMEDOUT;
		cpu_relax();
	}
	return 0;
}

static const struct virtio_transport transport = {
	.name = "1.0",
	.features = VIRTIO_BIT(VIRTIO_F_NOTIFICATION_DATA) |
		    VIRTIO_BIT(VIRTIO_F_NOTIF_CONFIG_DATA),
	.get_status = get_status,
	.set_status = set_status,
	.get_features = get_features,
	.set_features = set_features,
	.interrupts_prepare = virtio_pci_irq_prepare,
	.queue_max = queue_max,
	.queue_enable = queue_enable,
	.queue_notify = queue_notify,
	.queue_reset = queue_reset,
	.config_generation = config_generation,
	.config_read = config_read,
	.config_write = config_write,
	.free = virtio_pci_free,
};

int virtio_pci_modern(struct virtio_pci *p)
{
	if (!map_cap(p, VIRTIO_PCI_CAP_COMMON_CFG, COMMON_LEN_MIN, COMMON_LEN_MAX, &p->common) ||
	    !find_cap(p->pci, VIRTIO_PCI_CAP_NOTIFY_CFG, 2, 2, &p->notify))
		return -ENOTSUP;
	if (!map_cap(p, VIRTIO_PCI_CAP_DEVICE_CFG, 4, CONFIG_LEN_MAX, &p->config))
		p->config.len = 0; /* a device type without configuration has none */
	map_cap(p, VIRTIO_PCI_CAP_ISR_CFG, 1, 1, &p->isr);
	p->config_vector = offsetof(struct virtio_pci_common_cfg, config_msix_vector);
	p->queue_vector = offsetof(struct virtio_pci_common_cfg, queue_msix_vector);
	p->dev.transport = &transport;
	return 0;
}
