/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory statistics (VIRTIO 1.4, 5.5.6.3): the device holds one buffer, and gives it back when it
 * wants it filled anew. That is done where the interrupt is, so the answer waits for nothing.
 */
#include "virtio/virtio_balloon.h"
#include "kernel/heap.h"
#include "kernel/vm.h"
#include <errno.h>

/* What can be answered, always the same. Nothing is ever swapped, read in by a fault, or killed. */
static const uint8_t tags[] = {
	VIRTIO_BALLOON_S_SWAP_IN, VIRTIO_BALLOON_S_SWAP_OUT, VIRTIO_BALLOON_S_MAJFLT,
	VIRTIO_BALLOON_S_MINFLT, VIRTIO_BALLOON_S_MEMFREE, VIRTIO_BALLOON_S_MEMTOT,
	VIRTIO_BALLOON_S_AVAIL, VIRTIO_BALLOON_S_CACHES, VIRTIO_BALLOON_S_OOM_KILL,
	VIRTIO_BALLOON_S_ALLOC_STALL, VIRTIO_BALLOON_S_RECLAIM_DIRECT,
};

static uint64_t value(enum virtio_balloon_tag tag)
{
	uint64_t free = page_count_free() << PAGE_SHIFT;
	uint64_t held = memory_givers_hold() << PAGE_SHIFT;

	switch (tag) {
	case VIRTIO_BALLOON_S_MINFLT:         return vm_count_filled();
	case VIRTIO_BALLOON_S_MEMFREE:        return free;
	case VIRTIO_BALLOON_S_MEMTOT:         return page_count_total() << PAGE_SHIFT;
	case VIRTIO_BALLOON_S_AVAIL:          return free + held;
	case VIRTIO_BALLOON_S_CACHES:         return held;
	case VIRTIO_BALLOON_S_ALLOC_STALL:    return memory_giver_stats().asked;
	case VIRTIO_BALLOON_S_RECLAIM_DIRECT: return memory_giver_stats().given;
	default:                              return 0;
	}
}

static void send(struct balloon *b)
{
	struct sg sg = { b->stat, sizeof tags * sizeof *b->stat };

	for (unsigned i = 0; i < sizeof tags; i++)
		b->stat[i] = (struct virtio_balloon_stat){ tags[i], value(tags[i]) };
	if (virtqueue_add(b->statsq, &sg, 1, 1, b) == 0)
		virtqueue_kick(b->statsq);
}

static void asked(struct virtqueue *vq, void *token, uint32_t len)
{
	(void)vq, (void)len;
	send(token);
}

int balloon_stats_probe(struct balloon *b)
{
	if (!virtio_has(b->dev, VIRTIO_BALLOON_F_STATS_VQ))
		return 0;
	if (!b->stat)
		b->stat = kmalloc(sizeof tags * sizeof *b->stat);
	if (!b->stat)
		return -ENOMEM;
	b->statsq = virtio_queue(b->dev, &(struct virtqueue_spec){
		.index = VIRTIO_BALLOON_STATSQ, .size = 2, .used = asked });
	return b->statsq ? 0 : -ENXIO;
}

void balloon_stats_start(struct balloon *b)
{
	if (virtio_has(b->dev, VIRTIO_BALLOON_F_STATS_VQ))
		send(b);
}
