/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtqueues as drivers use them (VIRTIO 1.4, section 2.6): buffers of several pieces are added
 * with a token and come back with it. Split and packed rings stand behind the same calls.
 *
 * Each queue has a lock of its own: every function here but virtqueue_submit() takes it, and may be
 * called from any thread or interrupt handler. The used function runs without it.
 */
#pragma once

#include "kernel/sg.h"
#include "kernel/spinlock.h"
#include "virtio/virtio_spec.h"
#include <stdbool.h>
#include <stdint.h>

struct virtio_device;
struct virtqueue;

struct virtqueue_spec {
	uint16_t index;
	/* entries wanted at most; the device may have fewer, a legacy one has as many as it has */
	uint16_t size;
	/*
	 * of the largest buffer: > 1 preallocates indirect tables of that many, if the device takes
	 * them
	 */
	uint16_t pieces;
	bool silent;        /* starts without used-buffer notifications */
	bool no_lengths;    /* what devices say they wrote means nothing: len is not to be used */
	/*
	 * A buffer came back. len: bytes the device wrote from the buffer's first device-writable
	 * byte on, never more than there are. Rely on nothing beyond them. May add buffers;
	 * interrupt or thread context, as the drain was called from.
	 */
	void (*used)(struct virtqueue *, void *token, uint32_t len);
	void (*interrupt)(struct virtqueue *); /* NULL: drains the queue at once */
	void *driver;
};

/*
 * What a buffer id stands for while the device has it. Private memory: the device cannot change it.
 */
struct virtqueue_token {
	void *token;        /* NULL: the id is not in flight */
	uint32_t writable;  /* bytes the device may write */
	uint16_t count;     /* descriptors it occupies in the ring */
	uint16_t next;      /* of the free list; in a split ring also of the chain */
	uint16_t following; /* the buffer added after it, where they come back in order */
	bool indirect;      /* a table holds its pieces */
};

/*
 * One ring format. All but hand_out are called with the queue's lock held; only they see what the
 * device wrote.
 */
struct virtqueue_ops {
	size_t (*ring_bytes)(const struct virtqueue *);
	void (*reset)(struct virtqueue *); /* ring memory is zeroed; lays out the areas */
	/* virtqueue_add(); now: and publishes it, as virtqueue_submit() */
	int (*add)(struct virtqueue *, const struct sg *, unsigned n, unsigned readable,
		   void *token, bool now);
	/* makes what was added available; true: the device wants to be notified */
	bool (*publish)(struct virtqueue *);
	/* where the next buffer will be made available: 15 bits and the wrap counter (2.9) */
	uint16_t (*position)(const struct virtqueue *);
	void (*silence)(struct virtqueue *);
	bool (*arm)(struct virtqueue *);    /* true: something was used meanwhile */
	/* takes the lock itself; the drain loop: virtqueue_drain(), virtqueue_reap() */
	unsigned (*hand_out)(struct virtqueue *, unsigned budget, bool drain);
};

extern const struct virtqueue_ops virtqueue_packed_ops;
extern const struct virtqueue_ops virtqueue_split_ops;

struct virtqueue {
	struct virtqueue *next;            /* of the same device */
	struct virtio_device *dev;
	const struct virtqueue_ops *ops;
	struct virtqueue_spec spec;
	struct spinlock lock;
	uint16_t size;                     /* entries, a power of two in a split ring */
	uint16_t free_head, num_free;      /* buffer ids; descriptors */
	uint16_t in_flight;                /* buffers */
	_Atomic bool broken;
	atomic_uint handlers;              /* of its interrupt, at work */
	void *ring;                        /* the memory of all three areas */
	struct virtqueue_token *tokens;    /* by buffer id */
	/* tables of spec.pieces descriptors for the buffer ids below ntables; NULL: not used */
	void *indirect;
	uint16_t ntables;
	bool event_idx;
	/*
	 * 2.7.9, 2.8.6: buffers come back in the order they were added, several for one entry of
	 * the ring. batch: so many are still to be handed out, the last of them of batch_len bytes.
	 */
	bool in_order;
	uint16_t oldest, newest;
	uint16_t batch;
	uint32_t batch_len;
	/* 2.6: the three parts as the transport tells them to the device. */
	void *descriptor_area, *driver_area, *device_area;
	union {
		struct {
			struct virtq_desc *desc;
			struct virtq_avail *avail;
			struct virtq_used *used;
			uint16_t avail_next;  /* entries filled */
			uint16_t avail_idx;   /* entries published */
			uint16_t last_used;
		} split;
		struct {
			struct pvirtq_desc *desc;
			uint32_t *driver, *device; /* event suppression */
			uint16_t avail_next;  /* the slot that is filled next */
			bool avail_wrap;
			uint16_t added;       /* descriptors filled and not published: */
			uint16_t first;       /* the slot of the first one, */
			uint16_t first_flags; /* and what makes it available */
			uint16_t last_used;
			bool used_wrap;
		} packed;
	};
	/* The transport's own: */
	volatile void *notify;
	uint16_t notify_id;                /* what a notification names the queue by */
	uint16_t vector;
	uint64_t buffers, notifications, interrupts; /* so far */
};

