/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block devices: their names, the checks every request passes before a driver sees it, and waiting
 * for one. Devices are registered by the boot thread, the work thread or a driver's own; requests
 * come from any thread and complete in interrupts.
 */
#include "kernel/blkdev.h"
#include "kernel/clock.h"
#include "kernel/cold.h"
#include "kernel/page.h"
#include "kernel/printf.h"
#include "kernel/spinlock.h"
#include "kernel/tracepoint.h"
#include <errno.h>
#include <string.h>

#define SYNC_PIECES 64u         /* of one request made by blk_read() and blk_write() */
#define SYNC_BYTES  (1u << 20)
#define EXPECT_NS   10000000000ull /* a device that has not been found by then will not be */

static struct list devices = LIST_INIT(devices);
static struct spinlock lock = SPINLOCK_INIT;
static atomic_uint expected; /* drivers that still look for devices */
static atomic_uint news;     /* futex: counts devices that came, and drivers that are done */

static struct blkdev *find_locked(const char *name)
{
	list_for_each(n, &devices) {
		struct blkdev *d = container_of(n, struct blkdev, node);

		if (strcmp(d->name, name) == 0)
			return d;
	}
	return NULL;
}

/* a to z, then aa, ab, ... as everybody names disks. */
static void make_name(char *name, size_t size, const char *prefix, unsigned index)
{
	if (index < 26)
		ksnprintf(name, size, "%s%c", prefix, 'a' + index);
	else
		ksnprintf(name, size, "%s%c%c", prefix, 'a' + index / 26 - 1, 'a' + index % 26);
}

COLD void blkdev_register(struct blkdev *d, const char *prefix)
{
	irq_state s = spin_lock(&lock);

	for (unsigned i = 0; i < 26 * 27; i++) {
		make_name(d->name, sizeof d->name, prefix, i);
		if (!find_locked(d->name))
			break;
	}
	list_push_back(&devices, &d->node);
	spin_unlock(&lock, s);
	blkdev_expect(0);
}

COLD void blkdev_unregister(struct blkdev *d)
{
	irq_state s = spin_lock(&lock);

	list_remove(&d->node);
	spin_unlock(&lock, s);
}

void blkdev_expect(int more)
{
	atomic_fetch_add(&expected, (unsigned)more);
	atomic_fetch_add(&news, 1);
	futex_wake(&news, UINT32_MAX);
}

static struct blkdev *look_up(const char *name)
{
	irq_state s = spin_lock(&lock);
	struct blkdev *d = find_locked(name);

	spin_unlock(&lock, s);
	return d;
}

/*
 * What is expected, and how many came, is read before the look: a device that comes after it is
 * neither slept through nor taken for one that will not come.
 */
COLD struct blkdev *blkdev_find(const char *name)
{
	uint64_t deadline_ns = clock_now_ns() + EXPECT_NS;

	if (strncmp(name, "/dev/", 5) == 0)
		name += 5;
	for (;;) {
		unsigned more = atomic_load(&expected), seen = atomic_load(&news);
		struct blkdev *d = look_up(name);

		if (d || !more || futex_wait(&news, seen, deadline_ns) == -ETIMEDOUT)
			return d;
	}
}

COLD void blkdev_look(void (*visit)(struct blkdev *, void *arg), void *arg, bool locked)
{
	irq_state s = 0;

	if (locked)
		s = spin_lock(&lock);
	list_for_each(n, &devices)
		visit(container_of(n, struct blkdev, node), arg);
	if (locked)
		spin_unlock(&lock, s);
}

COLD void blkdev_for_each(void (*visit)(struct blkdev *, void *arg), void *arg)
{
	uint64_t deadline_ns = clock_now_ns() + EXPECT_NS;
	unsigned seen = atomic_load(&news);

	while (atomic_load(&expected) && futex_wait(&news, seen, deadline_ns) != -ETIMEDOUT)
		seen = atomic_load(&news);
	blkdev_look(visit, arg, true);
}

static uint64_t data_bytes(const struct blk_req *r)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < r->nsg; i++)
		sum += r->sg[i].len;
	return sum;
}

static int check_range(const struct blkdev *d, uint64_t sector, uint64_t nsectors)
{
	uint64_t part = d->block_size / BLK_SECTOR_SIZE - 1; /* of a block */

	if (nsectors == 0 || sector > d->sectors || nsectors > d->sectors - sector)
		return -EINVAL;
	return (sector | nsectors) & part ? -EINVAL : 0;
}

