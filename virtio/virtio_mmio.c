/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MMIO transport (VIRTIO 1.4, section 4.2): version 2, and version 1, the interface of before
 * 1.0 (4.2.4). One page of registers, all of them 32 bits wide, and one level-triggered interrupt,
 * whose handler runs in interrupt context while threads use the queues.
 *
 * RING_RESET is not accepted: QEMU offers it here and then does nothing when QueueReset is written.
 */
#include "virtio/virtio_mmio.h"
#include "kernel/heap.h"
#include "kernel/irq.h"
#include "kernel/log.h"
#include "kernel/page.h"
#include "kernel/printf.h"
#include "kernel/vm.h"
#include "kernel/x86_64/io.h"
#include "virtio/virtio.h"
#include "virtio/virtio_isr.h"
#include "virtio/virtio_poll.h"
#include "virtio/virtio_window.h"
#include <errno.h>

/* A legacy queue takes all that queue_max() tells, and QEMU tells 1024 whatever the device has. */
#define LEGACY_QUEUE_MAX 256u

struct virtio_mmio {
	struct virtio_device dev;
	uint64_t address;
	volatile uint8_t *registers;
	struct virtio_window config;
	unsigned gsi;
	bool active_low, connected;
	struct virtio_poll poll;
	struct virtio_mmio *next;
};

static struct virtio_mmio *devices;

static struct virtio_mmio *to_mmio(struct virtio_device *dev)
{
	return container_of(dev, struct virtio_mmio, dev);
}

static uint32_t get(struct virtio_device *dev, enum virtio_mmio_register reg)
{
	return mmio_read32(to_mmio(dev)->registers + reg);
}

static void set(struct virtio_device *dev, enum virtio_mmio_register reg, uint32_t value)
{
	mmio_write32(to_mmio(dev)->registers + reg, value);
}

static uint8_t get_status(struct virtio_device *dev)
{
	return (uint8_t)get(dev, VIRTIO_MMIO_STATUS);
}

static void set_status(struct virtio_device *dev, uint8_t status)
{
	set(dev, VIRTIO_MMIO_STATUS, status);
}

static uint32_t feature_word(struct virtio_device *dev, uint32_t word)
{
	set(dev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, word);
	return get(dev, VIRTIO_MMIO_DEVICE_FEATURES);
}

static uint64_t get_features(struct virtio_device *dev)
{
	uint64_t low = feature_word(dev, 0);

	return virtio_legacy(dev) ? low : low | (uint64_t)feature_word(dev, 1) << 32;
}

static void set_features(struct virtio_device *dev, uint64_t features)
{
	for (uint32_t word = 0; word < (virtio_legacy(dev) ? 1 : 2); word++) {
		set(dev, VIRTIO_MMIO_DRIVER_FEATURES_SEL, word);
		set(dev, VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32 * word));
	}
}

static uint32_t config_generation(struct virtio_device *dev)
{
	return virtio_legacy(dev) ? 0 : get(dev, VIRTIO_MMIO_CONFIG_GENERATION);
}

static void config_read(struct virtio_device *dev, size_t off, void *value, size_t len)
{
	virtio_window_get(&to_mmio(dev)->config, off, value, len);
}

static void config_write(struct virtio_device *dev, size_t off, const void *value, size_t len)
{
	virtio_window_put(&to_mmio(dev)->config, off, value, len);
}

/* --- interrupts --- */

/*
 * 4.2.3.4.1 wants the acknowledgement after the handling. What the device adds in between has no
 * interrupt of its own, so that is looked for once more.
 */
static void interrupt(void *arg)
{
	struct virtio_device *dev = arg;
	uint32_t status = get(dev, VIRTIO_MMIO_INTERRUPT_STATUS) &
			  (VIRTIO_ISR_QUEUE | VIRTIO_ISR_CONFIG);

	if (!status)
		return;
	virtio_isr(dev, status);
	set(dev, VIRTIO_MMIO_INTERRUPT_ACK, status);
	virtio_isr(dev, status);
}

static void poll(struct virtio_poll *poll)
{
	interrupt(&container_of(poll, struct virtio_mmio, poll)->dev);
}

/* 4.2.4: a legacy device forgets the unit of QueuePFN when it is reset. */
static int interrupts_prepare(struct virtio_device *dev)
{
	struct virtio_mmio *m = to_mmio(dev);

	if (virtio_legacy(dev))
		set(dev, VIRTIO_MMIO_GUEST_PAGE_SIZE, PAGE_SIZE);
	if (m->connected)
		return 0;
	m->connected = true;
	if (irq_connect_gsi(m->gsi, m->active_low, interrupt, dev, dev->where) < 0)
		virtio_poll_instead(&m->poll, poll, dev->where, "no interrupt line");
	return 0;
}

/* --- queues (4.2.3.2) --- */

static void select_queue(struct virtio_device *dev, uint16_t index)
{
	set(dev, VIRTIO_MMIO_QUEUE_SEL, index);
}

