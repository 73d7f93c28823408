/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packed ring (VIRTIO 1.4, section 2.8). Everything here runs with the queue's lock held;
 * beside it runs the device.
 *
 * One ring serves both ways: a descriptor's AVAIL and USED bits, seen together with the wrap
 * counters, say whose it is. The device writes over descriptors it has used, and may write over any
 * of them at any time, whatever the rules say. So where a buffer begins and how many descriptors it
 * takes is remembered in memory of our own, and each value of the device's is read once.
 */
#include "kernel/x86_64/cpu.h"
#include "virtio/virtio.h"
#include "virtio/virtqueue_ring.h"

static size_t packed_ring_bytes(const struct virtqueue *vq)
{
	return vq->size * sizeof(struct pvirtq_desc) + 2 * sizeof(uint32_t);
}

static void packed_reset(struct virtqueue *vq)
{
	struct pvirtq_desc *desc = vq->ring;
	uint32_t *events = (uint32_t *)(desc + vq->size);

	vq->descriptor_area = vq->packed.desc = desc;
	vq->driver_area = vq->packed.driver = &events[0];
	vq->device_area = vq->packed.device = &events[1];
	vq->packed.avail_next = vq->packed.last_used = vq->packed.added = 0;
	vq->packed.avail_wrap = vq->packed.used_wrap = true;
}

/* The slot n descriptors on; each time the ring ends its wrap counter flips. */
static void advance(const struct virtqueue *vq, uint16_t *slot, bool *wrap, unsigned n)
{
	unsigned at = *slot + n;

	if (at >= vq->size) {
		at -= vq->size;
		*wrap = !*wrap;
	}
	*slot = (uint16_t)at;
}

/* 2.8.1: available is what has AVAIL as the wrap counter and USED the other way round. */
static uint16_t availability(const struct virtqueue *vq)
{
	return vq->packed.avail_wrap ? PVIRTQ_DESC_F_AVAIL : PVIRTQ_DESC_F_USED;
}

static void fill(struct pvirtq_desc *d, const struct sg *piece, uint16_t id)
{
	d->addr = (uintptr_t)piece->addr;
	d->len = piece->len;
	d->id = id;
}

/*
 * The device looks at descriptors in ring order, so it sees nothing of a batch before the flags of
 * the very first one, which wait for publish. Within a list the first one's are written last.
 */
static void expose(struct virtqueue *vq, uint16_t slot, uint16_t flags, unsigned n)
{
	if (vq->packed.added == 0) {
		vq->packed.first = slot;
		vq->packed.first_flags = flags;
	} else {
		store_release(&vq->packed.desc[slot].flags, flags);
	}
	vq->packed.added = (uint16_t)(vq->packed.added + n);
}

static uint32_t add_list(struct virtqueue *vq, uint16_t id, const struct sg *sg, unsigned n,
		     unsigned readable)
{
	uint16_t first = vq->packed.avail_next, first_flags = 0;
	uint32_t writable = 0;

	for (unsigned i = 0; i < n; i++) {
		struct pvirtq_desc *d = &vq->packed.desc[vq->packed.avail_next];
		uint16_t flags = (uint16_t)(availability(vq) |
					    (i >= readable ? VIRTQ_DESC_F_WRITE : 0) |
					    (i + 1 < n ? VIRTQ_DESC_F_NEXT : 0));

		fill(d, &sg[i], id);
		writable += i >= readable ? sg[i].len : 0;
		if (i == 0)
			first_flags = flags;
		else
			store_relaxed(&d->flags, flags);
		advance(vq, &vq->packed.avail_next, &vq->packed.avail_wrap, 1);
	}
	expose(vq, first, first_flags, n);
	return writable;
}

/* 2.8.7: of an entry's flags only WRITE means anything, and their order is the list's. */
static inline uint32_t fill_table(struct pvirtq_desc *table, const struct sg *sg, unsigned n,
				  unsigned readable)
{
	uint32_t writable = 0;
	unsigned i = 0;

	for (; i < readable; i++) {
		fill(&table[i], &sg[i], 0);
		table[i].flags = 0;
	}
	for (; i < n; i++) {
		fill(&table[i], &sg[i], 0);
		table[i].flags = VIRTQ_DESC_F_WRITE;
		writable += sg[i].len;
	}
	return writable;
}

