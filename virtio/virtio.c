/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life cycle of a device (VIRTIO 1.4, sections 2.1 to 2.5 and 3), written once for all
 * transports and drivers.
 *
 * The boot thread adds devices, the work thread recovers them; dev->life keeps them apart.
 * Interrupts of the device may come from the moment its queues are enabled; broken queues ignore
 * them.
 */
#include "virtio/virtio.h"
#include "kernel/clock.h"
#include "kernel/cold.h"
#include "kernel/iommu.h"
#include "kernel/log.h"
#include "kernel/page.h"
#include "kernel/param.h"
#include "kernel/printf.h"
#include "kernel/tracepoint.h"
#include "kernel/x86_64/cpu.h"
#include <errno.h>
#include <string.h>

#define RESET_DEADLINE_NS    1000000000ull  /* a reset that takes longer will not happen */
#define RECOVERY_SPACING_NS 10000000000ull  /* devices that break again sooner than this ... */
#define RECOVERIES_MAX       8u             /* ... this many times in a row are given up */
#define STATUS_GONE          0xffu /* what is read where no device is any more */
/* a configuration that changes under so many reads is read as it is */
#define CONFIG_READS_MAX     64u

/*
 * What this stack itself can do, whatever the driver and the transport. ORDER_PLATFORM asks for
 * barriers that hold against real hardware (6.1): x86 devices are coherent with the caches and see
 * stores in order, and what a store-load order is needed for has an MFENCE (cpu_device_barrier).
 */
static const struct virtio_feature core_features[] = {
	{ "ANY_LAYOUT",        VIRTIO_F_ANY_LAYOUT,        true, 0 },
	{ "INDIRECT_DESC",     VIRTIO_F_INDIRECT_DESC,     true, 0 },
	{ "EVENT_IDX",         VIRTIO_F_EVENT_IDX,         true, 0 },
	{ "VERSION_1",         VIRTIO_F_VERSION_1,         true, 0 },
	{ "ACCESS_PLATFORM",   VIRTIO_F_ACCESS_PLATFORM,   true, 0 },
	{ "RING_PACKED",       VIRTIO_F_RING_PACKED,       true, 0 },
	{ "IN_ORDER",          VIRTIO_F_IN_ORDER,          true, 0 },
	{ "ORDER_PLATFORM",    VIRTIO_F_ORDER_PLATFORM,    true, 0 },
	{ "NOTIFICATION_DATA", VIRTIO_F_NOTIFICATION_DATA, true, 0 },
	{ "NOTIF_CONFIG_DATA", VIRTIO_F_NOTIF_CONFIG_DATA, true, 0 },
	{ "RING_RESET",        VIRTIO_F_RING_RESET,        true, 0 },
	{ 0 },
};

/*
 * 1: packed rings where they are offered, as 6.1 asks for. They take the driver a tenth more
 * instructions than split ones (docs/performance.md) and share fewer cache lines with the device.
 */
static uint32_t packed = 1;
PARAM_UINT("hw.virtio.packed", packed, 0, 1);

struct virtio_device *_Atomic virtio_devices;
struct mutex virtio_devices_lock = MUTEX_INIT;

extern const struct virtio_driver *const __start_virtio_drivers[] __attribute__((weak));
extern const struct virtio_driver *const __stop_virtio_drivers[] __attribute__((weak));

static const struct virtio_driver *find_driver(enum virtio_id id)
{
	for (const struct virtio_driver *const *d = __start_virtio_drivers;
	     d < __stop_virtio_drivers; d++)
		if ((*d)->id == id)
			return *d;
	return NULL;
}

/* On a lost device too little is known to go on: the end of the machine may just have reset it. */
static void add_status(struct virtio_device *dev, uint8_t bit)
{
	if (dev->lost)
		return;
	dev->status |= bit;
	dev->transport->set_status(dev, dev->status);
}

