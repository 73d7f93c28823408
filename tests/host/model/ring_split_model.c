/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_model.h: the device's side of section 2.7. Buffers are read and written where the driver put them, so that AddressSanitizer watches their lifetime. */
#include "tests/host/model/virtio_model.h"

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

static bool event_idx(const struct model_virtio *m)
{
	return model_accepted(m, VIRTIO_F_EVENT_IDX);
}

/* 2.7.7.2, written out: is event one of the indices old, old + 1, ..., new - 1? */
static bool passed(uint16_t event, uint16_t old, uint16_t new)
{
	for (uint16_t i = old; i != new; i++)
		if (i == event)
			return true;
	return false;
}

/* 2.7.2: all three follow from the address of the first and the size. */
static void check_legacy_layout(const struct model_queue *q)
{
	uint64_t avail_end = q->desc + q->size * 16u + 2u * (3u + q->size);

	RULE("LEG-04", q->size == q->max, "a legacy ring of %u entries, the device's has %u", q->size, q->max);
	RULE("LEG-06", q->desc % 4096 == 0 && q->driver == q->desc + q->size * 16u && q->device == (avail_end + 4095) / 4096 * 4096,
	     "a legacy ring that is not laid out as in 2.7.2");
}

void model_ring_enabled(struct model_virtio *m, unsigned index)
{
	struct model_queue *q = &m->queue[index];

	if (!RULE("SPLIT-01", q->desc % 16 == 0 && q->driver % 2 == 0 && q->device % 4 == 0, "queue %u is misaligned", index)) {
		m->broken = true;
		return;
	}
	if (m->legacy)
		check_legacy_layout(q);
	RULE("SPLIT-19", !used_of(q)->flags && !used_of(q)->idx && !avail_of(q)->idx, "queue %u starts with a used ring that is not zero", index);
	model_ring_wait(m, index);
}

/* --- taking --- */

static bool bad(struct model_virtio *m, const char *what)
{
	model_refuse("%s", what);
	m->broken = true;
	return false;
}

static bool add_piece(struct model_virtio *m, struct model_chain *c, const struct virtq_desc *d)
{
	bool writable = d->flags & VIRTQ_DESC_F_WRITE;

	if (d->flags & ~7u)
		return bad(m, "unknown descriptor flags");
	if (!writable && c->n > c->readable)
		return bad(m, "SPLIT-02: a device-readable descriptor behind a device-writable one");
	if (d->len == 0)
		return bad(m, "a descriptor of length 0");
	c->piece[c->n].addr = (uint8_t *)(uintptr_t)d->addr;
	c->piece[c->n++].len = d->len;
	c->readable += !writable;
	*(writable ? &c->writable_bytes : &c->readable_bytes) += d->len;
	if (c->readable_bytes + c->writable_bytes > UINT32_MAX)
		return bad(m, "SPLIT-04: a chain of more than 2^32 bytes");
	return true;
}

static bool walk_indirect(struct model_virtio *m, struct model_queue *q, struct model_chain *c, const struct virtq_desc *whole)
{
	const struct virtq_desc *table = (const struct virtq_desc *)(uintptr_t)whole->addr;
	unsigned n = whole->len / sizeof(*table), at = 0;

	if (!model_accepted(m, VIRTIO_F_INDIRECT_DESC))
		return bad(m, "SPLIT-06: INDIRECT without the feature");
	if (whole->flags & VIRTQ_DESC_F_NEXT)
		return bad(m, "SPLIT-09: INDIRECT and NEXT together");
	if (n == 0 || whole->len % sizeof(*table) || n > q->size)
		return bad(m, "SPLIT-08: an indirect table of that length");
	for (unsigned steps = 0; steps < n; steps++) {
		if (table[at].flags & VIRTQ_DESC_F_INDIRECT)
			return bad(m, "SPLIT-07: INDIRECT inside an indirect table");
		if (!add_piece(m, c, &table[at]))
			return false;
		if (!(table[at].flags & VIRTQ_DESC_F_NEXT))
			return true;
		at = table[at].next;
		if (at >= n)
			return bad(m, "an indirect table links past its end");
	}
	return bad(m, "an indirect table loops");
}

static bool walk(struct model_virtio *m, struct model_queue *q, struct model_chain *c)
{
	uint16_t at = c->head;

	for (unsigned steps = 0; steps < q->size; steps++) {
		const struct virtq_desc *d;

		if (at >= q->size)
			return bad(m, "a descriptor index beyond the ring");
		if (q->in_flight[at])
			return bad(m, "a descriptor that the device still has");
		q->in_flight[at] = true;
		d = &desc_of(q)[at];
		if (d->flags & VIRTQ_DESC_F_INDIRECT)
			return walk_indirect(m, q, c, d);
		if (!add_piece(m, c, d))
			return false;
		if (!(d->flags & VIRTQ_DESC_F_NEXT))
			return true;
		at = d->next;
	}
	return bad(m, "SPLIT-08: a chain longer than the queue");
}

