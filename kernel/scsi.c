/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SCSI hosts and their logical units: requests become commands as far as the transport has room,
 * and what comes back decides whether they are done or tried again; see scsi.h. Submitting runs in
 * any thread, completion and the stall timer in interrupts.
 */
#include "kernel/scsi.h"
#include "kernel/clock.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/scsi_spec.h"
#include <errno.h>
#include <string.h>

#define STALL_NS 100000000ull

/*
 * A request may come back so often: half a minute of stalls, as disks need to spin up, or five
 * times at once.
 */
#define PATIENCE   300u
#define LATER_COST 1u
#define AGAIN_COST (PATIENCE / 5)

/* A request of scsi_execute()'s. */
struct own_command {
	struct blk_req req;
	struct sg sg;
	const uint8_t *cdb;
	uint32_t residual;
};

static uint64_t data_bytes(const struct blk_req *r)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < r->nsg; i++)
		sum += r->sg[i].len;
	return sum;
}

/* The short form where it suffices: some devices know no other (SBC-3, 5.11 and 5.13). */
static void set_transfer(uint8_t *cdb, const struct blkdev *disk, const struct blk_req *r)
{
	unsigned shift = (unsigned)__builtin_ctz(disk->block_size);
	uint64_t lba = r->sector >> (shift - 9), blocks = data_bytes(r) >> shift;

	if (lba <= UINT32_MAX && blocks <= UINT16_MAX) {
		cdb[0] = r->op == BLK_READ ? SCSI_READ_10 : SCSI_WRITE_10;
		scsi_put(cdb + 2, 4, lba);
		scsi_put(cdb + 7, 2, blocks);
	} else {
		cdb[0] = r->op == BLK_READ ? SCSI_READ_16 : SCSI_WRITE_16;
		scsi_put(cdb + 2, 8, lba);
		scsi_put(cdb + 10, 4, blocks);
	}
}

static void fill(struct scsi_cmd *c, struct scsi_lun *l, struct blk_req *r)
{
	c->lun = l;
	c->req = r;
	c->sg = r->sg;
	c->nsg = r->nsg;
	c->to_device = r->op == BLK_WRITE;
	memset(c->cdb, 0, sizeof c->cdb);
	if (r->op == BLK_COMMAND)
		memcpy(c->cdb, container_of(r, struct own_command, req)->cdb, sizeof c->cdb);
	else if (r->op != BLK_FLUSH)
		set_transfer(c->cdb, &l->disk, r);
	else
		c->cdb[0] = SCSI_SYNCHRONIZE_CACHE_10; /* from 0 on, 0 blocks: all there are */
}

/* One request of a logical unit's. False: it has none, or may not, or there is no room. */
static bool issue(struct scsi_lun *l)
{
	struct scsi_host *h = l->host;
	struct scsi_cmd *c = h->free;

	if (!c || l->gone || l->stalled || l->in_flight >= h->cmd_per_lun ||
	    list_empty(&l->waiting))
		return false;
	fill(c, l, container_of(l->waiting.next, struct blk_req, node));
	if (h->queue(h, c)) {
		c->req = NULL;
		return false;
	}
	h->free = c->next_free;
	list_remove(&c->req->node);
	l->in_flight++;
	if (c->req->op != BLK_COMMAND)
		blk_count(&l->disk, c->req);
	return true;
}

static void issue_all(struct scsi_host *h)
{
	list_for_each(n, &h->luns)
		while (issue(container_of(n, struct scsi_lun, node)))
			;
}

static int submit(struct blkdev *disk, struct blk_req *r)
{
	struct scsi_lun *l = disk->driver;
	irq_state s = spin_lock(&l->host->lock);
	bool gone = l->gone;

	r->driver = NULL; /* what it has used up of PATIENCE */
	if (!gone) {
		list_push_back(&l->waiting, &r->node);
		issue(l);
	}
	spin_unlock(&l->host->lock, s);
	if (gone)
		return -ENODEV;
	l->host->kick(l->host);
	return 0;
}