/* 2.4.2: a reset is over when status reads 0. */
static int try_reset(struct virtio_device *dev)
{
	uint64_t deadline = clock_now_ns() + RESET_DEADLINE_NS;
	uint8_t status;

	dev->live = false;
	dev->status = 0;
	dev->transport->set_status(dev, 0);
	while ((status = dev->transport->get_status(dev)) != 0) {
		if (status == STATUS_GONE)
			return -EIO;
		if (clock_now_ns() > deadline)
			return -ETIMEDOUT;
		cpu_relax();
	}
	return 0;
}

static int reset(struct virtio_device *dev)
{
	int error = try_reset(dev);

	if (error == -ETIMEDOUT)
		log_err("%s: does not finish its reset", dev->where);
	return error;
}

/*
 * The wanted bits that are offered and whose prerequisites were accepted too (2.2.1). Dropping one
 * may pull the rug from under another.
 */
static uint64_t choose(const struct virtio_feature *features, uint64_t acceptable)
{
	uint64_t chosen = 0, before;

	for (const struct virtio_feature *f = features; f->name; f++)
		if (f->wanted)
			chosen |= VIRTIO_BIT(f->bit) & acceptable;
	do {
		before = chosen;
		for (const struct virtio_feature *f = features; f->name; f++)
			if (f->needs_any && !(chosen & f->needs_any))
				chosen &= ~VIRTIO_BIT(f->bit);
	} while (chosen != before);
	return chosen;
}

/*
 * 3.1.1, steps 5 and 6: the device has to agree to what was chosen. The legacy interface has no
 * such step (3.1.2).
 */
static int confirm_features(struct virtio_device *dev)
{
	add_status(dev, VIRTIO_STATUS_FEATURES_OK);
	if (dev->transport->get_status(dev) & VIRTIO_STATUS_FEATURES_OK)
		return 0;
	dev->status &= (uint8_t)~VIRTIO_STATUS_FEATURES_OK; /* which is what the device holds */
	log_err("%s: refuses the features 0x%llx of its 0x%llx", dev->where,
		(unsigned long long)dev->features, (unsigned long long)dev->offered);
	return -ENOTSUP;
}

/* Of the core's features, those that this transport and this machine cannot have. */
static uint64_t core_decline(const struct virtio_device *dev)
{
	const struct virtio_transport *t = dev->transport;
	uint64_t declined = (VIRTIO_BIT(VIRTIO_F_NOTIFICATION_DATA) |
			     VIRTIO_BIT(VIRTIO_F_NOTIF_CONFIG_DATA)) & ~t->features;

	if (t->legacy)
		declined |= ~(uint64_t)UINT32_MAX;
	else
		declined |= VIRTIO_BIT(VIRTIO_F_ANY_LAYOUT);
	if (!t->queue_reset)
		declined |= VIRTIO_BIT(VIRTIO_F_RING_RESET);
	if (!packed)
		declined |= VIRTIO_BIT(VIRTIO_F_RING_PACKED);
	return declined;
}

/* Offers that leave no way to work with the device. */
static int check_offer(const struct virtio_device *dev)
{
	if (virtio_legacy(dev))
		return 0;
	if (!(dev->offered & VIRTIO_BIT(VIRTIO_F_VERSION_1))) {
		log_err("%s: does not offer VERSION_1, which its interface needs", dev->where);
		return -ENOTSUP;
	}
	if ((dev->offered & VIRTIO_BIT(VIRTIO_F_ACCESS_PLATFORM)) && iommu_translates()) {
		log_err("%s: behind an IOMMU, which this kernel does not drive "
			"(QEMU: iommu_platform=off)", dev->where);
		return -ENOTSUP;
	}
	return 0;
}

static int negotiate(struct virtio_device *dev)
{
	const struct virtio_driver *driver = dev->driver;
	int error;

	dev->offered = dev->transport->get_features(dev);
	error = check_offer(dev);
	if (error)
		return error;
	dev->features = choose(core_features, dev->offered & ~core_decline(dev)) |
			choose(driver->features,
			       dev->offered & ~(driver->decline ? driver->decline(dev) : 0));
	dev->transport->set_features(dev, dev->features);
	return virtio_legacy(dev) ? 0 : confirm_features(dev);
}

