/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Free page reporting (VIRTIO 1.4, 5.5.6.7): some time after memory became free in whole units, the
 * host is told of them, and may take them; they come back by being touched. They are nobody's until
 * the host has answered, and blank then: neither is one touched without need, nor told of twice. So
 * an idle machine has nothing to report, and is not woken.
 */
#include "virtio/virtio_balloon.h"
#include "kernel/clock.h"
#include "kernel/param.h"
#include <errno.h>
#include <string.h>

/* Milliseconds: what was just freed is likely to be wanted again. */
static uint32_t reporting_delay = 2000;
PARAM_UINT("hw.vtballoon.reporting_delay", reporting_delay, 0, 3600000);

static struct balloon *reporter; /* of several, one tells of all memory */

static void start_timer(struct balloon *b)
{
	timer_start(&b->report, clock_now_ns() + reporting_delay * 1000000ull);
}

/* The allocator's lock is held. */
static void found(void)
{
	start_timer(reporter);
}

static void due(struct timer *timer)
{
	struct balloon *b = container_of(timer, struct balloon, report);

	b->reporting = true;
	balloon_wake(b);
}

/* Of what is free, others keep three quarters meanwhile. */
static unsigned take_units(struct balloon *b)
{
	uint64_t most = balloon_spare() / 4 / PAGE_UNIT;
	unsigned n = 0;

	if (most > b->reportq->size)
		most = b->reportq->size;
	while (n < BALLOON_REPORT_UNITS && n < most && (b->unit[n] = page_take_stale()))
		n++;
	return n;
}

static int send(struct balloon *b, unsigned n)
{
	struct sg sg[BALLOON_REPORT_UNITS];

	for (unsigned i = 0; i < n; i++) {
		sg[i] = (struct sg){ b->unit[i], PAGE_UNIT * PAGE_SIZE };
		if (virtio_has(b->dev, VIRTIO_BALLOON_F_PAGE_POISON))
			memset(b->unit[i], balloon_poison(), sg[i].len);
	}
	return virtqueue_add(b->reportq, sg, n, 0, b);
}

static void put_back(struct balloon *b, void (*put)(void *))
{
	for (unsigned i = 0; i < b->units_out; i++)
		put(b->unit[i]);
	b->units_out = 0;
}

static void put_stale(void *unit)
{
	page_free(unit, PAGE_UNIT);
}

static void answered(struct virtqueue *vq, void *token, uint32_t len)
{
	struct balloon *b = token;

	(void)vq, (void)len;
	b->stats.reported += b->units_out * PAGE_UNIT;
	put_back(b, page_free_blank);
	balloon_answered(b);
}

void balloon_report_work(struct balloon *b)
{
	if (!b->reporting || b->units_out)
		return;
	page_gather();
	page_watch_stale(found); /* before they are taken, so that nothing is missed */
	b->units_out = take_units(b);
	b->reporting = b->units_out;
	if (!b->reporting)
		return;
	if (send(b, b->units_out) == 0) {
		virtqueue_kick(b->reportq);
	} else {
		put_back(b, put_stale);
		balloon_answered(b);
	}
}

/* QEMU leaves no gap where the queue of hints would be (5.5.2 does). */
static uint16_t queue_index(struct virtio_device *dev)
{
	return dev->transport->queue_max(dev, VIRTIO_BALLOON_REPORTING_VQ) ?
	       VIRTIO_BALLOON_REPORTING_VQ : VIRTIO_BALLOON_FREE_PAGE_VQ;
}

int balloon_report_probe(struct balloon *b)
{
	if (!virtio_has(b->dev, VIRTIO_BALLOON_F_PAGE_REPORTING))
		return 0;
	b->report.fire = due;
	b->reportq = virtio_queue(b->dev, &(struct virtqueue_spec){
		.index = queue_index(b->dev), .size = 2 * BALLOON_REPORT_UNITS,
		.pieces = BALLOON_REPORT_UNITS, .no_lengths = true, .used = answered });
	return b->reportq ? 0 : -ENXIO;
}

void balloon_report_start(struct balloon *b)
{
	if (reporter || !virtio_has(b->dev, VIRTIO_BALLOON_F_PAGE_REPORTING))
		return;
	reporter = b;
	start_timer(b);
}

void balloon_report_remove(struct balloon *b)
{
	if (reporter == b) {
		page_watch_stale(NULL);
		timer_stop(&b->report);
		reporter = NULL;
	}
	b->reporting = false;
	put_back(b, put_stale);
}