/* A queue that is in use although the device was reset is left alone. */
static uint16_t queue_max(struct virtio_device *dev, uint16_t index)
{
	uint32_t limit = virtio_legacy(dev) ? LEGACY_QUEUE_MAX : UINT16_MAX, max;

	select_queue(dev, index);
	if (get(dev, virtio_legacy(dev) ? VIRTIO_MMIO_QUEUE_PFN : VIRTIO_MMIO_QUEUE_READY))
		return 0;
	max = get(dev, VIRTIO_MMIO_QUEUE_SIZE_MAX);
	return (uint16_t)(max < limit ? max : limit);
}

static void set_address(struct virtio_device *dev, enum virtio_mmio_register low, const void *area)
{
	uint64_t address = (uintptr_t)area;

	set(dev, low, (uint32_t)address);
	set(dev, low + 4, (uint32_t)(address >> 32));
}

static int queue_enable(struct virtio_device *dev, struct virtqueue *vq)
{
	select_queue(dev, vq->spec.index);
	set(dev, VIRTIO_MMIO_QUEUE_SIZE, vq->size);
	set_address(dev, VIRTIO_MMIO_QUEUE_DESC_LOW, vq->descriptor_area);
	set_address(dev, VIRTIO_MMIO_QUEUE_DRIVER_LOW, vq->driver_area);
	set_address(dev, VIRTIO_MMIO_QUEUE_DEVICE_LOW, vq->device_area);
	set(dev, VIRTIO_MMIO_QUEUE_READY, 1);
	return 0;
}

static int legacy_queue_enable(struct virtio_device *dev, struct virtqueue *vq)
{
	uint64_t page = (uintptr_t)vq->descriptor_area / PAGE_SIZE;

	if (page > UINT32_MAX)
		return -ERANGE;
	select_queue(dev, vq->spec.index);
	set(dev, VIRTIO_MMIO_QUEUE_SIZE, vq->size);
	set(dev, VIRTIO_MMIO_QUEUE_ALIGN, PAGE_SIZE);
	set(dev, VIRTIO_MMIO_QUEUE_PFN, (uint32_t)page);
	return 0;
}

static void queue_notify(struct virtqueue *vq)
{
	mmio_write32(to_mmio(vq->dev)->registers + VIRTIO_MMIO_QUEUE_NOTIFY,
		     virtqueue_notification(vq));
}

static const struct virtio_transport transport = {
	.name = "1.0",
	.features = VIRTIO_BIT(VIRTIO_F_NOTIFICATION_DATA),
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

static const struct virtio_transport legacy_transport = {
	.name = "legacy",
	.legacy = true,
	.get_status = get_status,
	.set_status = set_status,
	.get_features = get_features,
	.set_features = set_features,
	.interrupts_prepare = interrupts_prepare,
	.queue_max = queue_max,
	.queue_enable = legacy_queue_enable,
	.queue_notify = queue_notify,
	.config_generation = config_generation,
	.config_read = config_read,
	.config_write = config_write,
};

/* --- a device is found --- */

static bool known(uint64_t address)
{
	for (const struct virtio_mmio *m = devices; m; m = m->next)
		if (m->address == address)
			return true;
	return false;
}

/*
 * 4.2.3.1.1: magic and version, then the type; where that is 0 there is no device and nothing else
 * is touched. NULL: nothing to add.
 */
static const struct virtio_transport *identify(uint64_t address, volatile uint8_t *registers,
					       unsigned *type)
{
	uint32_t magic = mmio_read32(registers + VIRTIO_MMIO_MAGIC_VALUE), version;

	if (magic != VIRTIO_MMIO_MAGIC) {
		log_warn("mmio %llx: no virtio device there", (unsigned long long)address);
		return NULL;
	}
	version = mmio_read32(registers + VIRTIO_MMIO_VERSION);
	if (version != 1 && version != 2) {
		log_warn("mmio %llx: virtio of an unknown version %u",
			 (unsigned long long)address, version);
		return NULL;
	}
	*type = mmio_read32(registers + VIRTIO_MMIO_DEVICE_ID);
	return *type == 0 ? NULL : version == 1 ? &legacy_transport : &transport;
}

void virtio_mmio_add(uint64_t address, uint64_t size, unsigned gsi, bool active_low)
{
	const struct virtio_transport *t;
	volatile uint8_t *registers;
	struct virtio_mmio *m;
	unsigned type;

	if (size <= VIRTIO_MMIO_CONFIG || size > PAGE_SIZE || address % 4 || known(address))
		return;
	registers = vm_map_device(address, size);
	t = registers ? identify(address, registers, &type) : NULL;
	if (!t)
		return;
	m = kzalloc(sizeof *m);
	if (!m) {
		log_err("mmio %llx: out of memory, not used", (unsigned long long)address);
		return;
	}
	*m = (struct virtio_mmio){
		.dev = { .transport = t, .id = type },
		.address = address,
		.registers = registers,
		.config = { .at = (uintptr_t)registers + VIRTIO_MMIO_CONFIG,
			    .len = (uint32_t)size - VIRTIO_MMIO_CONFIG },
		.gsi = gsi,
		.active_low = active_low,
		.next = devices,
	};
	devices = m;
	ksnprintf(m->dev.where, sizeof m->dev.where, "mmio %llx", (unsigned long long)address);
	virtio_add(&m->dev);
}
