/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an interrupt is about, where a register of the device tells (VIRTIO 1.4, sections 4.1.4.5
 * and 4.2.2): INTx and MMIO. Interrupt context.
 */
#pragma once

#include "virtio/virtio.h"

#define VIRTIO_ISR_QUEUE  1u  /* some used buffers, or none: the queue is not told */
#define VIRTIO_ISR_CONFIG 2u

/* Every queue of the device: it may have used buffers. */
void virtio_isr_queues(struct virtio_device *);

/* Both may have happened (4.1.5.4.2); bits that are not defined mean nothing. */
void virtio_isr(struct virtio_device *, uint32_t status);