static void end_stalls(struct timer *t)
{
	struct scsi_host *h = container_of(t, struct scsi_host, stall);
	irq_state s = spin_lock(&h->lock);

	h->stalling = false;
	list_for_each(n, &h->luns)
		container_of(n, struct scsi_lun, node)->stalled = false;
	issue_all(h);
	spin_unlock(&h->lock, s);
	h->kick(h);
}

static void stall(struct scsi_lun *l)
{
	struct scsi_host *h = l->host;

	l->stalled = true;
	if (!h->stalling)
		timer_start(&h->stall, clock_now_ns() + STALL_NS);
	h->stalling = true;
}

/* Before those that wait: it was before them. False: it has been tried often enough. */
static bool try_again(struct scsi_lun *l, struct blk_req *r, int verdict)
{
	uintptr_t used = (uintptr_t)r->driver;

	used += verdict == SCSI_LATER ? LATER_COST : AGAIN_COST;
	r->driver = (void *)used;
	if (used > PATIENCE)
		return false;
	list_push_front(&l->waiting, &r->node);
	if (verdict == SCSI_LATER)
		stall(l);
	return true;
}

/*
 * What the request ends with; positive: it does not end yet. Its logical units are looked at anew
 * if they changed, but not on the word of a command that is part of the look.
 */
static int settle(struct scsi_cmd *c)
{
	struct blk_req *r = c->req;
	bool changed;
	int verdict = scsi_verdict(c, &changed);

	if (r->op == BLK_COMMAND)
		container_of(r, struct own_command, req)->residual = c->residual;
	else if (changed)
		scsi_scan_wanted(c->lun->host, c->lun->target, 1);
	if (verdict && c->lun->gone)
		return -ENODEV;
	if (verdict > 0)
		return try_again(c->lun, r, verdict) ? verdict : -EIO;
	return !verdict && c->residual && r->op < BLK_FLUSH ? -EIO : verdict;
}

/* The next in turn is another logical unit. */
static void release(struct scsi_cmd *c)
{
	struct scsi_host *h = c->lun->host;

	c->req = NULL;
	c->next_free = h->free;
	h->free = c;
	c->lun->in_flight--;
	if (!list_empty(&c->lun->node)) {
		list_remove(&c->lun->node);
		list_push_back(&h->luns, &c->lun->node);
	}
}

void scsi_complete(struct scsi_cmd *c)
{
	struct scsi_host *h = c->lun->host;
	struct blk_req *r = c->req;
	irq_state s = spin_lock(&h->lock);
	int status = settle(c);

	release(c);
	issue_all(h);
	spin_unlock(&h->lock, s);
	h->kick(h);
	if (status <= 0)
		blk_complete(r, status);
}

void scsi_abandon(struct scsi_cmd *c)
{
	struct blk_req *r = c->req;
	irq_state s;

	if (!r)
		return;
	s = spin_lock(&c->lun->host->lock);
	release(c);
	spin_unlock(&c->lun->host->lock, s);
	blk_complete(r, -EIO);
}

long scsi_execute(struct scsi_lun *l, const uint8_t cdb[static SCSI_CDB_BYTES], void *data,
		  uint32_t len)
{
	struct own_command own = {
		.req = { .op = BLK_COMMAND, .sg = &own.sg, .nsg = len != 0 },
		.sg = { data, len },
		.cdb = cdb,
	};
	int error = submit(&l->disk, &own.req);

	if (!error)
		error = blk_wait(&own.req);
	if (error)
		return error;
	return own.residual < len ? (long)(len - own.residual) : 0;
}

/* --- logical units come and go --- */

struct scsi_lun *scsi_lun_find(struct scsi_host *h, unsigned target, unsigned lun)
{
	list_for_each(n, &h->luns) {
		struct scsi_lun *l = container_of(n, struct scsi_lun, node);

		if (l->target == target && l->lun == lun)
			return l;
	}
	return NULL;
}

