/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block device (VIRTIO 1.4, section 5.2) behind kernel/blkdev.h.
 *
 * Each request occupies a slot: the header the device reads and the status byte it writes, around
 * the caller's own pieces. Requests that find no slot or no room in the ring wait in a list; each
 * completion moves them on. Submitting runs in any thread, completion in the queue's interrupt.
 */
#include "kernel/blkdev.h"
#include "kernel/cold.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/param.h"
#include "virtio/virtio.h"
#include "virtio/virtio_blk.h"
#include <errno.h>
#include <string.h>

#define SLOTS_WANTED    128u
#define DATA_PIECES_MAX 64u
#define PIECES_MAX      (DATA_PIECES_MAX + 2) /* with header and status */
/* a chain's length is a 32-bit number of bytes; 2 GiB is far from it */
#define SECTORS_MAX     (1u << 22)
#define STATUS_UNSET    0xffu

static uint32_t no_ident;
PARAM_UINT("hw.vtblk.no_ident", no_ident, 0, 1);

struct slot {
	struct virtio_blk_outhdr header;
	struct virtio_blk_discard_write_zeroes range; /* data of DISCARD and WRITE_ZEROES */
	uint8_t status;
	uint32_t expected;       /* bytes the device has to write for the status to be among them */
	uint64_t sectors_done;   /* of a range that takes several requests */
	struct blk_req *req;     /* NULL: free, or the question for the disk's name */
	struct slot *next_free;
};

struct vtblk {
	struct virtio_device *dev;
	struct virtqueue *vq;    /* its lock guards the free slots, waiting requests and sg too */
	struct slot *slots, *free;
	unsigned nslots;
	struct list waiting;
	struct sg sg[PIECES_MAX]; /* of the request on its way into the ring */
	uint32_t size_max;       /* bytes of one piece; UINT32_MAX: no limit */
	uint32_t max_discard_sectors, max_write_zeroes_sectors;
	bool registered;
	char ident[VIRTIO_BLK_ID_BYTES];
	struct blkdev disk;
};

/* A request as the ring wants it is written piece by piece; each of these returns where it ends. */
static inline struct sg *piece(struct sg *end, void *addr, uint32_t len)
{
	*end = (struct sg){ addr, len };
	return end + 1;
}

/*
 * blkdev's limits were chosen so that cutting to size_max never needs more pieces than there are.
 */
static inline struct sg *data(struct sg *end, const struct vtblk *b, const struct blk_req *r)
{
	for (unsigned i = 0; i < r->nsg; i++) {
		uint8_t *at = r->sg[i].addr;
		uint32_t left = r->sg[i].len;

		for (; left > b->size_max; at += b->size_max, left -= b->size_max)
			end = piece(end, at, b->size_max);
		if (left)
			end = piece(end, at, left);
	}
	return end;
}

/*
 * The part of a range that fits one request (max_*_sectors), after what earlier ones did. Flags
 * stay 0: DISCARD must not ask to unmap (5.2.6.1).
 */
static void set_range(const struct vtblk *b, struct slot *s)
{
	const struct blk_req *r = s->req;
	uint64_t left = r->nsectors - s->sectors_done;
	uint32_t max = r->op == BLK_DISCARD ? b->max_discard_sectors : b->max_write_zeroes_sectors;

	s->range = (struct virtio_blk_discard_write_zeroes){
		.sector = r->sector + s->sectors_done,
		.num_sectors = left < max ? (uint32_t)left : max,
	};
}

static uint32_t request_type(enum blk_op op)
{
	static const uint32_t types[] = {
		[BLK_FLUSH] = VIRTIO_BLK_T_FLUSH,
		[BLK_DISCARD] = VIRTIO_BLK_T_DISCARD,
		[BLK_WRITE_ZEROES] = VIRTIO_BLK_T_WRITE_ZEROES,
	};

	return types[op];
}

/*
 * The pieces up to readable are what the device reads; what it writes, written bytes of data, and
 * the status end the request.
 */
