/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The packed ring against a device that is honest or not; see ring.h.
 *
 * Links: virtio/virtqueue*.c kernel/mutex.c tests/fuzz/ring.c
 */
#include "tests/fuzz/ring.h"

static struct position { uint16_t at; bool wrap; } avail, use;
static uint16_t counts[UINT8_MAX + 1]; /* descriptors of each buffer, by id */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t *area(struct virtqueue *vq, size_t *len)
{
	*len = vq->size * sizeof(struct pvirtq_desc) + 2 * sizeof(uint32_t);
	return vq->descriptor_area;
}

static void advance(const struct virtqueue *vq, struct position *p, unsigned n)
{
	p->at = (uint16_t)(p->at + n);
	if (p->at < vq->size)
		return;
	p->at = (uint16_t)(p->at - vq->size);
	p->wrap = !p->wrap;
}

static int take(struct virtqueue *vq)
{
	const struct pvirtq_desc *desc = vq->descriptor_area;
	uint16_t flags = desc[avail.at].flags, id, n = 1;

	if (!!(flags & PVIRTQ_DESC_F_AVAIL) != avail.wrap || !!(flags & PVIRTQ_DESC_F_USED) == avail.wrap)
		return -1;
	for (; desc[avail.at].flags & VIRTQ_DESC_F_NEXT; n++)
		advance(vq, &avail, 1);
	id = desc[avail.at].id;
	advance(vq, &avail, 1);
	counts[id] = n;
	return id;
}

static void give(struct virtqueue *vq, uint16_t id, uint32_t len)
{
	struct pvirtq_desc *d = (struct pvirtq_desc *)vq->descriptor_area + use.at;

	d->id = id;
	d->len = len;
	d->flags = (uint16_t)((use.wrap ? PVIRTQ_DESC_F_AVAIL | PVIRTQ_DESC_F_USED : 0) | (len ? VIRTQ_DESC_F_WRITE : 0));
	advance(vq, &use, counts[id]);
}

static void restart(void)
{
	avail = use = (struct position){ 0, true };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct ring_format packed = {
		.features = 1ull << VIRTIO_F_RING_PACKED, .any_size = true, .area = area, .take = take, .give = give, .restart = restart,
	};

	return ring_fuzz(&packed, data, len);
}
