/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio over PCI, the modern interface (VIRTIO 1.4, section 4.1). Registers lie in BARs at places
 * that vendor capabilities name; every number in those is checked against the BAR it points into.
 * Fields are accessed with exactly their width, 64-bit ones as two halves (4.1.3.1).
 *
 * Interrupts: MSI-X, entry 0 for configuration changes and one for each queue as far as the table
 * reaches; queues beyond it share the last entry. Without MSI-X the device is polled
 * (virtio_poll.c).
 */
#include "kernel/heap.h"
#include "kernel/irq.h"
#include "kernel/log.h"
#include "kernel/pci.h"
#include "kernel/printf.h"
#include "kernel/x86_64/io.h"
#include "virtio/virtio.h"
#include "virtio/virtio_poll.h"
#include <errno.h>
#include <string.h>

#define PCI_CAP_VENDOR  0x09u
#define VECTORS_MAX     8u      /* entries used of the table: more queues than that share */
#define NOTIFY_LEN      2u      /* without NOTIFICATION_DATA (4.1.5.2) */
#define CONFIG_LEN_MAX  4096u   /* no device type's configuration is near that long */

struct virtio_pci;

struct vector {
	struct virtio_pci *owner;
	uint16_t entry;
	int irq;                /* 0: not allocated */
};

/* One of the device's structures, mapped. */
struct window {
	volatile uint8_t *at;   /* NULL: not found */
	uint32_t len;           /* bytes that may be used */
};

struct virtio_pci {
	struct virtio_device dev;
	struct pci_dev *pci;
	struct window common, config;
	struct virtio_pci_cap notify; /* where notifications go; mapped queue by queue */
	unsigned nvectors;      /* entries in use; 0: polled */
	struct vector vector[VECTORS_MAX];
	/* with a single vector: which configuration changes were handled */
	uint32_t seen_generation;
	struct virtio_poll poll;
};

static struct virtio_pci *to_pci(struct virtio_device *dev)
{
	return container_of(dev, struct virtio_pci, dev);
}

/* Registers of the common configuration, by the field's name and width. */
#define REG(p, field)         ((p)->common.at + offsetof(struct virtio_pci_common_cfg, field))
#define read_reg(p, field, bits)         mmio_read##bits(REG(p, field))
#define write_reg(p, field, bits, value) mmio_write##bits(REG(p, field), (value))

static void write_address(volatile uint8_t *at, const void *area)
{
	uint64_t address = (uintptr_t)area;

	mmio_write32(at, (uint32_t)address);
	mmio_write32(at + 4, (uint32_t)(address >> 32));
}

/* --- finding the structures (4.1.4) --- */

static void read_cap(struct pci_dev *pci, unsigned at, struct virtio_pci_cap *cap)
{
	uint32_t words[sizeof *cap / 4];

	for (unsigned i = 0; i < sizeof words / 4; i++)
		words[i] = pci_read32(pci, (at + 4 * i) & 0xfc);
	memcpy(cap, words, sizeof *cap);
}

/*
 * The first capability of a type that can be used is the device's preference (4.1.4.1). Not usable:
 * a reserved BAR number, an I/O BAR, misaligned, or less than min bytes inside the BAR. A length
 * that promises more than the BAR has is cut.
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
		if (bar->io || !bar->address || cap->offset > bar->size ||
		    bar->size - cap->offset < min)
			continue;
		if (cap->length > bar->size - cap->offset)
			cap->length = (uint32_t)(bar->size - cap->offset);
		return true;
	}
	return false;
}

/* More than max bytes of a structure are of no interest. */
static bool map_cap(struct virtio_pci *p, enum virtio_pci_cfg_type type, uint32_t min, uint32_t max,
		    struct window *w)
{
	struct virtio_pci_cap cap;