static inline int put_in_ring(struct vtblk *b, struct slot *s, struct sg *sg,
			       const struct sg *readable, struct sg *end, uint32_t written)
{
	s->status = STATUS_UNSET;
	s->expected = written + 1;
	end = piece(end, &s->status, 1);
	return virtqueue_submit(b->vq, sg, (unsigned)(end - sg), (unsigned)(readable - sg), s);
}

static inline int issue_transfer(struct vtblk *b, struct slot *s)
{
	const struct blk_req *r = s->req;
	struct sg *sg = b->sg, *end = data(sg + 1, b, r);
	bool read = r->op == BLK_READ;

	s->header = (struct virtio_blk_outhdr){ .type = read ? VIRTIO_BLK_T_IN : VIRTIO_BLK_T_OUT,
						.sector = r->sector };
	piece(sg, &s->header, sizeof s->header);
	return put_in_ring(b, s, sg, read ? sg + 1 : end, end,
			   read ? (uint32_t)r->nsectors * BLK_SECTOR_SIZE : 0);
}

/* FLUSH, or a range, which is the data that the device reads. */
COLD static int issue_other(struct vtblk *b, struct slot *s)
{
	struct sg *sg = b->sg, *end;

	s->header = (struct virtio_blk_outhdr){ .type = request_type(s->req->op) };
	end = piece(sg, &s->header, sizeof s->header);
	if (s->req->op != BLK_FLUSH) {
		set_range(b, s);
		end = piece(end, &s->range, sizeof s->range);
	}
	return put_in_ring(b, s, sg, end, end, 0);
}

/*
 * 0, or 1: the queue is to be notified. Negative: the ring is full, or broken until the device has
 * been recovered; either way start or a completion comes by here again.
 */
static inline int issue(struct vtblk *b, struct slot *s)
{
	return s->req->op == BLK_READ || s->req->op == BLK_WRITE ? issue_transfer(b, s)
								 : issue_other(b, s);
}

/* Gives a request a slot and puts it in the ring. As issue(); -ENOSPC as well: no slot is free. */
static inline int begin(struct vtblk *b, struct blk_req *r)
{
	struct slot *s = b->free;
	int notify;

	if (!s)
		return -ENOSPC;
	s->req = r;
	s->sectors_done = 0;
	notify = issue(b, s);
	if (notify < 0)
		s->req = NULL;
	else
		b->free = s->next_free;
	return notify;
}

/*
 * Moves waiting requests into the ring as far as slots and descriptors go. The queue's lock is
 * held. True: the queue is to be notified.
 */
COLD static bool issue_waiting(struct vtblk *b)
{
	bool any = false;

	while (!list_empty(&b->waiting)) {
		struct list *node = b->waiting.next;
		int notify = begin(b, container_of(node, struct blk_req, node));

		if (notify < 0)
			break;
		list_remove(node);
		any |= notify;
	}
	return any;
}

static int vtblk_submit(struct blkdev *disk, struct blk_req *r)
{
	struct vtblk *b = container_of(disk, struct vtblk, disk);
	irq_state state = spin_lock(&b->vq->lock);
	int notify = b->dev->lost ? -ENODEV : list_empty(&b->waiting) ? begin(b, r) : -ENOSPC;

	blk_count(disk, r);
	if (notify < 0 && notify != -ENODEV)
		list_push_back(&b->waiting, &r->node);
	spin_unlock(&b->vq->lock, state);
	if (notify > 0)
		virtqueue_notify(b->vq);
	return notify == -ENODEV ? -ENODEV : 0;
}

/*
 * A device that says it wrote less than up to the status byte has not given a status (2.7.8.3).
 * What legacy devices say is not to be relied on (5.2.6.3).
 */
static int slot_result(const struct vtblk *b, const struct slot *s, uint32_t len)
{
	if (len < s->expected && !virtio_legacy(b->dev))
		return -EIO;
	switch (s->status) {
	case VIRTIO_BLK_S_OK:
		return 0;
	case VIRTIO_BLK_S_UNSUPP:
		return -EOPNOTSUPP;
	default:
		return -EIO;
	}
}

/*
 * The name may fill all its bytes without a terminator, and is the host's to choose: what cannot be
 * printed is not kept.
 */