static size_t list_features(const struct virtio_device *dev, const struct virtio_feature *f,
			    char *text, size_t len)
{
	for (; f->name && len < LOG_LINE_MAX; f++)
		if (dev->offered >> f->bit & 1)
			len += (size_t)ksnprintf(text + len, LOG_LINE_MAX - len, " %c%s",
						 virtio_has(dev, f->bit) ? '+' : '-', f->name);
	return len;
}

/*
 * "vda: virtio-blk 1.0 pci 00:03.0 +SEG_MAX +FLUSH -MQ": what was agreed on, and what was offered
 * but is not used.
 */
static void announce(const struct virtio_device *dev)
{
	char text[LOG_LINE_MAX];

	text[0] = '\0';
	list_features(dev, core_features, text, list_features(dev, dev->driver->features, text, 0));
	log_info("%s: %s %s %s%s", dev->name, dev->driver->name, dev->transport->name, dev->where,
		 text);
}

static void break_queues(struct virtio_device *dev)
{
	for (struct virtqueue *vq = dev->queues; vq; vq = vq->next) {
		irq_state s = spin_lock(&vq->lock);

		vq->broken = true;
		spin_unlock(&vq->lock, s);
	}
}

/*
 * With its queues broken: what an interrupt on another CPU has taken off a ring is completed there,
 * and nowhere else.
 */
static void take_back(struct virtio_device *dev)
{
	for (struct virtqueue *vq = dev->queues; vq; vq = vq->next)
		virtqueue_settle(vq);
	dev->driver->remove(dev);
}

static int bring_up(struct virtio_device *dev)
{
	int error = reset(dev);

	if (error)
		return error;
	dev->broken = false;
	add_status(dev, VIRTIO_STATUS_ACKNOWLEDGE);
	add_status(dev, VIRTIO_STATUS_DRIVER);
	error = negotiate(dev);
	if (!error)
		error = dev->transport->interrupts_prepare(dev);
	if (!error)
		error = dev->driver->probe(dev);
	if (error)
		add_status(dev, VIRTIO_STATUS_FAILED);
	return error;
}

/* 3.1.1 from the first step to the last. dev->life is held. */
static int add(struct virtio_device *dev)
{
	int error = bring_up(dev);

	if (error) {
		dev->lost = true;
		break_queues(dev);
		take_back(dev);
		return error;
	}
	add_status(dev, VIRTIO_STATUS_DRIVER_OK);
	dev->live = true;
	announce(dev);
	dev->driver->start(dev);
	return 0;
}

/*
 * Resets the device and ends what it had (3.3.1: buffers are taken back only once it is reset).
 * Whoever waits for a device that does not even finish its reset must not wait for ever: that one
 * is lost.
 */
static void stop(struct virtio_device *dev)
{
	break_queues(dev);
	if (reset(dev))
		dev->lost = true;
	take_back(dev);
}

/* A device that breaks right after each recovery would keep this up for ever. */
static bool worth_recovering(struct virtio_device *dev)
{
	uint64_t now = clock_now_ns();

	dev->recoveries = now - dev->recovered_ns < RECOVERY_SPACING_NS ? dev->recoveries + 1 : 1;
	dev->recovered_ns = now;
	return dev->recoveries <= RECOVERIES_MAX;
}

static void recover(struct work *work)
{
	struct virtio_device *dev = container_of(work, struct virtio_device, recovery);

	mutex_lock(&dev->life);
	if (!dev->lost && dev->broken) {
		dev->lost = !worth_recovering(dev);
		stop(dev);
		if (dev->lost || add(dev))
			log_err("%s: given up; what uses it gets errors from now on", dev->name);
	}
	mutex_unlock(&dev->life);
}

