/* SPDX-License-Identifier: BSD-2-Clause */
/* See ring_model.h: the device's side of section 2.8. */
#include "tests/host/model/ring_model.h"

#define EVENT_RESERVED 3 /* 2.8.10 */
#define BOTH (PVIRTQ_DESC_F_AVAIL | PVIRTQ_DESC_F_USED)
#define KEPT(id, kept, ...) (RULE(id, kept, __VA_ARGS__) || model_ring_broken(m))

static struct pvirtq_desc *desc_of(const struct model_queue *q)
{
	return (struct pvirtq_desc *)(uintptr_t)q->desc;
}

static uint32_t *driver_event(const struct model_queue *q)
{
	return (uint32_t *)(uintptr_t)q->driver;
}

static uint32_t *device_event(const struct model_queue *q)
{
	return (uint32_t *)(uintptr_t)q->device;
}

static void advance(const struct model_queue *q, uint16_t *slot, bool *wrap, unsigned n)
{
	for (; n; n--) {
		if (++*slot < q->size)
			continue;
		*slot = 0;
		*wrap = !*wrap;
	}
}

/* Slots the device has: from where its next used descriptor goes to where the next available one comes from. */
static unsigned slots_held(const struct model_queue *q)
{
	if (q->avail_wrap == q->used_wrap)
		return q->last_avail - q->used_idx;
	return q->size - q->used_idx + q->last_avail;
}

static void packed_enabled(struct model_virtio *m, unsigned index)
{
	struct model_queue *q = &m->queue[index];
	const uint8_t *at = (const uint8_t *)desc_of(q);
	bool zero;

	if (!RULE("PACK-01", q->desc % 16 == 0 && q->driver % 4 == 0 && q->device % 4 == 0, "queue %u is misaligned", index)) {
		m->broken = true;
		return;
	}
	zero = *driver_event(q) == 0 || PVIRTQ_EVENT_FLAGS(*driver_event(q)) == PVIRTQ_EVENT_DISABLE;
	for (size_t i = 0; i < q->size * sizeof(struct pvirtq_desc); i++)
		zero &= at[i] == 0;
	RULE("FACT-03", zero && *device_event(q) == 0, "queue %u starts with a ring that is not zero", index);
	if (q->size & (q->size - 1))
		RULE("FACT-06", true, "a size that is no power of two");
	q->avail_wrap = q->used_wrap = true;
}

/* --- taking --- */

static bool available(const struct pvirtq_desc *d, bool wrap)
{
	return (d->flags & BOTH) == (wrap ? PVIRTQ_DESC_F_AVAIL : PVIRTQ_DESC_F_USED);
}

/* What the device has must stay as it was made available. */
static bool undisturbed(struct model_virtio *m, const struct model_queue *q)
{
	uint16_t slot = q->used_idx;
	bool wrap = q->used_wrap, same = true;

	for (unsigned n = slots_held(q); n; n--) {
		same &= memcmp(&desc_of(q)[slot], &q->shadow[slot], sizeof(struct pvirtq_desc)) == 0;
		advance(q, &slot, &wrap, 1);
	}
	return KEPT("PACK-02", same, "a descriptor was written again before it was used") &&
		KEPT("PACK-03", same, "a descriptor was touched after it was made available") &&
		KEPT("CLEAN-01", same, "an entry of a live ring was changed");
}

static bool add_piece(struct model_virtio *m, struct model_chain *c, const struct pvirtq_desc *d)
{
	return model_chain_add(m, c, d->addr, d->len, d->flags & VIRTQ_DESC_F_WRITE, "PACK-08", "PACK-07");
}

static bool walk_indirect(struct model_virtio *m, struct model_queue *q, struct model_chain *c, const struct pvirtq_desc *whole)
{
	const struct pvirtq_desc *table = (const struct pvirtq_desc *)(uintptr_t)whole->addr;
	unsigned n = whole->len / sizeof(*table);

	if (!KEPT("PACK-12", model_accepted(m, VIRTIO_F_INDIRECT_DESC), "INDIRECT without the feature") ||
	    !KEPT("PACK-15", !(whole->flags & VIRTQ_DESC_F_NEXT) && c->count == 1, "INDIRECT in a list") ||
	    !KEPT("PACK-14", n && whole->len % sizeof(*table) == 0 && n <= q->size, "an indirect table of %u bytes", whole->len))
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!KEPT("PACK-13", !(table[i].flags & ~VIRTQ_DESC_F_WRITE), "flags 0x%x in an indirect table", table[i].flags) ||
		    !add_piece(m, c, &table[i]))
			return false;
	return true;
}

