/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The split ring against a device that is honest or not; see ring.h.
 *
 * Links: virtio/virtqueue*.c kernel/mutex.c tests/fuzz/ring.c
 */
#include "tests/fuzz/ring.h"

static uint16_t last_avail, used_idx;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t *area(struct virtqueue *vq, size_t *len)
{
	*len = sizeof(struct virtq_used) + vq->size * sizeof(struct virtq_used_elem) + 2;
	return vq->device_area;
}

static int take(struct virtqueue *vq)
{
	const struct virtq_avail *avail = vq->driver_area;

	return avail->idx == last_avail ? -1 : avail->ring[last_avail++ % vq->size];
}

static void give(struct virtqueue *vq, uint16_t id, uint32_t len)
{
	struct virtq_used *u = vq->device_area;

	u->ring[used_idx % vq->size] = (struct virtq_used_elem){ .id = id, .len = len };
	u->idx = ++used_idx;
}

static void restart(void)
{
	last_avail = used_idx = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct ring_format split = { .area = area, .take = take, .give = give, .restart = restart };

	return ring_fuzz(&split, data, len);
}