static void keep_ident(struct vtblk *b)
{
	for (unsigned i = 0; i < VIRTIO_BLK_ID_BYTES && b->ident[i]; i++)
		b->disk.serial[i] = b->ident[i] > ' ' && b->ident[i] < 0x7f ? b->ident[i] : '_';
}

/* What is left of a DISCARD or WRITE_ZEROES after the part that just succeeded. */
static bool range_left(struct slot *s)
{
	if (s->req->op != BLK_DISCARD && s->req->op != BLK_WRITE_ZEROES)
		return false;
	s->sectors_done += s->range.num_sectors;
	return s->sectors_done < s->req->nsectors;
}

/*
 * Ends a slot's request, or goes on with the rest of its range; the queue may then want a
 * notification. Returns the request that is finished, NULL: none. The queue's lock is held.
 */
static struct blk_req *finish_slot(struct vtblk *b, struct slot *s, int *status, bool *notify)
{
	struct blk_req *r = s->req;

	if (r && *status == 0 && range_left(s)) {
		int issued = issue(b, s);

		*notify = issued > 0;
		if (issued >= 0)
			return NULL;
		*status = -EIO;
	}
	s->req = NULL;
	s->next_free = b->free;
	b->free = s;
	return r;
}

static void completed(struct virtqueue *vq, void *token, uint32_t len)
{
	struct vtblk *b = vq->spec.driver;
	struct slot *s = token;
	int status = slot_result(b, s, len);
	struct blk_req *finished;
	irq_state state;
	bool notify = false;

	if (!s->req && status == 0)
		keep_ident(b);
	state = spin_lock(&b->vq->lock);
	finished = finish_slot(b, s, &status, &notify);
	if (!list_empty(&b->waiting))
		notify |= issue_waiting(b);
	spin_unlock(&b->vq->lock, state);
	if (notify)
		virtqueue_notify(vq);
	if (finished)
		blk_complete(finished, status);
}

/* --- life --- */

static void free_all_slots(struct vtblk *b)
{
	b->free = NULL;
	for (unsigned i = 0; i < b->nslots; i++) {
		b->slots[i].req = NULL;
		b->slots[i].next_free = b->free;
		b->free = &b->slots[i];
	}
}

/* One for each entry of the ring: with indirect tables every one of them can be a request. */
static int make_slots(struct vtblk *b)
{
	if (b->slots)
		return 0;
	b->slots = kzalloc(b->vq->size * sizeof *b->slots);
	if (!b->slots)
		return -ENOMEM;
	b->nslots = b->vq->size;
	free_all_slots(b);
	return 0;
}

static int make_queue(struct virtio_device *dev, struct vtblk *b)
{
	size_t bytes_each = sizeof(struct slot) + PIECES_MAX * sizeof(struct virtq_desc);

	struct virtqueue *vq = virtio_queue(dev, &(struct virtqueue_spec){
		.size = virtio_queue_size(SLOTS_WANTED, bytes_each),
		.pieces = PIECES_MAX,
		.used = completed,
		.driver = b,
	});

	if (!vq)
		return -ENXIO;
	b->vq = vq;
	return make_slots(b);
}

/*
 * What a disk had before a recovery stays if it now tells nonsense: requests are still checked by
 * it.
 */
static int read_block_size(struct virtio_device *dev, struct vtblk *b)
{
	uint32_t size = BLK_SECTOR_SIZE;

	if (virtio_has(dev, VIRTIO_BLK_F_BLK_SIZE))
		size = virtio_config(dev, struct virtio_blk_config, blk_size);
	if (size < BLK_SECTOR_SIZE || (size & (size - 1))) {
		log_err("%s: a block size of %u bytes makes no sense", dev->where, size);
		return -EINVAL;
	}
	b->disk.block_size = size;
	return 0;
}

/*
 * How many pieces a request may have: SEG_MAX, where it is not told only one; and the ring's size,
 * an indirect table included. With SIZE_MAX a piece may have to be cut, so half of them are kept
 * for the cuts and the request's length is limited to what they can carry. A size_max of 0, which
 * qemu-storage-daemon's vhost-user-blk has, is no limit.
 */
