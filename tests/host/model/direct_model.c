/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_model.h: a transport that carries the driver's calls to the model as they are. For tests of rings and of the life cycle, which no register plays a part in. */
#include "tests/host/model/virtio_model.h"
#include "virtio/virtio.h"
#include <errno.h>

static struct model_virtio *model;
static struct virtio_device device;
static struct virtio_transport transport;

static uint8_t get_status(struct virtio_device *dev)
{
	(void)dev;
	return model_status_read(model);
}

static void set_status(struct virtio_device *dev, uint8_t status)
{
	(void)dev;
	model_status_write(model, status);
}

static uint64_t get_features(struct virtio_device *dev)
{
	uint64_t features = 0;

	(void)dev;
	for (model->feature_select = 0; model->feature_select < (model->legacy ? 1 : 2); model->feature_select++)
		features |= (uint64_t)model_features_read(model) << 32 * model->feature_select;
	return features;
}

static void set_features(struct virtio_device *dev, uint64_t features)
{
	(void)dev;
	for (unsigned i = 0; i < (model->legacy ? 1 : 2); i++) {
		model->driver_feature_select = i;
		model_features_write(model, (uint32_t)(features >> 32 * i));
	}
}

static int interrupts_prepare(struct virtio_device *dev)
{
	(void)dev;
	model->config_vector = 0;
	return 0;
}

static uint16_t queue_max(struct virtio_device *dev, uint16_t index)
{
	(void)dev;
	return index < model->nqueues ? model->queue[index].max : 0;
}

static int queue_enable(struct virtio_device *dev, struct virtqueue *vq)
{
	struct model_queue *q = &model->queue[vq->spec.index];

	(void)dev;
	vq->vector = q->vector = (uint16_t)(1 + vq->spec.index);
	q->size = vq->size;
	q->desc = (uintptr_t)vq->descriptor_area;
	q->driver = (uintptr_t)vq->driver_area;
	q->device = (uintptr_t)vq->device_area;
	q->halves_written = 0x3f;
	model_queue_enable(model, vq->spec.index);
	return 0;
}

static void queue_notify(struct virtqueue *vq)
{
	uint32_t word = virtqueue_notification(vq);

	if (model_accepted(model, VIRTIO_F_NOTIFICATION_DATA))
		model_ring_notification_data(model, vq->spec.index, (uint16_t)(word >> 16));
	model_notify(model, (uint16_t)word);
}

static int queue_reset(struct virtqueue *vq)
{
	return model_queue_reset(model, vq->spec.index) ? 0 : -ETIMEDOUT;
}

static uint32_t config_generation(struct virtio_device *dev)
{
	(void)dev;
	return model->generation;
}

void model_config_interrupt(struct model_virtio *m)
{
	(void)m;
	virtio_config_interrupt(&device);
}

void model_interrupt(struct model_virtio *m, uint16_t vector)
{
	(void)m;
	for (struct virtqueue *vq = device.queues; vq; vq = vq->next)
		if (vq->vector == vector)
			virtqueue_interrupt(vq);
}

int model_direct_add(struct model_virtio *m)
{
	model = m;
	transport = (struct virtio_transport){
		.name = "direct", .legacy = m->legacy, .get_status = get_status, .set_status = set_status, .get_features = get_features,
		.set_features = set_features, .interrupts_prepare = interrupts_prepare, .queue_max = queue_max, .queue_enable = queue_enable,
		.queue_notify = queue_notify, .queue_reset = queue_reset, .features = 1ull << VIRTIO_F_NOTIFICATION_DATA, .config_generation = config_generation,
	};
	device = (struct virtio_device){ .transport = &transport, .id = (enum virtio_id)m->type, .where = "here" };
	return virtio_add(&device);
}
