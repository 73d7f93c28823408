/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device's side of a ring, for both formats. Buffers are read and written where the driver put them, so that
 * AddressSanitizer watches their lifetime.
 */
#pragma once

#include "tests/host/model/virtio_model.h"

struct model_ring_ops {
	void (*enabled)(struct model_virtio *, unsigned queue);
	bool (*pop)(struct model_virtio *, unsigned queue, struct model_chain *); /* the chain is empty before */
	/* entry false: the one after it will speak for it. True: the driver wants an interrupt */
	bool (*push)(struct model_virtio *, unsigned queue, const struct model_chain *, uint32_t written, bool entry);
	void (*notified)(struct model_virtio *, unsigned queue);
	uint16_t (*position)(struct model_virtio *, unsigned queue); /* what notification data has to say */
	bool (*pending)(struct model_virtio *, unsigned queue); /* filled without the notification that was asked for: refused */
	void (*wait)(struct model_virtio *, unsigned queue);
};

extern const struct model_ring_ops model_ring_split, model_ring_packed;

static inline bool event_idx(const struct model_virtio *m)
{
	return model_accepted(m, VIRTIO_F_EVENT_IDX);
}

/* Is event one of the positions old, old + 1, ..., new - 1? */
bool model_event_passed(uint16_t event, uint16_t old, uint16_t new);

/* The ring is unusable until the next reset. Both return false. */
bool model_ring_broken(struct model_virtio *);
bool model_ring_bad(struct model_virtio *, const char *what); /* refuses, too */

/* Appends a piece. order, sum: the rules about readable pieces first and about 2^32 bytes. */
bool model_chain_add(struct model_virtio *, struct model_chain *, uint64_t addr, uint32_t len, bool writable, const char *order, const char *sum);