	if (!find_cap(p->pci, type, min, 4, &cap))
		return false;
	w->len = cap.length < max ? cap.length : max;
	w->at = pci_bar_map(p->pci, cap.bar, cap.offset, w->len);
	return w->at;
}

static int find_windows(struct virtio_pci *p)
{
	if (!map_cap(p, VIRTIO_PCI_CAP_COMMON_CFG, sizeof(struct virtio_pci_common_cfg),
		     sizeof(struct virtio_pci_common_cfg), &p->common))
		return -ENOTSUP;
	if (!find_cap(p->pci, VIRTIO_PCI_CAP_NOTIFY_CFG, NOTIFY_LEN, NOTIFY_LEN, &p->notify))
		return -ENOTSUP;
	if (!map_cap(p, VIRTIO_PCI_CAP_DEVICE_CFG, 1, CONFIG_LEN_MAX, &p->config))
		p->config.len = 0; /* a device type without configuration has none */
	return 0;
}

/* --- the transport --- */

static uint8_t get_status(struct virtio_device *dev)
{
	return read_reg(to_pci(dev), device_status, 8);
}

static void set_status(struct virtio_device *dev, uint8_t status)
{
	write_reg(to_pci(dev), device_status, 8, status);
}

static uint64_t get_features(struct virtio_device *dev)
{
	struct virtio_pci *p = to_pci(dev);
	uint64_t low;

	write_reg(p, device_feature_select, 32, 0);
	low = read_reg(p, device_feature, 32);
	write_reg(p, device_feature_select, 32, 1);
	return low | (uint64_t)read_reg(p, device_feature, 32) << 32;
}

static void set_features(struct virtio_device *dev, uint64_t features)
{
	struct virtio_pci *p = to_pci(dev);

	write_reg(p, driver_feature_select, 32, 0);
	write_reg(p, driver_feature, 32, (uint32_t)features);
	write_reg(p, driver_feature_select, 32, 1);
	write_reg(p, driver_feature, 32, (uint32_t)(features >> 32));
}

static uint32_t config_generation(struct virtio_device *dev)
{
	return read_reg(to_pci(dev), config_generation, 8);
}

static bool config_has(const struct virtio_pci *p, size_t off, size_t len)
{
	return off <= p->config.len && len <= p->config.len - off;
}

/* A field that lies beyond what the device has reads as 0. */
static void config_read(struct virtio_device *dev, size_t off, void *value, size_t len)
{
	struct virtio_pci *p = to_pci(dev);
	volatile uint8_t *at;
	uint32_t words[2];

	memset(value, 0, len);
	if (!config_has(p, off, len))
		return;
	at = p->config.at + off;
	if (len == 2) {
		*(uint16_t *)value = mmio_read16(at);
	} else if (len == 4 || len == 8) {
		for (size_t i = 0; i < len / 4; i++)
			words[i] = mmio_read32(at + 4 * i);
		memcpy(value, words, len);
	} else {
		for (size_t i = 0; i < len; i++)
			((uint8_t *)value)[i] = mmio_read8(at + i);
	}
}

static void config_write(struct virtio_device *dev, size_t off, const void *value, size_t len)
{
	struct virtio_pci *p = to_pci(dev);
	volatile uint8_t *at;

	if (!config_has(p, off, len))
		return;
	at = p->config.at + off;
	if (len == 2) {
		mmio_write16(at, *(const uint16_t *)value);
	} else if (len == 4 || len == 8) {
		for (size_t i = 0; i < len / 4; i++)
			mmio_write32(at + 4 * i, ((const uint32_t *)value)[i]);
	} else {
		for (size_t i = 0; i < len; i++)
			mmio_write8(at + i, ((const uint8_t *)value)[i]);
	}
}

static uint16_t queue_max(struct virtio_device *dev, uint16_t index)
{
	struct virtio_pci *p = to_pci(dev);

	if (index >= read_reg(p, num_queues, 16))
		return 0;
	write_reg(p, queue_select, 16, index);
	return read_reg(p, queue_size, 16);
}

