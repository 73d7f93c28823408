/* SPDX-License-Identifier: BSD-2-Clause */
/* What the debugger's part of virtio (virtio/debugger/) has to do with block devices. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct blkdev;
struct virtqueue;

struct virtqueue *virtio_blk_queue(const struct blkdev *);

/* See kernel/blkdev.h. */
int virtio_blk_frozen_write(struct blkdev *, uint64_t sector, const void *buf, size_t len)
	__attribute__((weak));
