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
#include "virtio/virtqueue.h"
#include <errno.h>

/* Accesses to memory the device reads or writes: of their width, once, in the order given. */
#define load_acquire(p)     __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define load_relaxed(p)     __atomic_load_n((p), __ATOMIC_RELAXED)
#define store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)

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
	vq->split.event_idx = virtio_has(vq->dev, VIRTIO_F_EVENT_IDX);
	for (unsigned i = 0; i < vq->size; i++)
		vq->tokens[i] = (struct virtqueue_token){ .next = (uint16_t)(i + 1) };
	vq->free_head = 0;
	vq->num_free = vq->size;
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
 * The table of a buffer id, filled in order; one descriptor of the ring points at it. Returns how
 * many of the ring's it took.
 */
static uint16_t fill_indirect(struct virtqueue *vq, uint16_t head, const struct sg *sg, unsigned n,
			      unsigned readable)
{
	struct virtq_desc *table = vq->indirect + (size_t)head * vq->spec.pieces;
	struct sg whole = { table, (uint32_t)(n * sizeof *table) };

	for (unsigned i = 0; i < n; i++)
		fill(&table[i], &sg[i], piece_flags(i, n, readable),
		     (uint16_t)(i + 1 < n ? i + 1 : 0));
	fill(&vq->split.desc[head], &whole, VIRTQ_DESC_F_INDIRECT, 0);
	vq->free_head = vq->tokens[head].next;
	return 1;
}

static uint16_t fill_chain(struct virtqueue *vq, uint16_t head, const struct sg *sg, unsigned n,
			   unsigned readable)
{
	uint16_t at = head;

	for (unsigned i = 0; i < n; i++) {
		uint16_t next = vq->tokens[at].next;

		fill(&vq->split.desc[at], &sg[i], piece_flags(i, n, readable),
		     (uint16_t)(i + 1 < n ? next : 0));
		at = next;
	}
	vq->free_head = at;
	return (uint16_t)n;
}

static uint32_t writable_bytes(const struct sg *sg, unsigned n, unsigned readable)
{
	uint32_t sum = 0;

	for (unsigned i = readable; i < n; i++)
		sum += sg[i].len;
	return sum;
}

static int split_add(struct virtqueue *vq, const struct sg *sg, unsigned n, unsigned readable,
		     void *token)
{
	uint16_t head = vq->free_head;
	bool indirect = n > 1 && n <= vq->spec.pieces && head < vq->ntables;

	if (n == 0 || n > vq->size)
		return -EINVAL;
	if (vq->num_free < (indirect ? 1 : n))
		return -ENOSPC;
	vq->tokens[head].count = indirect ? fill_indirect(vq, head, sg, n, readable)
					  : fill_chain(vq, head, sg, n, readable);
	vq->tokens[head].token = token;
	vq->tokens[head].writable = writable_bytes(sg, n, readable);
	vq->num_free -= vq->tokens[head].count;
	vq->in_flight++;
	store_relaxed(&vq->split.avail->ring[vq->split.avail_next++ & (vq->size - 1)], head);
	return 0;
}

/* 2.7.7.2: is event among the indices that were passed on the way from old to new? */
static bool event_passed(uint16_t event, uint16_t new_idx, uint16_t old_idx)
{
	return (uint16_t)(new_idx - event - 1) < (uint16_t)(new_idx - old_idx);
}

static bool split_publish(struct virtqueue *vq)
{
	uint16_t old = vq->split.avail_idx, new = vq->split.avail_next;

	if (old == new)
		return false;
	vq->split.avail_idx = new;
	/* after descriptors and ring entries, as the device sees it (2.7.13.3.1) */
	store_release(&vq->split.avail->idx, new);
	/* before looking whether the device sleeps: it looks at idx after that (2.7.13.4.1) */
	cpu_device_barrier();
	if (vq->split.event_idx)
		return event_passed(load_relaxed(avail_event(vq)), new, old);
	return !(load_relaxed(&vq->split.used->flags) & VIRTQ_USED_F_NO_NOTIFY);
}

static void free_chain(struct virtqueue *vq, uint16_t head)
{
	uint16_t last = head;

	for (unsigned i = 1; i < vq->tokens[head].count; i++)
		last = vq->tokens[last].next;
	vq->tokens[last].next = vq->free_head;
	vq->free_head = head;
	vq->num_free += vq->tokens[head].count;
}

static int split_next_used(struct virtqueue *vq, uint16_t *id, uint32_t *len)
{
	uint16_t idx = load_acquire(&vq->split.used->idx); /* before the entry it covers */
	struct virtq_used_elem *e = &vq->split.used->ring[vq->split.last_used & (vq->size - 1)];
	uint32_t used_id, used_len;

	if (idx == vq->split.last_used)
		return 0;
	used_id = load_relaxed(&e->id);
	used_len = load_relaxed(&e->len);
	if ((uint16_t)(idx - vq->split.last_used) > vq->in_flight || used_id >= vq->size ||
	    !vq->tokens[used_id].token)
		return -EIO;
	if (vq->tokens[used_id].writable == 0)
		used_len = 0; /* means nothing here, and some devices write what they like */
	if (used_len > vq->tokens[used_id].writable)
		return -EIO;
	vq->split.last_used++;
	free_chain(vq, (uint16_t)used_id);
	*id = (uint16_t)used_id;
	*len = used_len;
	return 1;
}

/* With event index: an index that has just been passed is not passed again for 65535 buffers. */
static void split_silence(struct virtqueue *vq)
{
	if (vq->split.event_idx)
		store_relaxed(used_event(vq), (uint16_t)(vq->split.last_used - 1));
	else
		store_relaxed(&vq->split.avail->flags, (uint16_t)VIRTQ_AVAIL_F_NO_INTERRUPT);
}

static bool split_arm(struct virtqueue *vq)
{
	if (vq->split.event_idx)
		store_relaxed(used_event(vq), vq->split.last_used);
	else
		store_relaxed(&vq->split.avail->flags, (uint16_t)0);
	/* before the last look at idx: the device moves it before it looks whether to interrupt */
	cpu_device_barrier();
	return load_relaxed(&vq->split.used->idx) != vq->split.last_used;
}

const struct virtqueue_ops virtqueue_split_ops = {
	.ring_bytes = split_ring_bytes,
	.reset = split_reset,
	.add = split_add,
	.publish = split_publish,
	.next_used = split_next_used,
	.silence = split_silence,
	.arm = split_arm,
};