/*
 * 4.1.4.4: where a notification of the selected queue is written. NULL: outside of the structure.
 */
static volatile void *notify_address(struct virtio_pci *p)
{
	uint64_t off =
		(uint64_t)read_reg(p, queue_notify_off, 16) * p->notify.notify_off_multiplier;

	if (off % NOTIFY_LEN || off + NOTIFY_LEN > p->notify.length)
		return NULL;
	return pci_bar_map(p->pci, p->notify.bar, p->notify.offset + off, NOTIFY_LEN);
}

static void queue_notify(struct virtqueue *vq)
{
	mmio_write16(vq->notify, (uint16_t)virtqueue_notification(vq));
}

/* --- interrupts --- */

/*
 * With one entry for everything the message does not say what it is about: the generation tells of
 * a change (4.1.5.1.3.2).
 */
static void shared_config_interrupt(struct virtio_pci *p)
{
	uint32_t generation = config_generation(&p->dev);

	if (generation == p->seen_generation &&
	    !(get_status(&p->dev) & VIRTIO_STATUS_DEVICE_NEEDS_RESET))
		return;
	p->seen_generation = generation;
	virtio_config_interrupt(&p->dev);
}

static void interrupt(void *arg)
{
	struct vector *v = arg;
	struct virtio_device *dev = &v->owner->dev;

	for (struct virtqueue *vq = dev->queues; vq; vq = vq->next)
		if (vq->vector == v->entry)
			virtqueue_interrupt(vq);
	if (v->entry != 0)
		return;
	if (v->owner->nvectors == 1)
		shared_config_interrupt(v->owner);
	else
		virtio_config_interrupt(dev);
}

/* Makes a table entry raise a vector of its own; made once, kept over resets. */
static int vector_prepare(struct virtio_pci *p, uint16_t entry)
{
	struct vector *v = &p->vector[entry];

	if (v->irq)
		return 0;
	v->owner = p;
	v->entry = entry;
	v->irq = irq_alloc(interrupt, v, p->dev.where);
	if (v->irq < 0) {
		int error = v->irq;

		v->irq = 0;
		return error;
	}
	pci_msix_set(p->pci, entry, v->irq);
	return 0;
}

static void poll(struct virtio_poll *poll)
{
	struct virtio_pci *p = container_of(poll, struct virtio_pci, poll);

	for (struct virtqueue *vq = p->dev.queues; vq; vq = vq->next)
		virtqueue_interrupt(vq);
	shared_config_interrupt(p);
}

static void use_polling(struct virtio_pci *p, const char *why)
{
	p->nvectors = 0;
	virtio_poll_instead(&p->poll, poll, p->dev.where, why);
}

/*
 * 4.1.5.1.2.1: the device confirms a vector by reading it back; NO_VECTOR means that it has no
 * resources for it.
 */
static int config_vector(struct virtio_pci *p)
{
	int error = vector_prepare(p, 0);

	if (error)
		return error;
	write_reg(p, config_msix_vector, 16, 0);
	return read_reg(p, config_msix_vector, 16) == 0 ? 0 : -EBUSY;
}

static int interrupts_prepare(struct virtio_device *dev)
{
	struct virtio_pci *p = to_pci(dev);

	p->seen_generation = config_generation(dev);
	if (p->nvectors && config_vector(p))
		use_polling(p, "no interrupt vector to be had");
	return 0;
}

/* The queue's own entry, else the last one, which it shares with others. */
static int queue_vector(struct virtio_pci *p, struct virtqueue *vq)
{
	unsigned own = vq->spec.index + 1u;
	uint16_t entry = (uint16_t)(own < p->nvectors ? own : p->nvectors - 1);

	if (vector_prepare(p, entry))
		entry = 0;
	vq->vector = entry;
	write_reg(p, queue_msix_vector, 16, entry);
	return read_reg(p, queue_msix_vector, 16) == entry ? 0 : -EBUSY;
}

