/* SPDX-License-Identifier: BSD-2-Clause */
/* See ring_model.h: the device's side of section 2.7. */
#include "tests/host/model/ring_model.h"

static struct virtq_desc *desc_of(const struct model_queue *q)
{
	return (struct virtq_desc *)(uintptr_t)q->desc;
}

static struct virtq_avail *avail_of(const struct model_queue *q)
{
	return (struct virtq_avail *)(uintptr_t)q->driver;
}

static struct virtq_used *used_of(const struct model_queue *q)
{
	return (struct virtq_used *)(uintptr_t)q->device;
}

static uint16_t *used_event(const struct model_queue *q)
{
	return &avail_of(q)->ring[q->size];
}

static uint16_t *avail_event(const struct model_queue *q)
{
	return (uint16_t *)&used_of(q)->ring[q->size];
}

/* 2.7.2: all three follow from the address of the first and the size. */
static void check_legacy_layout(const struct model_queue *q)
{
	uint64_t avail_end = q->desc + q->size * 16u + 2u * (3u + q->size);

	RULE("LEG-04", q->size == q->max, "a legacy ring of %u entries, the device's has %u", q->size, q->max);
	RULE("LEG-06", q->desc % 4096 == 0 && q->driver == q->desc + q->size * 16u && q->device == (avail_end + 4095) / 4096 * 4096,
	     "a legacy ring that is not laid out as in 2.7.2");
}

static void split_enabled(struct model_virtio *m, unsigned index)
{
	struct model_queue *q = &m->queue[index];

	if (!RULE("SPLIT-01", q->desc % 16 == 0 && q->driver % 2 == 0 && q->device % 4 == 0, "queue %u is misaligned", index)) {
		m->broken = true;
		return;
	}
	if (m->legacy)
		check_legacy_layout(q);
	RULE("SPLIT-19", !used_of(q)->flags && !used_of(q)->idx && !avail_of(q)->idx, "queue %u starts with a used ring that is not zero", index);
}

/* --- taking --- */

static bool add_piece(struct model_virtio *m, struct model_chain *c, const struct virtq_desc *d)
{
	if (d->flags & ~7u)
		return model_ring_bad(m, "unknown descriptor flags");
	return model_chain_add(m, c, d->addr, d->len, d->flags & VIRTQ_DESC_F_WRITE, "SPLIT-02", "SPLIT-04");
}

/* A broken rule also breaks the ring: there is no going on with what it holds. */
#define KEPT(id, kept, ...) (RULE(id, kept, __VA_ARGS__) || model_ring_broken(m))

static bool walk_indirect(struct model_virtio *m, struct model_queue *q, struct model_chain *c, const struct virtq_desc *whole)
{
	const struct virtq_desc *table = (const struct virtq_desc *)(uintptr_t)whole->addr;
	unsigned n = whole->len / sizeof(*table), at = 0;

	if (!KEPT("SPLIT-06", model_accepted(m, VIRTIO_F_INDIRECT_DESC), "INDIRECT without the feature") ||
	    !KEPT("SPLIT-09", !(whole->flags & VIRTQ_DESC_F_NEXT), "INDIRECT and NEXT together") ||
	    !KEPT("SPLIT-08", n && whole->len % sizeof(*table) == 0 && n <= q->size, "an indirect table of %u bytes", whole->len))
		return false;
	for (unsigned steps = 0; steps < n; steps++) {
		if (!KEPT("SPLIT-07", !(table[at].flags & VIRTQ_DESC_F_INDIRECT), "INDIRECT inside an indirect table") || !add_piece(m, c, &table[at]))
			return false;
		if (!(table[at].flags & VIRTQ_DESC_F_NEXT))
			return true;
		if (model_accepted(m, VIRTIO_F_IN_ORDER) && !KEPT("SPLIT-10", table[at].next == at + 1, "an indirect table that is not in order"))
			return false;
		at = table[at].next;
		if (at >= n)
			return model_ring_bad(m, "an indirect table links past its end");
	}
	return model_ring_bad(m, "an indirect table loops");
}

static bool walk(struct model_virtio *m, struct model_queue *q, struct model_chain *c)
{
	uint16_t at = c->head;

	for (unsigned steps = 0; KEPT("SPLIT-08", steps < q->size, "a chain longer than the queue"); steps++) {
		const struct virtq_desc *d;

		if (at >= q->size)
			return model_ring_bad(m, "a descriptor index beyond the ring");
		if (!KEPT("CLEAN-01", !q->in_flight[at], "descriptor %u, which the device still has", at))
			return false;
		q->in_flight[at] = true;
		d = &desc_of(q)[at];
		c->count++;
		if (d->flags & VIRTQ_DESC_F_INDIRECT)
			return walk_indirect(m, q, c, d);
		if (!add_piece(m, c, d))
			return false;
		if (!(d->flags & VIRTQ_DESC_F_NEXT))
			return true;
		if (model_accepted(m, VIRTIO_F_IN_ORDER) &&
		    !KEPT("SPLIT-05", d->next == (at + 1) % q->size, "descriptor %u links %u, though in order was agreed on", at, d->next))
			return false;
		at = d->next;
	}
	return false;
}

/* 2.7.7: what avail flags may be. */
static bool flags_allowed(struct model_virtio *m, uint16_t flags)
{
	if (event_idx(m))
		return KEPT("SPLIT-14", flags == 0, "avail flags with event index");
	if (flags == VIRTQ_AVAIL_F_NO_INTERRUPT)
		RULE("SPLIT-13", true, "notifications are suppressed");
	return KEPT("SPLIT-12", flags <= 1, "avail flags are neither 0 nor 1");
}