/* Returns how many bytes the device may write. */
static inline uint32_t ring_add(struct virtqueue *vq, uint16_t id, const struct sg *sg, unsigned n,
				unsigned readable)
{
	vq->free_head = vq->tokens[id].next;
	if (vq->tokens[id].indirect) {
		struct pvirtq_desc *table = virtqueue_table(vq, id);
		struct sg whole = { table, (uint32_t)(n * sizeof *table) };
		uint16_t at = vq->packed.avail_next;
		uint32_t writable = fill_table(table, sg, n, readable);

		fill(&vq->packed.desc[at], &whole, id);
		expose(vq, at, availability(vq) | VIRTQ_DESC_F_INDIRECT, 1);
		advance(vq, &vq->packed.avail_next, &vq->packed.avail_wrap, 1);
		return writable;
	}
	return add_list(vq, id, sg, n, readable);
}

/* 2.8.10: with EVENT_IDX the device may name the descriptor that it wants to be notified of. */
static bool wants_notification(const struct virtqueue *vq, uint16_t added)
{
	uint32_t event = load_relaxed(vq->packed.device);
	uint16_t off = PVIRTQ_EVENT_OFF(event), now = vq->packed.avail_next;

	if (PVIRTQ_EVENT_FLAGS(event) != PVIRTQ_EVENT_DESC || !vq->event_idx)
		return PVIRTQ_EVENT_FLAGS(event) != PVIRTQ_EVENT_DISABLE;
	if (PVIRTQ_EVENT_WRAP(event) != vq->packed.avail_wrap)
		off = (uint16_t)(off - vq->size); /* on the lap before this one */
	return event_passed(off, now, (uint16_t)(now - added));
}

static inline bool ring_publish(struct virtqueue *vq)
{
	uint16_t added = vq->packed.added;

	if (added == 0)
		return false;
	vq->packed.added = 0;
	/* after all the rest of what was added, as the device sees it (2.8.21.1.1) */
	store_release(&vq->packed.desc[vq->packed.first].flags, vq->packed.first_flags);
	/* before looking whether the device sleeps: it looks at flags after that (2.8.21.3.1) */
	cpu_device_barrier();
	return wants_notification(vq, added);
}

static uint16_t packed_position(const struct virtqueue *vq)
{
	return (uint16_t)PVIRTQ_EVENT_WORD(vq->packed.avail_next, vq->packed.avail_wrap, 0);
}

/* Has the device used the buffer it has to use next? */
static bool used_at_last(const struct virtqueue *vq, uint16_t flags)
{
	const uint16_t both = PVIRTQ_DESC_F_AVAIL | PVIRTQ_DESC_F_USED;

	return (flags & both) == (vq->packed.used_wrap ? both : 0);
}

/*
 * 2.8.5: without WRITE the length says nothing. QEMU never sets it, so a length that can be true is
 * taken, and one that cannot is no offence then.
 */
static inline struct virtqueue_used ring_peek(const struct virtqueue *vq)
{
	const struct pvirtq_desc *d = &vq->packed.desc[vq->packed.last_used];
	uint16_t flags = load_acquire(&d->flags); /* before the fields they cover */
	uint32_t id, len;

	if (!used_at_last(vq, flags))
		return (struct virtqueue_used){ .pending = 0 };
	id = load_relaxed(&d->id);
	len = load_relaxed(&d->len);
	if (!(flags & VIRTQ_DESC_F_WRITE) && id < vq->size && len > vq->tokens[id].writable)
		len = 0;
	/* how many it stands for is up to its id */
	return (struct virtqueue_used){ id, len, vq->in_flight ? vq->in_flight : 1 };
}

static inline void ring_retire(struct virtqueue *vq, uint16_t id)
{
	advance(vq, &vq->packed.last_used, &vq->packed.used_wrap, vq->tokens[id].count);
	vq->tokens[id].next = vq->free_head;
	vq->free_head = id;
}

static void packed_silence(struct virtqueue *vq)
{
	store_relaxed(vq->packed.driver, PVIRTQ_EVENT_WORD(0, 0, PVIRTQ_EVENT_DISABLE));
}

static inline bool ring_arm(struct virtqueue *vq)
{
	uint32_t event = PVIRTQ_EVENT_WORD(0, 0, PVIRTQ_EVENT_ENABLE);

	if (vq->event_idx)
		event = PVIRTQ_EVENT_WORD(vq->packed.last_used, vq->packed.used_wrap,
					  PVIRTQ_EVENT_DESC);
	store_relaxed(vq->packed.driver, event);
	/* before the last look: the device marks a descriptor, then looks whether to interrupt */
	cpu_device_barrier();
	return used_at_last(vq, load_relaxed(&vq->packed.desc[vq->packed.last_used].flags));
}

#include "virtio/virtqueue_path.h" /* made of the functions above */

const struct virtqueue_ops virtqueue_packed_ops = {
	.ring_bytes = packed_ring_bytes,
	.reset = packed_reset,
	.add = add,
	.publish = publish,
	.position = packed_position,
	.silence = packed_silence,
	.arm = arm,
	.hand_out = hand_out,
};
