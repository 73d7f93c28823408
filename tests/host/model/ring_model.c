/* SPDX-License-Identifier: BSD-2-Clause */
/* See ring_model.h: what both formats share. */
#include "tests/host/model/ring_model.h"

static const struct model_ring_ops *ops(const struct model_virtio *m)
{
	return model_accepted(m, VIRTIO_F_RING_PACKED) ? &model_ring_packed : &model_ring_split;
}

bool model_event_passed(uint16_t event, uint16_t old, uint16_t new)
{
	for (uint16_t i = old; i != new; i++)
		if (i == event)
			return true;
	return false;
}

bool model_ring_broken(struct model_virtio *m)
{
	m->broken = true;
	return false;
}

bool model_ring_bad(struct model_virtio *m, const char *what)
{
	model_refuse("%s", what);
	return model_ring_broken(m);
}

bool model_chain_add(struct model_virtio *m, struct model_chain *c, uint64_t addr, uint32_t len, bool writable, const char *order, const char *sum)
{
	if (!RULE(order, writable || c->n == c->readable, "a device-readable descriptor behind a device-writable one"))
		return model_ring_broken(m);
	if (len == 0)
		return model_ring_bad(m, "a descriptor of length 0");
	c->piece[c->n].addr = (uint8_t *)(uintptr_t)addr;
	c->piece[c->n++].len = len;
	c->readable += !writable;
	*(writable ? &c->writable_bytes : &c->readable_bytes) += len;
	if (!RULE(sum, c->readable_bytes + c->writable_bytes <= UINT32_MAX, "a chain of more than 2^32 bytes"))
		return model_ring_broken(m);
	return true;
}

void model_ring_enabled(struct model_virtio *m, unsigned index)
{
	ops(m)->enabled(m, index);
	if (!m->broken)
		ops(m)->wait(m, index);
}

bool model_ring_pop(struct model_virtio *m, unsigned index, struct model_chain *c)
{
	c->n = c->readable = c->count = 0;
	c->readable_bytes = c->writable_bytes = 0;
	return ops(m)->pop(m, index, c);
}

void model_ring_push(struct model_virtio *m, unsigned index, const struct model_chain *c, uint32_t written)
{
	struct model_queue *q = &m->queue[index];

	if (!ops(m)->push(m, index, c, written, true))
		return;
	q->interrupts++;
	model_interrupt(m, q->vector);
}

void model_ring_skip(struct model_virtio *m, unsigned index, const struct model_chain *c)
{
	ops(m)->push(m, index, c, 0, false);
}

void model_ring_notified(struct model_virtio *m, unsigned index)
{
	ops(m)->notified(m, index);
}

void model_ring_notification_data(struct model_virtio *m, unsigned index, uint16_t position)
{
	bool packed = model_accepted(m, VIRTIO_F_RING_PACKED);
	uint16_t expected = ops(m)->position(m, index);

	RULE("FACT-10", position == expected, "queue %u notified with 0x%x, not 0x%x", index, position, expected);
	if (packed)
		RULE("PACK-04", position == expected, "queue %u notified with 0x%x, not 0x%x", index, position, expected);
}

/* A device that asked for notifications and got none would sleep on: that is a driver's fault, not to be healed by looking. */
bool model_ring_wants_service(struct model_virtio *m, unsigned index)
{
	if (m->queue[index].notified || m->poll_mode)
		return true;
	ops(m)->pending(m, index);
	return false;
}

void model_ring_wait(struct model_virtio *m, unsigned index)
{
	ops(m)->wait(m, index);
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
