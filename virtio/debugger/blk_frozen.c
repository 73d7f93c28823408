/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing to a virtio disk with the system frozen. Nobody else has a request in the ring, and nobody
 * its lock, so that requests go their usual way; only the interrupt is stood in for by polling. It
 * comes when the system goes on, and finds nothing.
 */
#include "kernel/blkdev.h"
#include "kernel/x86_64/cpu.h"
#include "virtio/virtio.h"
#include "virtio/virtio_blk.h"
#include <errno.h>

#define PATIENCE_TICKS 20000000000ull /* of the TSC, some seconds; then the request is the device's for good */

static atomic_bool done;

static void is_done(struct blk_req *r)
{
	(void)r;
	done = true;
}

/* A request the device still has from last time has its status here. */
static int poll(struct virtqueue *vq, const struct blk_req *r)
{
	uint64_t start = cpu_tsc();

	while (!done && !vq->broken && cpu_tsc() - start < PATIENCE_TICKS) {
		virtqueue_reap(vq, VIRTQUEUE_ALL);
		cpu_relax();
	}
	return done ? r->status : -EIO;
}

int virtio_blk_frozen_write(struct blkdev *d, uint64_t sector, const void *buf, size_t len)
{
	static struct sg sg;
	static struct blk_req r;
	struct virtqueue *vq = virtio_blk_queue(d);
	int error;

	if (atomic_load(&vq->lock.held) || vq->in_flight)
		return -EBUSY;
	sg = (struct sg){ (void *)buf, (uint32_t)len };
	r = (struct blk_req){ .op = BLK_WRITE, .sector = sector, .sg = &sg, .nsg = 1, .done = is_done };
	done = false;
	error = blk_submit(d, &r);
	return error ? error : poll(vq, &r);
}
