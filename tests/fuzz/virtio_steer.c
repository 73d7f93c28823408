/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_steer.h. */
#include "tests/fuzz/virtio_steer.h"
#include "tests/host/shim.h"

/* Recoveries that follow each other sooner than this are counted, and too many of them given up (virtio.c). */
#define BETWEEN_RECOVERIES_NS 11000000000ull

#define RING 16 /* full soon, around often, and quick to set up again */

#define BIT(n) (1ull << (n))

const struct steer_variant steer_variants[] = {
	{ 0, 0 },
	{ BIT(VIRTIO_F_EVENT_IDX), 0 },
	{ BIT(VIRTIO_F_INDIRECT_DESC), 0 },
	{ BIT(VIRTIO_F_EVENT_IDX) | BIT(VIRTIO_F_INDIRECT_DESC), 0 },
	{ 0, BIT(VIRTIO_F_RING_PACKED) },
	{ BIT(VIRTIO_F_EVENT_IDX), BIT(VIRTIO_F_RING_PACKED) },
	{ BIT(VIRTIO_F_INDIRECT_DESC), BIT(VIRTIO_F_RING_PACKED) },
	{ BIT(VIRTIO_F_EVENT_IDX) | BIT(VIRTIO_F_INDIRECT_DESC), BIT(VIRTIO_F_RING_PACKED) },
};
const unsigned steer_variant_count = sizeof steer_variants / sizeof steer_variants[0];

void steer_plug(struct model_virtio *m, unsigned i)
{
	m->offered = (m->offered & ~steer_variants[i].withheld) | steer_variants[i].added;
	for (unsigned q = 0; q < m->nqueues; q++)
		m->queue[q].max = RING;
	m->pci.slot = (uint8_t)(i + 1);
	model_pci_plug(m);
}

/* The part of a ring that is the device's to write: in a packed ring that is nearly all of it. */
static uint8_t *devices_part(const struct model_virtio *m, const struct model_queue *q, size_t *len)
{
	if (model_accepted(m, VIRTIO_F_RING_PACKED)) {
		*len = q->size * 16u;
		return (uint8_t *)(uintptr_t)q->desc;
	}
	*len = sizeof(struct virtq_used) + q->size * sizeof(struct virtq_used_elem) + 2;
	return (uint8_t *)(uintptr_t)q->device;
}

/* Any bytes over the device's part of the ring. A device that does that has no idea any more what is in flight. */
static void scribble(struct steer *s, struct model_virtio *m)
{
	struct model_queue *q = &m->queue[steer_byte(s) % m->nqueues];
	uint8_t *part;
	size_t len, at, n;

	if (!q->enabled)
		return;
	part = devices_part(m, q, &len);
	at = steer_word(s) % len;
	n = steer_byte(s) % 16u + 1;
	m->broken = true;
	for (size_t i = at; i < len && i < at + n; i++)
		part[i] = steer_byte(s);
	model_interrupt(m, q->vector);
}

void steer_device(struct steer *s, struct model_virtio *m)
{
	shim_now_ns += BETWEEN_RECOVERIES_NS;
	switch (steer_byte(s) % 8) {
	case 0:
		m->fault.used = steer_byte(s) % USED_FAULTS;
		break;
	case 1:
		scribble(s, m);
		break;
	case 2:
		model_interrupt(m, steer_byte(s) % MODEL_VECTORS);
		break;
	case 3:
		model_needs_reset(m);
		break;
	case 4:
		m->fault.slow_reset = steer_byte(s);
		break;
	case 5:
		m->fault.config_tears = steer_byte(s) % 8u;
		model_config_changed(m);
		break;
	default:
		model_run();
	}
}

void steer_to_rest(struct model_virtio *m)
{
	model_run();
	m->fault = (struct model_faults){ 0 };
	shim_now_ns += BETWEEN_RECOVERIES_NS;
	model_needs_reset(m);
	model_run();
	steer_check(test_failures == 0, "the driver broke a rule");
}
