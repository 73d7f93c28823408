/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A virtqueue over a transport without registers, and a device that serves it honestly or writes any bytes to its part
 * of the ring. Whatever it does: every token comes back at most once, with no more bytes than it has room for; after a
 * reset all are back, and the ring is as good as new. What differs between the ring formats is each target's.
 */
#pragma once

#include "tests/fuzz/steer.h"
#include "virtio/virtio.h"

struct ring_format {
	uint64_t features;
	bool any_size;           /* else a power of two */
	/* What the device writes to. */
	uint8_t *(*area)(struct virtqueue *, size_t *len);
	/* The id of the next buffer that is available, -1: none; and the device moves on. */
	int (*take)(struct virtqueue *);
	void (*give)(struct virtqueue *, uint16_t id, uint32_t len);
	void (*restart)(void);
};

int ring_fuzz(const struct ring_format *, const uint8_t *data, size_t len);
