/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_isr.h. */
#include "virtio/virtio_isr.h"

void virtio_isr_queues(struct virtio_device *dev)
{
	for (struct virtqueue *vq = dev->queues; vq; vq = vq->next)
		virtqueue_interrupt(vq);
}

void virtio_isr(struct virtio_device *dev, uint32_t status)
{
	if (status & VIRTIO_ISR_QUEUE)
		virtio_isr_queues(dev);
	if (status & VIRTIO_ISR_CONFIG)
		virtio_config_interrupt(dev);
}
