/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The split ring (VIRTIO 1.4, section 2.7). Everything here runs with the queue's lock held; beside
 * it runs the device.
 *
 * The device may write to the whole ring at any time, whatever the rules say. So all that is
 * decided on - free lists, chains, indices, tokens - lives in memory of our own, and each value of
 * the device's is read once.
 */
#include "kernel/x86_64/cpu.h"
#include "virtio/virtio.h"
#include "virtio/virtqueue_ring.h"

/*
 * The areas of one allocation, in the order of their alignments: 16, 2 and (after rounding up) 4
 * bytes. A legacy device derives the same from the address of the first one, with a page for the
 * last alignment (2.7.2).
 */
static size_t avail_offset(uint16_t size)
{
	return size * sizeof(struct virtq_desc);
}

static size_t used_offset(const struct virtqueue *vq)
{
	size_t align = virtio_legacy(vq->dev) ? VIRTIO_LEGACY_ALIGN : VIRTQ_USED_ALIGN;
	size_t end = avail_offset(vq->size) + sizeof(struct virtq_avail) +
		     (vq->size + 1u) * sizeof(uint16_t);

	return (end + align - 1) & ~(align - 1);
}

static size_t split_ring_bytes(const struct virtqueue *vq)
{
	return used_offset(vq) + sizeof(struct virtq_used) +
	       vq->size * sizeof(struct virtq_used_elem) + sizeof(uint16_t);
}

/* 2.7.7, 2.7.10: the other side's event index lies behind the last entry of the ring. */
static uint16_t *used_event(struct virtqueue *vq)
{
	return &vq->split.avail->ring[vq->size];
}

static uint16_t *avail_event(struct virtqueue *vq)
{
	return (uint16_t *)&vq->split.used->ring[vq->size];
}

static void split_reset(struct virtqueue *vq)
{
	uint8_t *ring = vq->ring;

	vq->descriptor_area = vq->split.desc = (struct virtq_desc *)ring;
	vq->driver_area = vq->split.avail = (struct virtq_avail *)(ring + avail_offset(vq->size));
	vq->device_area = vq->split.used = (struct virtq_used *)(ring + used_offset(vq));
	vq->split.avail_next = vq->split.avail_idx = vq->split.last_used = 0;
}

static uint16_t piece_flags(unsigned i, unsigned n, unsigned readable)
{
	return (uint16_t)((i >= readable ? VIRTQ_DESC_F_WRITE : 0) |
			  (i + 1 < n ? VIRTQ_DESC_F_NEXT : 0));
}

static void fill(struct virtq_desc *d, const struct sg *piece, uint16_t flags, uint16_t next)
{
	d->addr = (uintptr_t)piece->addr;
	d->len = piece->len;
	d->flags = flags;
	d->next = next;
}

/*
 * In order, which is what a device may rely on with IN_ORDER (2.7.9). Returns how many bytes the
 * device may write, as fill_chain().
 */
static inline uint32_t fill_table(struct virtq_desc *table, const struct sg *sg, unsigned n,
				  unsigned readable)
{
	uint32_t writable = 0;
	unsigned i = 0;

	for (; i < readable; i++)
		fill(&table[i], &sg[i], VIRTQ_DESC_F_NEXT, (uint16_t)(i + 1));
	for (; i < n; i++) {
		fill(&table[i], &sg[i], VIRTQ_DESC_F_NEXT | VIRTQ_DESC_F_WRITE, (uint16_t)(i + 1));
		writable += sg[i].len;
	}
	table[n - 1].flags &= (uint16_t)~VIRTQ_DESC_F_NEXT;
	table[n - 1].next = 0;
	return writable;
}

/* Descriptors are taken from the free list; its head is the buffer's id. */
static uint32_t fill_chain(struct virtqueue *vq, const struct sg *sg, unsigned n, unsigned readable)
{
	uint16_t at = vq->free_head;
	uint32_t writable = 0;

	for (unsigned i = 0; i < n; i++) {
		uint16_t next = vq->tokens[at].next;

		fill(&vq->split.desc[at], &sg[i], piece_flags(i, n, readable),
		     (uint16_t)(i + 1 < n ? next : 0));
		writable += i >= readable ? sg[i].len : 0;
		at = next;
	}
	vq->free_head = at;
	return writable;
}