static int read_limits(struct virtio_device *dev, struct vtblk *b)
{
	uint32_t seg_max = virtio_has(dev, VIRTIO_BLK_F_SEG_MAX)
				   ? virtio_config(dev, struct virtio_blk_config, seg_max)
				   : 1;
	uint32_t room = (b->vq->size < PIECES_MAX ? b->vq->size : PIECES_MAX) - 2;

	b->disk.max_sg = seg_max < room ? seg_max : room;
	b->disk.max_sectors = SECTORS_MAX;
	b->size_max = 0;
	if (virtio_has(dev, VIRTIO_BLK_F_SIZE_MAX))
		b->size_max = virtio_config(dev, struct virtio_blk_config, size_max);
	if (b->size_max == 0) {
		b->size_max = UINT32_MAX;
	} else {
		uint64_t carried;

		b->disk.max_sg = (b->disk.max_sg + 1) / 2;
		carried = (uint64_t)b->size_max * b->disk.max_sg / BLK_SECTOR_SIZE;
		if (carried < SECTORS_MAX)
			b->disk.max_sectors = (uint32_t)carried;
	}
	if (b->disk.max_sg && b->disk.max_sectors >= b->disk.block_size / BLK_SECTOR_SIZE)
		return 0;
	log_err("%s: seg_max %u and size_max %u leave no room for a block", dev->where, seg_max,
		b->size_max);
	return -EINVAL;
}

/*
 * A cache that is written through needs no flush (5.2.6.2); the mode is the host's choice and stays
 * as it is.
 */
static bool has_write_cache(struct virtio_device *dev)
{
	if (virtio_has(dev, VIRTIO_BLK_F_CONFIG_WCE))
		return virtio_config(dev, struct virtio_blk_config, writeback) != 0;
	return true;
}

static void read_abilities(struct virtio_device *dev, struct vtblk *b)
{
	b->disk.read_only = virtio_has(dev, VIRTIO_BLK_F_RO);
	b->disk.can_flush = virtio_has(dev, VIRTIO_BLK_F_FLUSH) && has_write_cache(dev);
	b->max_discard_sectors = b->max_write_zeroes_sectors = 0;
	if (virtio_has(dev, VIRTIO_BLK_F_DISCARD))
		b->max_discard_sectors =
			virtio_config(dev, struct virtio_blk_config, max_discard_sectors);
	if (virtio_has(dev, VIRTIO_BLK_F_WRITE_ZEROES))
		b->max_write_zeroes_sectors =
			virtio_config(dev, struct virtio_blk_config, max_write_zeroes_sectors);
	b->disk.can_discard = b->max_discard_sectors != 0;
	b->disk.can_write_zeroes = b->max_write_zeroes_sectors != 0;
}

struct virtqueue *virtio_blk_queue(const struct blkdev *d)
{
	return ((struct vtblk *)d->driver)->vq;
}

static struct vtblk *allocate(struct virtio_device *dev)
{
	struct vtblk *b = kzalloc(sizeof *b);

	if (!b)
		return NULL;
	b->dev = dev;
	b->disk.submit = vtblk_submit;
	b->disk.frozen_write = virtio_blk_frozen_write;
	b->disk.driver = b;
	list_init(&b->waiting);
	return dev->driver_data = b;
}

COLD static int blk_probe(struct virtio_device *dev)
{
	struct vtblk *b = dev->driver_data ? dev->driver_data : allocate(dev);
	int error;

	if (!b)
		return -ENOMEM;
	b->disk.sectors = virtio_config(dev, struct virtio_blk_config, capacity);
	error = read_block_size(dev, b);
	if (!error)
		error = make_queue(dev, b);
	if (!error)
		error = read_limits(dev, b);
	if (error)
		return error;
	read_abilities(dev, b);
	if (!b->registered)
		blkdev_register(&b->disk, "vd");
	b->registered = true;
	dev->name = b->disk.name;
	return 0;
}

/* Asks for the disk's name; the answer comes when it comes. True: the queue is to be notified. */
static bool ask_ident(struct vtblk *b)
{
	struct slot *s = b->free;
	struct sg *sg = b->sg;
	int notify;

	if (!s)
		return false;
	s->header = (struct virtio_blk_outhdr){ .type = VIRTIO_BLK_T_GET_ID };
	piece(sg, &s->header, sizeof s->header);
	piece(sg + 1, b->ident, sizeof b->ident);
	notify = put_in_ring(b, s, sg, sg + 1, sg + 2, sizeof b->ident);
	if (notify >= 0)
		b->free = s->next_free;
	return notify > 0;
}