/* The device is left alone from here on; what it had is not ended, as nobody is left to be told. */
static void shut_down(struct shutdown *shutdown)
{
	struct virtio_device *dev = container_of(shutdown, struct virtio_device, shutdown);

	dev->lost = true;
	if (!dev->removed)
		try_reset(dev);
}

/* On the work thread, behind a recovery that may have been asked for. */
COLD static void bury(struct work *work)
{
	struct virtio_device *dev = container_of(work, struct virtio_device, burial);
	struct virtio_device *_Atomic *at = &virtio_devices;

	mutex_lock(&virtio_devices_lock);
	while (*at != dev)
		at = &(*at)->next;
	*at = dev->next;
	mutex_unlock(&virtio_devices_lock);
	if (!shutdown_remove(&dev->shutdown))
		return;
	dev->driver->free(dev);
	virtqueue_free_all(dev);
	dev->transport->free(dev);
}

void virtio_put(struct virtio_device *dev)
{
	if (atomic_fetch_sub(&dev->holders, 1) == 1)
		work_submit(&dev->burial);
}

int virtio_add(struct virtio_device *dev)
{
	int error;

	dev->driver = find_driver(dev->id);
	if (!dev->driver) {
		log_info("%s: no driver for virtio device type %u", dev->where, dev->id);
		return -ENODEV;
	}
	dev->name = dev->where;
	dev->next = virtio_devices;
	virtio_devices = dev;
	dev->holders = 2;
	dev->recovery.run = recover;
	dev->burial.run = bury;
	dev->shutdown.run = shut_down;
	shutdown_add(&dev->shutdown);
	error = work_prepare(false);
	if (error)
		return error;
	TRACEPOINT(BOOT, trace_device(TRACE_BEGIN, dev));
	mutex_lock(&dev->life);
	error = add(dev);
	mutex_unlock(&dev->life);
	TRACEPOINT(BOOT, trace_device(TRACE_END, dev));
	return error;
}

void virtio_remove(struct virtio_device *dev)
{
	mutex_lock(&dev->life);
	dev->lost = true;
	dev->removed = true;
	if (dev->driver)
		stop(dev);
	mutex_unlock(&dev->life);
}

void virtio_device_broken(struct virtio_device *dev, const char *why)
{
	if (dev->lost || atomic_exchange(&dev->broken, true))
		return;
	log_err("%s: device failed (%s): resetting it", dev->name, why);
	break_queues(dev);
	work_submit(&dev->recovery);
}

void virtio_config_interrupt(struct virtio_device *dev)
{
	if (dev->transport->get_status(dev) & VIRTIO_STATUS_DEVICE_NEEDS_RESET)
		virtio_device_broken(dev, "it needs a reset");
	else if (dev->live && dev->driver->config_changed)
		dev->driver->config_changed(dev);
}

/*
 * 2.5.1: a field wider than 32 bits may change between its halves; the generation tells. Without
 * one (2.5.4), two reads have to agree.
 */
static bool consistent(struct virtio_device *dev, uint32_t generation, size_t off,
		       const void *value, size_t len)
{
	uint8_t again[8];

	if (!virtio_legacy(dev))
		return dev->transport->config_generation(dev) == generation;
	if (len == 1 || len > sizeof again)
		return true;
	dev->transport->config_read(dev, off, again, len);
	return memcmp(again, value, len) == 0;
}

void virtio_config_read(struct virtio_device *dev, size_t off, void *value, size_t len)
{
	const struct virtio_transport *t = dev->transport;
	unsigned reads = 0;
	uint32_t before;

	do {
		before = t->config_generation(dev);
		t->config_read(dev, off, value, len);
	} while (!consistent(dev, before, off, value, len) && ++reads < CONFIG_READS_MAX);
}

uint16_t virtio_queue_size(uint16_t wanted, size_t bytes_each)
{
	size_t limit = page_count_total() * PAGE_SIZE / 64;

	while (wanted > 8 && wanted * bytes_each > limit)
		wanted /= 2;
	return wanted;
}