struct scsi_lun *scsi_lun_new(struct scsi_host *h, unsigned target, unsigned lun)
{
	struct scsi_lun *l = kzalloc(sizeof *l);
	irq_state s;

	if (!l)
		return NULL;
	l->host = h;
	l->target = (uint8_t)target;
	l->lun = (uint16_t)lun;
	l->disk.submit = submit;
	l->disk.driver = l;
	l->disk.max_sg = h->max_sg;
	list_init(&l->waiting);
	s = spin_lock(&h->lock);
	l->gone = h->lost;
	list_push_back(&h->luns, &l->node);
	spin_unlock(&h->lock, s);
	return l;
}

bool scsi_lun_register(struct scsi_lun *l)
{
	irq_state s = spin_lock(&l->host->lock);
	bool gone = l->gone;

	if (!gone)
		blkdev_register(&l->disk, "sd");
	spin_unlock(&l->host->lock, s);
	return !gone;
}

/*
 * Whoever unlinks a logical unit does the rest as well. Only one that is no disk may be freed
 * meanwhile, by the scan whose own it is; so then only the list is used.
 */
static void forget(struct scsi_lun *l, struct list *ended, struct scsi_lun **disk)
{
	struct list *node;

	*disk = !list_empty(&l->node) && l->disk.name[0] ? l : NULL;
	l->gone = true;
	list_remove(&l->node);
	while ((node = list_pop_front(&l->waiting)) != NULL)
		list_push_back(ended, node);
}

static void say_goodbye(struct list *ended, struct scsi_lun *disk)
{
	struct list *node;

	if (disk) {
		blkdev_unregister(&disk->disk);
		log_info("%s: gone", disk->disk.name);
	}
	while ((node = list_pop_front(ended)) != NULL)
		blk_complete(container_of(node, struct blk_req, node), -ENODEV);
}

void scsi_lun_drop(struct scsi_lun *l)
{
	struct list ended = LIST_INIT(ended);
	struct scsi_lun *disk;
	irq_state s = spin_lock(&l->host->lock);

	forget(l, &ended, &disk);
	spin_unlock(&l->host->lock, s);
	say_goodbye(&ended, disk);
}

void scsi_host_lost(struct scsi_host *h)
{
	bool more;

	do {
		struct list ended = LIST_INIT(ended);
		struct scsi_lun *disk = NULL;
		irq_state s = spin_lock(&h->lock);

		h->lost = true;
		more = !list_empty(&h->luns);
		if (more)
			forget(container_of(h->luns.next, struct scsi_lun, node), &ended, &disk);
		spin_unlock(&h->lock, s);
		say_goodbye(&ended, disk);
	} while (more);
}

void scsi_lun_removed(struct scsi_host *h, unsigned target, unsigned lun)
{
	irq_state s = spin_lock(&h->lock);
	struct scsi_lun *l = scsi_lun_find(h, target, lun);

	if (l)
		l->gone = true;
	scsi_scan_wanted(h, target, 1);
	spin_unlock(&h->lock, s);
}

/* --- the host adapter --- */

LOCK_CLASS(host_class, "scsi");

void scsi_host_init(struct scsi_host *h)
{
	spinlock_init(&h->lock, &host_class);
	list_init(&h->luns);
	h->stall.fire = end_stalls;
}

void scsi_add_cmd(struct scsi_host *h, struct scsi_cmd *c)
{
	c->next_free = h->free;
	h->free = c;
}

void scsi_host_start(struct scsi_host *h)
{
	irq_state s;

	if (!h->scanner && scsi_scan_start(h))
		log_err("%s: no memory to look for disks", h->name);
	s = spin_lock(&h->lock);
	issue_all(h);
	scsi_scan_wanted(h, 0, h->targets);
	spin_unlock(&h->lock, s);
	h->kick(h);
}