/* The next slot of a list, which the device now has. NULL: it is not available, or there is no such slot. */
static const struct pvirtq_desc *take(struct model_virtio *m, struct model_queue *q, struct model_chain *c)
{
	const struct pvirtq_desc *d = &desc_of(q)[q->last_avail];
	bool first = c->count == 0;

	if (!KEPT("PACK-07", c->count < q->size, "a list longer than the queue") ||
	    !KEPT("PACK-10", slots_held(q) < q->size, "a list that reaches into what the device has") ||
	    !KEPT("FACT-05", available(d, q->avail_wrap), "flags 0x%x of a list's descriptor", d->flags) ||
	    (!first && !KEPT("PACK-11", available(d, q->avail_wrap), "the first descriptor of a list was not the last to be exposed")))
		return NULL;
	q->shadow[q->last_avail] = *d;
	advance(q, &q->last_avail, &q->avail_wrap, 1);
	c->count++;
	return d;
}

static bool walk(struct model_virtio *m, struct model_queue *q, struct model_chain *c)
{
	const struct pvirtq_desc *d;

	while ((d = take(m, q, c)) != NULL) {
		c->head = d->id;
		if (d->flags & VIRTQ_DESC_F_INDIRECT)
			return walk_indirect(m, q, c, d);
		if (!add_piece(m, c, d))
			return false;
		if (!(d->flags & VIRTQ_DESC_F_NEXT)) {
			if (c->n > 1)
				RULE("PACK-18", true, "several descriptors at once");
			return true;
		}
	}
	return false;
}

static bool packed_pop(struct model_virtio *m, unsigned index, struct model_chain *c)
{
	struct model_queue *q = &m->queue[index];
	const struct pvirtq_desc *d = &desc_of(q)[q->last_avail];
	uint16_t flags = __atomic_load_n(&d->flags, __ATOMIC_ACQUIRE);

	if (!undisturbed(m, q))
		return false;
	if (!!(flags & PVIRTQ_DESC_F_AVAIL) != q->avail_wrap || slots_held(q) == q->size)
		return false;
	if (!KEPT("FACT-02", !!(flags & PVIRTQ_DESC_F_USED) != q->avail_wrap, "AVAIL with USED") ||
	    !KEPT("FACT-01", available(d, q->avail_wrap), "a descriptor of another lap") || !walk(m, q, c))
		return false;
	if (!KEPT("FACT-04", c->head < MODEL_RING && !q->in_flight[c->head], "buffer id %u, which the device still has", c->head))
		return false;
	q->in_flight[c->head] = true;
	return true;
}

/* --- notifications --- */

/* Where the driver will put the next buffer: behind all that is available. */
static void find_end(const struct model_queue *q, uint16_t *slot, bool *wrap)
{
	unsigned room = q->size - slots_held(q);

	*slot = q->last_avail;
	*wrap = q->avail_wrap;
	for (; room && available(&desc_of(q)[*slot], *wrap); room--)
		advance(q, slot, wrap, 1);
}

static uint16_t packed_position(struct model_virtio *m, unsigned index)
{
	uint16_t slot;
	bool wrap;

	find_end(&m->queue[index], &slot, &wrap);
	return (uint16_t)(slot | wrap << 15);
}

/* Was the descriptor named in an event structure among those from one position to another? Walked, slot by slot. */
static bool stepped_over(const struct model_queue *q, uint32_t event, uint16_t slot, bool wrap, uint16_t to, bool to_wrap)
{
	for (unsigned n = 0; n <= 2u * q->size && (slot != to || wrap != to_wrap); n++) {
		if (slot == PVIRTQ_EVENT_OFF(event) && wrap == PVIRTQ_EVENT_WRAP(event))
			return true;
		advance(q, &slot, &wrap, 1);
	}
	return false;
}

static void packed_notified(struct model_virtio *m, unsigned index)
{
	struct model_queue *q = &m->queue[index];
	uint32_t event = *device_event(q);
	uint16_t slot;
	bool wrap;

	find_end(q, &slot, &wrap);
	if (PVIRTQ_EVENT_FLAGS(event) == PVIRTQ_EVENT_DISABLE ||
	    (PVIRTQ_EVENT_FLAGS(event) == PVIRTQ_EVENT_DESC && !stepped_over(q, event, q->last_avail, q->avail_wrap, slot, wrap)))
		model_refuse("queue %u notified although the device does not want that", index);
}