static bool split_pop(struct model_virtio *m, unsigned index, struct model_chain *c)
{
	struct model_queue *q = &m->queue[index];
	uint16_t idx = __atomic_load_n(&avail_of(q)->idx, __ATOMIC_ACQUIRE);

	if (!flags_allowed(m, avail_of(q)->flags) ||
	    !KEPT("SPLIT-11", (uint16_t)(idx - q->last_avail) <= q->size, "avail idx jumps or goes back"))
		return false;
	if (idx == q->last_avail)
		return false;
	if ((uint16_t)(idx - q->last_avail) > 1)
		RULE("SPLIT-28", true, "several at once");
	c->head = avail_of(q)->ring[q->last_avail++ % q->size];
	return walk(m, q, c);
}

/* --- notifications --- */

static void split_notified(struct model_virtio *m, unsigned index)
{
	struct model_queue *q = &m->queue[index];
	uint16_t idx = avail_of(q)->idx;

	if (event_idx(m))
		RULE("SPLIT-25", model_event_passed(*avail_event(q), q->notified_avail, idx), "queue %u notified although avail_event was not passed", index);
	else
		RULE("SPLIT-21", !(used_of(q)->flags & VIRTQ_USED_F_NO_NOTIFY), "queue %u notified although the device does not want that", index);
	q->notified_avail = idx;
}

/* What the driver was told of notifications, as split_wait() left it: it was to notify of anything new. */
static bool split_pending(struct model_virtio *m, unsigned index)
{
	struct model_queue *q = &m->queue[index];
	bool missed = avail_of(q)->idx != q->last_avail && !q->notified;

	return !RULE(event_idx(m) ? "SPLIT-24" : "SPLIT-22", !missed, "queue %u was filled and not notified", index);
}

static uint16_t split_position(struct model_virtio *m, unsigned index)
{
	return avail_of(&m->queue[index])->idx;
}

static void split_wait(struct model_virtio *m, unsigned index)
{
	struct model_queue *q = &m->queue[index];

	if (m->poll_mode) {
		if (event_idx(m))
			*avail_event(q) = (uint16_t)(q->last_avail - 1);
		else
			used_of(q)->flags = VIRTQ_USED_F_NO_NOTIFY;
	} else {
		*avail_event(q) = event_idx(m) ? q->last_avail : 0xdead; /* SPLIT-20: without the feature nobody looks there */
		used_of(q)->flags = event_idx(m) ? VIRTQ_USED_F_NO_NOTIFY : 0; /* SPLIT-23: with it nobody looks here */
	}
}

/* --- giving back --- */

static void free_descriptors(struct model_queue *q, uint16_t head)
{
	for (uint16_t at = head;; at = desc_of(q)[at].next) {
		q->in_flight[at] = false;
		if (!(desc_of(q)[at].flags & VIRTQ_DESC_F_NEXT))
			return;
	}
}

static uint16_t free_descriptor(const struct model_queue *q, uint32_t other_than)
{
	uint16_t i = 0;

	while (i < q->size - 1 && (q->in_flight[i] || i == other_than))
		i++;
	return i;
}

/* Bends the entry about to be given back as the test asked for. */
static void apply_fault(struct model_virtio *m, struct model_queue *q, uint32_t *id, uint32_t *len, uint16_t *idx)
{
	switch (m->fault.used) {
	case USED_HONEST: case USED_FAULTS: break;
	case USED_ID_TOO_BIG: *id = q->size; break;
	case USED_ID_FREE: *id = free_descriptor(q, *id); break;
	case USED_ID_REPEATED: *id = q->repeat_id; break;
	case USED_ID_INNER: *id = desc_of(q)[*id].next; break;
	case USED_LEN_TOO_LONG: *len += 1; break;
	case USED_INDEX_JUMP: *idx = (uint16_t)(*idx + q->size); break;
	case USED_NEVER_OFFERED: *idx = (uint16_t)(*idx + 1); *id = free_descriptor(q, *id); break;
	case USED_INDEX_BACK: *idx = (uint16_t)(*idx - 2); break;
	}
	if (m->fault.used == USED_LEN_TOO_LONG && *len < 0x10000)
		*len = 0x7fffffff;
	/* Who takes one buffer for another is in no position to say what the driver may do with it. */
	if (m->fault.used != USED_HONEST && m->fault.used != USED_LEN_TOO_LONG)
		m->broken = true;
	m->fault.used = USED_HONEST;
}

static bool wants_interrupt(struct model_virtio *m, struct model_queue *q, uint16_t old, uint16_t new)
{
	if (event_idx(m))
		return model_event_passed(*used_event(q), old, new);
	return !(avail_of(q)->flags & VIRTQ_AVAIL_F_NO_INTERRUPT);
}

static bool split_push(struct model_virtio *m, unsigned index, const struct model_chain *c, uint32_t written, bool entry)
{
	struct model_queue *q = &m->queue[index];
	struct virtq_used *used = used_of(q);
	uint16_t old = q->used_idx, new = (uint16_t)(old + q->skipped + 1);
	uint32_t id = c->head, len = written;

	free_descriptors(q, c->head);
	if (!entry) {
		q->skipped++;
		return false;
	}
	apply_fault(m, q, &id, &len, &new);
	q->repeat_id = c->head;
	used->ring[old % q->size] = (struct virtq_used_elem){ .id = id, .len = len };
	__atomic_store_n(&used->idx, new, __ATOMIC_RELEASE);
	q->used_idx = new;
	q->skipped = 0;
	return wants_interrupt(m, q, old, new);
}

const struct model_ring_ops model_ring_split = {
	.enabled = split_enabled,
	.pop = split_pop,
	.push = split_push,
	.notified = split_notified,
	.position = split_position,
	.pending = split_pending,
	.wait = split_wait,
};
