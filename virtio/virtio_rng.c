/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The entropy device (VIRTIO 1.4, section 5.4): hand it an empty buffer, get it back with random
 * bytes, as many as the used length says. Nobody waits for it: the answer comes by interrupt and
 * goes straight into the generator.
 */
#include "kernel/heap.h"
#include "kernel/printf.h"
#include "kernel/random.h"
#include "virtio/virtio.h"
#include <errno.h>
#include <string.h>

#define REQUEST_BYTES 64u

struct rng {
	struct random_source source;
	struct virtqueue *vq;
	atomic_bool asked;           /* the buffer is the device's */
	bool registered;
	char name[12];               /* "vtrnd0" */
	uint8_t buffer[REQUEST_BYTES];
};

static void ask(struct random_source *source)
{
	struct rng *r = container_of(source, struct rng, source);
	struct sg sg = { r->buffer, REQUEST_BYTES };

	if (atomic_exchange(&r->asked, true))
		return;
	if (virtqueue_add(r->vq, &sg, 1, 0, r) == 0)
		virtqueue_kick(r->vq);
	else
		atomic_store(&r->asked, false);
}

static void answered(struct virtqueue *vq, void *token, uint32_t len)
{
	struct rng *r = token;

	(void)vq;
	random_add(r->buffer, len, len * 8);
	memset(r->buffer, 0, sizeof r->buffer);
	atomic_store(&r->asked, false);
	if (len && !random_seeded())
		ask(&r->source); /* it gives little at a time */
}

static struct rng *allocate(struct virtio_device *dev)
{
	static unsigned count;
	struct rng *r = kzalloc(sizeof *r);

	if (r)
		ksnprintf(r->name, sizeof r->name, "vtrnd%u", count++);
	return dev->driver_data = r;
}

static int rng_probe(struct virtio_device *dev)
{
	struct rng *r = dev->driver_data ? dev->driver_data : allocate(dev);
	struct virtqueue *vq;

	if (!r)
		return -ENOMEM;
	dev->name = r->name;
	vq = virtio_queue(dev, &(struct virtqueue_spec){ .size = 8, .used = answered });
	if (!vq)
		return -ENXIO;
	r->vq = vq;
	return 0;
}

static void rng_start(struct virtio_device *dev)
{
	struct rng *r = dev->driver_data;

	r->source.name = dev->driver->name;
	r->source.ask = ask;
	if (!r->registered)
		random_source_register(&r->source);
	r->registered = true;
	ask(&r->source);
}

/*
 * What the buffer held is lost, which nobody notices. A source that was registered stays, and its
 * queue refuses.
 */
static void rng_remove(struct virtio_device *dev)
{
	struct rng *r = dev->driver_data;

	if (r)
		atomic_store(&r->asked, false);
}

static const struct virtio_driver rng_driver = {
	.name = "virtio-rng",
	.id = VIRTIO_ID_ENTROPY,
	.features = (const struct virtio_feature[]){ { 0 } },
	.probe = rng_probe,
	.start = rng_start,
	.remove = rng_remove,
};
VIRTIO_DRIVER(rng_driver);