/* Everything else is told before queue_enable (4.1.4.3.2). queue_max() has selected the queue. */
static int queue_enable(struct virtio_device *dev, struct virtqueue *vq)
{
	struct virtio_pci *p = to_pci(dev);

	write_reg(p, queue_select, 16, vq->spec.index);
	vq->notify = notify_address(p);
	if (!vq->notify)
		return -EINVAL;
	write_reg(p, queue_size, 16, vq->size);
	write_address(REG(p, queue_desc), vq->descriptor_area);
	write_address(REG(p, queue_driver), vq->driver_area);
	write_address(REG(p, queue_device), vq->device_area);
	if (p->nvectors && queue_vector(p, vq))
		use_polling(p, "no interrupt vector for a queue");
	write_reg(p, queue_enable, 16, 1);
	return 0;
}

static const struct virtio_transport transport = {
	.name = "1.0",
	.get_status = get_status,
	.set_status = set_status,
	.get_features = get_features,
	.set_features = set_features,
	.interrupts_prepare = interrupts_prepare,
	.queue_max = queue_max,
	.queue_enable = queue_enable,
	.queue_notify = queue_notify,
	.config_generation = config_generation,
	.config_read = config_read,
	.config_write = config_write,
};

/* --- discovery (4.1.2) --- */

/*
 * Transitional devices have ids of their own; any revision and subsystem will do. 0: not a virtio
 * device.
 */
static unsigned device_type(const struct pci_dev *pci)
{
	static const struct { uint16_t device; uint8_t id; } transitional[] = {
		{ 0x1000, VIRTIO_ID_NET },     { 0x1001, VIRTIO_ID_BLOCK },
		{ 0x1002, VIRTIO_ID_BALLOON }, { 0x1003, VIRTIO_ID_CONSOLE },
		{ 0x1004, VIRTIO_ID_SCSI },    { 0x1005, VIRTIO_ID_ENTROPY },
		{ 0x1009, VIRTIO_ID_9P },
	};

	if (pci->vendor != VIRTIO_PCI_VENDOR)
		return 0;
	if (pci->device > VIRTIO_PCI_DEVICE_BASE && pci->device < 0x1080)
		return pci->device - VIRTIO_PCI_DEVICE_BASE;
	for (unsigned i = 0; i < sizeof transitional / sizeof transitional[0]; i++)
		if (transitional[i].device == pci->device)
			return transitional[i].id;
	return 0;
}

static bool match(const struct pci_dev *pci)
{
	return device_type(pci) != 0;
}

static void enable_msix(struct virtio_pci *p)
{
	int n = pci_msix_enable(p->pci);

	if (n < 0)
		use_polling(p, "no MSI-X");
	else
		p->nvectors = (unsigned)n < VECTORS_MAX ? (unsigned)n : VECTORS_MAX;
}

static int attach(struct pci_dev *pci)
{
	struct virtio_pci *p = kzalloc(sizeof *p);
	int error;

	if (!p)
		return -ENOMEM;
	p->pci = pci;
	p->dev.id = device_type(pci);
	p->dev.transport = &transport;
	ksnprintf(p->dev.where, sizeof p->dev.where, "pci " PCI_FMT, PCI_ARG(pci));
	pci_enable(pci);
	error = find_windows(p);
	if (error) {
		log_err("%s: no usable modern virtio interface (legacy only?)", p->dev.where);
		kfree(p);
		return error;
	}
	pci->driver_data = p;
	enable_msix(p);
	error = virtio_add(&p->dev);
	return error == -ENODEV ? 0 : error; /* no driver for the type: that has been told */
}

static const struct pci_driver virtio_pci_driver = {
	.name = "virtio-pci",
	.match = match,
	.attach = attach,
};
PCI_DRIVER(virtio_pci_driver);