/* The kick is for what was submitted between probe and here. */
COLD static void blk_start(struct virtio_device *dev)
{
	struct vtblk *b = dev->driver_data;
	irq_state state = spin_lock(&b->vq->lock);
	bool notify = !no_ident && !b->disk.serial[0] && ask_ident(b);

	notify |= issue_waiting(b);
	spin_unlock(&b->vq->lock, state);
	if (notify)
		virtqueue_notify(b->vq);
	virtqueue_kick(b->vq);
}

COLD static void blk_config_changed(struct virtio_device *dev)
{
	struct vtblk *b = dev->driver_data;
	uint64_t sectors = virtio_config(dev, struct virtio_blk_config, capacity);

	if (b->disk.sectors == sectors)
		return;
	b->disk.sectors = sectors;
	log_info("%s: now %llu sectors", dev->name, (unsigned long long)b->disk.sectors);
}

/*
 * Collects, as a list, the requests the device had, and if it is lost those that wait for it as
 * well.
 */
static void take_back(struct vtblk *b, struct list *requests)
{
	irq_state state = spin_lock(&b->vq->lock);
	struct list *node;

	for (unsigned i = 0; i < b->nslots; i++)
		if (b->slots[i].req)
			list_push_back(requests, &b->slots[i].req->node);
	while (b->dev->lost && (node = list_pop_front(&b->waiting)) != NULL)
		list_push_back(requests, node);
	free_all_slots(b);
	spin_unlock(&b->vq->lock, state);
}

/*
 * In-flight requests end with an error and are not repeated: whether they happened is not known,
 * and their submitter knows better what that means.
 */
COLD static void blk_remove(struct virtio_device *dev)
{
	struct vtblk *b = dev->driver_data;
	struct list requests = LIST_INIT(requests), *node;

	if (!b || !b->vq) /* the first probe found no memory */
		return;
	if (dev->removed && b->registered)
		blkdev_unregister(&b->disk);
	take_back(b, &requests);
	while ((node = list_pop_front(&requests)) != NULL)
		blk_complete(container_of(node, struct blk_req, node),
			     dev->removed ? -ENODEV : -EIO);
}

static const struct virtio_feature blk_features[] = {
	{ "SIZE_MAX",     VIRTIO_BLK_F_SIZE_MAX,     true,  0 },
	{ "SEG_MAX",      VIRTIO_BLK_F_SEG_MAX,      true,  0 },
	{ "GEOMETRY",     VIRTIO_BLK_F_GEOMETRY,     false, 0 },
	{ "RO",           VIRTIO_BLK_F_RO,           true,  0 },
	{ "BLK_SIZE",     VIRTIO_BLK_F_BLK_SIZE,     true,  0 },
	{ "FLUSH",        VIRTIO_BLK_F_FLUSH,        true,  0 },
	{ "TOPOLOGY",     VIRTIO_BLK_F_TOPOLOGY,     false, 0 },
	{ "CONFIG_WCE",   VIRTIO_BLK_F_CONFIG_WCE,   true,  0 },
	{ "MQ",           VIRTIO_BLK_F_MQ,           false, 0 },
	{ "DISCARD",      VIRTIO_BLK_F_DISCARD,      true,  0 },
	{ "WRITE_ZEROES", VIRTIO_BLK_F_WRITE_ZEROES, true,  0 },
	{ "SECURE_ERASE", VIRTIO_BLK_F_SECURE_ERASE, false, 0 },
	{ "ZONED",        VIRTIO_BLK_F_ZONED,        false, 0 },
	{ 0 },
};

static const struct virtio_driver blk_driver = {
	.name = "virtio-blk",
	.id = VIRTIO_ID_BLOCK,
	.features = blk_features,
	.probe = blk_probe,
	.start = blk_start,
	.config_changed = blk_config_changed,
	.remove = blk_remove,
};
VIRTIO_DRIVER(blk_driver);