/* Of the buffer whose id heads the free list. Returns how many bytes the device may write. */
static inline uint32_t ring_add(struct virtqueue *vq, uint16_t id, const struct sg *sg, unsigned n,
				unsigned readable)
{
	uint32_t writable;

	if (vq->tokens[id].indirect) {
		struct virtq_desc *table = virtqueue_table(vq, id);
		struct sg whole = { table, (uint32_t)(n * sizeof *table) };

		writable = fill_table(table, sg, n, readable);
		fill(&vq->split.desc[id], &whole, VIRTQ_DESC_F_INDIRECT, 0);
		vq->free_head = vq->tokens[id].next;
	} else {
		writable = fill_chain(vq, sg, n, readable);
	}
	store_relaxed(&vq->split.avail->ring[vq->split.avail_next++ & (vq->size - 1)], id);
	return writable;
}

static inline bool ring_publish(struct virtqueue *vq)
{
	uint16_t old = vq->split.avail_idx, new = vq->split.avail_next;

	if (old == new)
		return false;
	vq->split.avail_idx = new;
	/* after descriptors and ring entries, as the device sees it (2.7.13.3.1) */
	store_release(&vq->split.avail->idx, new);
	/* before looking whether the device sleeps: it looks at idx after that (2.7.13.4.1) */
	cpu_device_barrier();
	if (vq->event_idx)
		return event_passed(load_relaxed(avail_event(vq)), new, old);
	return !(load_relaxed(&vq->split.used->flags) & VIRTQ_USED_F_NO_NOTIFY);
}

/* 2.9: low 15 bits and the 16th as if it were a wrap counter: together, the index. */
static uint16_t split_position(const struct virtqueue *vq)
{
	return vq->split.avail_idx;
}

static inline struct virtqueue_used ring_peek(const struct virtqueue *vq)
{
	uint16_t idx = load_acquire(&vq->split.used->idx); /* before the entry it covers */
	struct virtq_used_elem *e = &vq->split.used->ring[vq->split.last_used & (vq->size - 1)];
	uint16_t pending = (uint16_t)(idx - vq->split.last_used);

	if (pending == 0)
		return (struct virtqueue_used){ .pending = 0 };
	return (struct virtqueue_used){ load_relaxed(&e->id), load_relaxed(&e->len), pending };
}

/*
 * The chain goes to the head of the free list. Where buffers come back in order the list is a
 * circle that is never cut: descriptors are taken in the order of the table (2.7.9).
 */
static inline void ring_retire(struct virtqueue *vq, uint16_t id)
{
	uint16_t last = id;

	vq->split.last_used++;
	if (vq->in_order)
		return;
	for (unsigned i = 1; i < vq->tokens[id].count; i++)
		last = vq->tokens[last].next;
	vq->tokens[last].next = vq->free_head;
	vq->free_head = id;
}

/* With event index: an index that has just been passed is not passed again for 65535 buffers. */
static void split_silence(struct virtqueue *vq)
{
	if (vq->event_idx)
		store_relaxed(used_event(vq), (uint16_t)(vq->split.last_used - 1));
	else
		store_relaxed(&vq->split.avail->flags, (uint16_t)VIRTQ_AVAIL_F_NO_INTERRUPT);
}

static inline bool ring_arm(struct virtqueue *vq)
{
	if (vq->event_idx)
		store_relaxed(used_event(vq), vq->split.last_used);
	else
		store_relaxed(&vq->split.avail->flags, (uint16_t)0);
	/* before the last look at idx: the device moves it before it looks whether to interrupt */
	cpu_device_barrier();
	return load_relaxed(&vq->split.used->idx) != vq->split.last_used;
}

#include "virtio/virtqueue_path.h" /* made of the functions above */

const struct virtqueue_ops virtqueue_split_ops = {
	.ring_bytes = split_ring_bytes,
	.reset = split_reset,
	.add = add,
	.publish = publish,
	.position = split_position,
	.silence = split_silence,
	.arm = arm,
	.hand_out = hand_out,
};