static inline void *virtqueue_table(const struct virtqueue *vq, uint16_t id)
{
	return (struct virtq_desc *)vq->indirect + (size_t)id * vq->spec.pieces;
}

/*
 * Makes and enables a queue; after a reset the same again for the same device. NULL: no such queue
 * or no memory, which the log tells. From probe only.
 */
struct virtqueue *virtio_queue(struct virtio_device *, const struct virtqueue_spec *);

/*
 * Adds a buffer of n pieces, the first readable of which the device reads, the rest it writes.
 * token (not NULL) comes back with it.
 * 0; -ENOSPC: no free descriptors, come again after something was used; -EINVAL: more pieces than
 * the ring can ever take; -EIO: broken.
 */
int virtqueue_add(struct virtqueue *, const struct sg *, unsigned n, unsigned readable,
		  void *token);

/*
 * The same, and publishes it, with what was added before. 1: the device wants a virtqueue_notify(),
 * one after all that is submitted together. The caller holds the queue's lock, which can guard the
 * driver's own as well, and gives it back before it notifies.
 */
int virtqueue_submit(struct virtqueue *, const struct sg *, unsigned n, unsigned readable,
		     void *token);
void virtqueue_notify(struct virtqueue *);

/* Publishes what was added since the last kick and notifies the device, if it wants that. */
void virtqueue_kick(struct virtqueue *);

/*
 * Takes back what the device has of one queue: resets it alone (2.6.1), hands every buffer in
 * flight to returned, and enables the queue again, empty. -ENOTSUP: RING_RESET was not agreed on;
 * -EIO: the device is being recovered, or will be. Threads only; other uses of the queue may go on,
 * and find it broken meanwhile.
 */
int virtqueue_reset(struct virtqueue *, void (*returned)(struct virtqueue *, void *token));

/*
 * Hands at most budget used buffers to the queue's used function; returns how many. Less than
 * budget: the queue is empty, or will interrupt, and its notifications are on. Otherwise they are
 * as they were, or on if the device had nothing left.
 */
unsigned virtqueue_drain(struct virtqueue *, unsigned budget);
#define VIRTQUEUE_ALL (~0u)

/* The parts of a drain, for a queue that is looked at anyway and rarely needs notifications. */
unsigned virtqueue_reap(struct virtqueue *, unsigned budget); /* leaves notifications as they are */
/*
 * turns them on; true: something was used before the device could see that, so look again (2.7.14)
 */
bool virtqueue_arm(struct virtqueue *);
/* turns them off, until the next arm: a hint to the device */
void virtqueue_silence(struct virtqueue *);

/*
 * Transports: what a notification says. The index; with NOTIFICATION_DATA also where in the ring
 * the next buffer will be (2.9, 4.1.5.2).
 */
uint32_t virtqueue_notification(const struct virtqueue *);

/* Transports, from the queue's interrupt. */
void virtqueue_interrupt(struct virtqueue *);

/* Gives a removed device's queues back, once no interrupt of theirs can come. */
void virtqueue_free_all(struct virtio_device *);

/*
 * Threads: waits until the interrupt of a queue that is broken is not being handled any more, on
 * whatever CPU it is.
 */
void virtqueue_settle(struct virtqueue *);