static bool packed_pending(struct model_virtio *m, unsigned index)
{
	struct model_queue *q = &m->queue[index];

	if (q->notified || slots_held(q) == q->size || !available(&desc_of(q)[q->last_avail], q->avail_wrap))
		return false;
	model_refuse("queue %u was filled and not notified", index);
	return true;
}

static void packed_wait(struct model_virtio *m, unsigned index)
{
	struct model_queue *q = &m->queue[index];

	if (m->poll_mode)
		*device_event(q) = PVIRTQ_EVENT_WORD(q->last_avail, q->avail_wrap, PVIRTQ_EVENT_DISABLE);
	else if (event_idx(m))
		*device_event(q) = PVIRTQ_EVENT_WORD(q->last_avail, q->avail_wrap, PVIRTQ_EVENT_DESC);
	else
		*device_event(q) = PVIRTQ_EVENT_WORD(0x1234, 0, PVIRTQ_EVENT_ENABLE); /* the offset means nothing */
}

/* --- giving back --- */

static uint16_t free_id(const struct model_queue *q)
{
	uint16_t i = 0;

	while (i < q->size - 1 && q->in_flight[i])
		i++;
	return i;
}

/* Bends the descriptor about to be given back as the test asked for. */
static void apply_fault(struct model_virtio *m, struct model_queue *q, struct pvirtq_desc *d)
{
	uint16_t id = d->id;

	switch (m->fault.used) {
	case USED_ID_TOO_BIG: d->id = q->size; break;
	case USED_ID_FREE: case USED_NEVER_OFFERED: case USED_ID_INNER: d->id = free_id(q); break;
	case USED_ID_REPEATED: d->id = q->repeat_id; break;
	case USED_LEN_TOO_LONG: d->len = 0x7fffffff; break;
	default: break;
	}
	/* Who takes one buffer for another is in no position to say what the driver may do with it. */
	if (d->id != id)
		m->broken = true;
	m->fault.used = USED_HONEST;
}

static bool wants_interrupt(struct model_virtio *m, struct model_queue *q, uint16_t from, bool from_wrap)
{
	uint32_t event = *driver_event(q);

	if (PVIRTQ_EVENT_FLAGS(event) == EVENT_RESERVED)
		model_refuse("event suppression flags that are reserved");
	if (PVIRTQ_EVENT_FLAGS(event) != PVIRTQ_EVENT_DESC)
		return PVIRTQ_EVENT_FLAGS(event) == PVIRTQ_EVENT_ENABLE;
	if (!event_idx(m))
		model_refuse("a descriptor's event without the feature");
	return stepped_over(q, event, from, from_wrap, q->used_idx, q->used_wrap);
}

static bool packed_push(struct model_virtio *m, unsigned index, const struct model_chain *c, uint32_t written, bool entry)
{
	struct model_queue *q = &m->queue[index];
	uint16_t from = q->used_idx;
	bool from_wrap = q->used_wrap;
	/* 2.8.5: without WRITE the length means nothing, and here it is made to */
	struct pvirtq_desc d = { .id = c->head, .len = c->writable_bytes ? written : 0xdeadbeef };
	struct pvirtq_desc *at = &desc_of(q)[from];

	if (!undisturbed(m, q))
		return false;
	if (!entry) {
		q->skipped = (uint16_t)(q->skipped + c->count);
		q->in_flight[c->head] = false;
		return false;
	}
	apply_fault(m, q, &d);
	q->in_flight[c->head] = false;
	q->repeat_id = c->head;
	at->id = d.id;
	at->len = d.len;
	__atomic_store_n(&at->flags, (uint16_t)((from_wrap ? BOTH : 0) | (c->writable_bytes ? VIRTQ_DESC_F_WRITE : 0)), __ATOMIC_RELEASE);
	advance(q, &q->used_idx, &q->used_wrap, q->skipped + c->count);
	q->skipped = 0;
	return wants_interrupt(m, q, from, from_wrap);
}

const struct model_ring_ops model_ring_packed = {
	.enabled = packed_enabled,
	.pop = packed_pop,
	.push = packed_push,
	.notified = packed_notified,
	.position = packed_position,
	.pending = packed_pending,
	.wait = packed_wait,
};
