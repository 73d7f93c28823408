/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The traditional memory balloon (VIRTIO 1.4, section 5.5): the host says how many pages it wants,
 * and gets them as long as there is more free memory than the app needs.
 */
#include "virtio/virtio_balloon.h"
#include "kernel/heap.h"
#include "kernel/param.h"
#include "kernel/printf.h"
#include <errno.h>
#include <limits.h>

#define RESERVE_PART 32u /* of memory, that the host does not get */

/* The byte that pages from the host are filled with; above 255: they are as they come. */
static uint32_t page_poison = 256;
PARAM_UINT("hw.vtballoon.page_poison", page_poison, 0, 255);

int balloon_poison(void)
{
	return page_poison < 256 ? (int)page_poison : -1;
}

uint64_t balloon_spare(void)
{
	uint64_t free = page_count_free(), reserve = page_count_total() / RESERVE_PART;

	return free > reserve ? free - reserve : 0;
}

LOCK_CLASS(balloon_class, "balloon");

/* --- what is to be done, in the background --- */

static void work(struct work *work)
{
	struct balloon *b = container_of(work, struct balloon, work);

	mutex_lock(&b->dev->life);
	if (b->live) {
		balloon_hint_work(b);
		balloon_pages_work(b);
		balloon_report_work(b);
	}
	mutex_unlock(&b->dev->life);
}

void balloon_answered(struct balloon *b)
{
	b->answers++;
	futex_wake(&b->answers, UINT_MAX);
	balloon_wake(b);
}

/* Or has not: where it shares a vector with queues, nobody knows. */
static void balloon_config_changed(struct virtio_device *dev)
{
	balloon_wake(dev->driver_data);
}

/* --- its life --- */

/* 5.5.3.1: not without a driver that fills its pages. */
static uint64_t balloon_decline(struct virtio_device *dev)
{
	(void)dev;
	return balloon_poison() < 0 ? VIRTIO_BIT(VIRTIO_BALLOON_F_PAGE_POISON) : 0;
}

static struct balloon *allocate(struct virtio_device *dev)
{
	static unsigned count;
	struct balloon *b = kzalloc(sizeof *b);

	if (!b)
		return NULL;
	ksnprintf(b->name, sizeof b->name, "vtballoon%u", count++);
	b->dev = dev;
	b->work.run = work;
	b->work.background = true;
	spinlock_init(&b->lock, &balloon_class);
	list_init(&b->held);
	list_init(&b->deflating);
	list_init(&b->hinted);
	return dev->driver_data = b;
}

/* 5.5.6.6.1: before DRIVER_OK, and never again. */
static void tell_poison(struct virtio_device *dev)
{
	uint32_t poison_val = (uint32_t)balloon_poison() * 0x01010101u;
	size_t off = offsetof(struct virtio_balloon_config, poison_val);

	if (virtio_has(dev, VIRTIO_BALLOON_F_PAGE_POISON))
		dev->transport->config_write(dev, off, &poison_val, sizeof poison_val);
}

static int balloon_probe(struct virtio_device *dev)
{
	struct balloon *b = dev->driver_data ? dev->driver_data : allocate(dev);
	int error = b ? work_prepare(true) : -ENOMEM;

	if (error)
		return error;
	dev->name = b->name;
	error = balloon_pages_probe(b);
	if (!error)
		error = balloon_stats_probe(b);
	if (!error)
		error = balloon_hint_probe(b);
	if (!error)
		error = balloon_report_probe(b);
	if (!error)
		tell_poison(dev);
	return error;
}

static void balloon_start(struct virtio_device *dev)
{
	struct balloon *b = dev->driver_data;

	b->live = true;
	balloon_pages_start(b);
	balloon_stats_start(b);
	balloon_report_start(b);
	balloon_wake(b);
}

/* A device that was reset has forgotten its balloon: all of it is ours again. */
static void balloon_remove(struct virtio_device *dev)
{
	struct balloon *b = dev->driver_data;

	if (!b)
		return;
	balloon_pages_remove(b);
	balloon_hint_remove(b);
	balloon_report_remove(b);
	balloon_answered(b);
}

static const struct virtio_feature balloon_features[] = {
	{ "MUST_TELL_HOST", VIRTIO_BALLOON_F_MUST_TELL_HOST, true, 0 },
	{ "STATS_VQ",       VIRTIO_BALLOON_F_STATS_VQ,       true, 0 },
	{ "DEFLATE_ON_OOM", VIRTIO_BALLOON_F_DEFLATE_ON_OOM, true, 0 },
	{ "FREE_PAGE_HINT", VIRTIO_BALLOON_F_FREE_PAGE_HINT, true, 0 },
	{ "PAGE_POISON",    VIRTIO_BALLOON_F_PAGE_POISON,    true, 0 },
	{ "PAGE_REPORTING", VIRTIO_BALLOON_F_PAGE_REPORTING, true, 0 },
	{ 0 },
};

static const struct virtio_driver balloon_driver = {
	.name = "virtio-balloon",
	.id = VIRTIO_ID_BALLOON,
	.features = balloon_features,
	.decline = balloon_decline,
	.probe = balloon_probe,
	.start = balloon_start,
	.config_changed = balloon_config_changed,
	.remove = balloon_remove,
};
VIRTIO_DRIVER(balloon_driver);