bool model_ring_pop(struct model_virtio *m, unsigned index, struct model_chain *c)
{
	struct model_queue *q = &m->queue[index];
	uint16_t idx = __atomic_load_n(&avail_of(q)->idx, __ATOMIC_ACQUIRE);

	if (avail_of(q)->flags & ~1u)
		return bad(m, "SPLIT-12: avail flags are neither 0 nor 1");
	if (event_idx(m) && avail_of(q)->flags)
		return bad(m, "SPLIT-14: avail flags with event index");
	if ((uint16_t)(idx - q->last_avail) > q->size)
		return bad(m, "SPLIT-11: avail idx jumps or goes back");
	if (idx == q->last_avail)
		return false;
	c->head = avail_of(q)->ring[q->last_avail++ % q->size];
	c->n = c->readable = 0;
	c->readable_bytes = c->writable_bytes = 0;
	return walk(m, q, c);
}

/* --- notifications --- */

void model_ring_notified(struct model_virtio *m, unsigned index)
{
	struct model_queue *q = &m->queue[index];
	uint16_t idx = avail_of(q)->idx;

	if (event_idx(m) && !passed(*avail_event(q), q->notified_avail, idx))
		model_refuse("SPLIT-25: queue %u notified although avail_event was not passed", index);
	if (!event_idx(m) && (used_of(q)->flags & VIRTQ_USED_F_NO_NOTIFY))
		model_refuse("SPLIT-21: queue %u notified although the device does not want that", index);
	q->notified_avail = idx;
}

void model_ring_notification_data(struct model_virtio *m, unsigned index, uint16_t position)
{
	RULE("FACT-10", position == avail_of(&m->queue[index])->idx, "notification of 0x%x", position);
}

/* A device that asked for notifications and got none would sleep on: that is a driver's fault, not to be healed by looking. */
bool model_ring_wants_service(struct model_virtio *m, unsigned index)
{
	struct model_queue *q = &m->queue[index];

	if (q->notified || m->poll_mode)
		return true;
	if (avail_of(q)->idx != q->last_avail)
		model_refuse("SPLIT-22/24: queue %u was filled and not notified", index);
	return false;
}

void model_ring_wait(struct model_virtio *m, unsigned index)
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
		return passed(*used_event(q), old, new);
	return !(avail_of(q)->flags & VIRTQ_AVAIL_F_NO_INTERRUPT);
}

void model_ring_push(struct model_virtio *m, unsigned index, const struct model_chain *c, uint32_t written)
{
	struct model_queue *q = &m->queue[index];
	struct virtq_used *used = used_of(q);
	uint16_t old = q->used_idx, new = (uint16_t)(old + 1);
	uint32_t id = c->head, len = written;

	free_descriptors(q, c->head);
	apply_fault(m, q, &id, &len, &new);
	q->repeat_id = c->head;
	used->ring[old % q->size] = (struct virtq_used_elem){ .id = id, .len = len };
	__atomic_store_n(&used->idx, new, __ATOMIC_RELEASE);
	q->used_idx = new;
	if (wants_interrupt(m, q, old, new)) {
		q->interrupts++;
		model_interrupt(m, q->vector);
	}
}

/* --- data --- */

static void copy(const struct model_chain *c, unsigned from, unsigned to, uint64_t off, uint8_t *buf, size_t len, bool write)
{
	for (unsigned i = from; i < to && len; i++) {
		size_t n;

		if (off >= c->piece[i].len) {
			off -= c->piece[i].len;
			continue;
		}
		n = c->piece[i].len - off < len ? c->piece[i].len - off : len;
		memcpy(write ? c->piece[i].addr + off : buf, write ? buf : c->piece[i].addr + off, n);
		buf += n;
		len -= n;
		off = 0;
	}
	if (len)
		model_refuse("a chain is %zu bytes short", len);
}

void model_chain_read(const struct model_chain *c, uint64_t off, void *buf, size_t len)
{
	copy(c, 0, c->readable, off, buf, len, false);
}

void model_chain_write(const struct model_chain *c, uint64_t off, const void *buf, size_t len)
{
	copy(c, c->readable, c->n, off, (uint8_t *)buf, len, true);
}