static int check_transfer(const struct blkdev *d, struct blk_req *r)
{
	uint64_t bytes = data_bytes(r);

	r->nsectors = bytes / BLK_SECTOR_SIZE;
	if (bytes % BLK_SECTOR_SIZE || r->nsg > d->max_sg || r->nsectors > d->max_sectors)
		return -EINVAL;
	if (r->op == BLK_WRITE && d->read_only)
		return -EROFS;
	return check_range(d, r->sector, r->nsectors);
}

static int check(const struct blkdev *d, struct blk_req *r)
{
	switch (r->op) {
	case BLK_READ:
	case BLK_WRITE:
		return check_transfer(d, r);
	case BLK_FLUSH:
		return 0;
	case BLK_DISCARD:
	case BLK_WRITE_ZEROES:
		if (d->read_only)
			return -EROFS;
		if (!(r->op == BLK_DISCARD ? d->can_discard : d->can_write_zeroes))
			return -EOPNOTSUPP;
		return check_range(d, r->sector, r->nsectors);
	case BLK_COMMAND:
		break;
	}
	return -EINVAL;
}

int blk_submit(struct blkdev *d, struct blk_req *r)
{
	int error = check(d, r);

	if (error)
		return error;
	atomic_store_explicit(&r->complete, 0, memory_order_relaxed);
	TRACEPOINT(BLOCK, trace_block_begin(d, r));
	if (r->op == BLK_FLUSH && !d->can_flush) { /* nothing is cached: what is written is safe */
		blk_complete(r, 0);
		return 0;
	}
	return d->submit(d, r);
}

int blk_wait(struct blk_req *r)
{
	while (!atomic_load_explicit(&r->complete, memory_order_acquire))
		futex_wait(&r->complete, 0, DEADLINE_NEVER);
	return r->status;
}

/*
 * Once complete is set a waiter may be gone, and the request with it; futex_wake() only uses the
 * word's address.
 */
void blk_complete(struct blk_req *r, int status)
{
	r->status = status;
	TRACEPOINT(BLOCK, trace_block_end(r, status));
	if (r->done) {
		r->done(r);
		return;
	}
	atomic_store_explicit(&r->complete, 1, memory_order_release);
	futex_wake(&r->complete, 1);
}

/*
 * How much of [buf, buf + len) goes into one request, and as which pieces: all of it if the pieces
 * suffice, else what fits even if every page is a piece of its own. Negative: -errno.
 */
static long next_pieces(const struct blkdev *d, enum blk_op op, struct sg *sg, int *nsg,
			const void *buf, size_t len)
{
	unsigned max = d->max_sg < SYNC_PIECES ? d->max_sg : SYNC_PIECES;
	size_t limit = d->max_sectors < SYNC_BYTES / BLK_SECTOR_SIZE
			       ? d->max_sectors * BLK_SECTOR_SIZE
			       : SYNC_BYTES;
	size_t n = len < limit ? len : limit;

	n -= n % d->block_size;
	*nsg = sg_from_range(sg, max, buf, n, op == BLK_READ);
	if (*nsg == -E2BIG) {
		limit = max > 1 ? (max - 1) * PAGE_SIZE : BLK_SECTOR_SIZE;
		n = n < limit ? n : limit;
		n -= n % d->block_size;
		*nsg = sg_from_range(sg, max, buf, n, op == BLK_READ);
	}
	if (*nsg < 0)
		return *nsg;
	return n ? (long)n : -EINVAL;
}

static int transfer(struct blkdev *d, enum blk_op op, uint64_t sector, const void *buf, size_t len)
{
	struct sg sg[SYNC_PIECES];

	while (len) {
		struct blk_req r = { .op = op, .sector = sector, .sg = sg };
		int nsg, error;
		long n = next_pieces(d, op, sg, &nsg, buf, len);

		if (n < 0)
			return (int)n;
		r.nsg = (unsigned)nsg;
		error = blk_submit(d, &r);
		if (!error)
			error = blk_wait(&r);
		if (error)
			return error;
		buf = (const char *)buf + n;
		len -= (size_t)n;
		sector += (size_t)n / BLK_SECTOR_SIZE;
	}
	return 0;
}

int blk_read(struct blkdev *d, uint64_t sector, void *buf, size_t len)
{
	return transfer(d, BLK_READ, sector, buf, len);
}

int blk_write(struct blkdev *d, uint64_t sector, const void *buf, size_t len)
{
	return transfer(d, BLK_WRITE, sector, buf, len);
}

const struct list *blkdev_list(void)
{
	return &devices;
}
