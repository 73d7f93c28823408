/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block driver, and a disk that does whatever the input says. Each request ends once, whatever happens, and when
 * the disk is honest again it holds what is written to it.
 *
 * Links: virtio/v*.c kernel/byte_ring.c kernel/wait.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c tests/fuzz/virtio_steer.c
 * Links: tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c
 * Links: tests/host/model/virtio*.c tests/host/model/ring*.c tests/host/model/disk*.c
 */
#include "tests/fuzz/virtio_steer.h"
#include "kernel/blkdev.h"
#include "kernel/pci.h"

#define SECTORS   64
#define REQUESTS  32
#define PIECES    3
#define PIECE_MAX 1024

struct request {
	struct blk_req r;
	struct sg sg[PIECES];
	uint8_t data[PIECES][PIECE_MAX];
	bool submitted;
};

static struct model_disk *disks[16];
static struct blkdev *devices[16];
static struct request requests[REQUESTS];
static unsigned submitted, completed;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint64_t features = 1ull << VIRTIO_BLK_F_SEG_MAX | 1ull << VIRTIO_BLK_F_FLUSH
		| 1ull << VIRTIO_BLK_F_DISCARD | 1ull << VIRTIO_BLK_F_WRITE_ZEROES;

	(void)argc, (void)argv;
	model_power_on();
	model_bus_use_ecam();
	for (unsigned i = 0; i < steer_variant_count; i++) {
		disks[i] = model_disk_new(SECTORS, features);
		steer_plug(&disks[i]->v, i);
	}
	pci_init();
	model_run();
	for (unsigned i = 0; i < steer_variant_count; i++) {
		devices[i] = blkdev_find((char[]){ 'v', 'd', (char)('a' + i), '\0' });
		steer_check(devices[i] != NULL, "a disk is missing");
	}
	return 0;
}

static void done(struct blk_req *r)
{
	struct request *q = container_of(r, struct request, r);

	steer_check(q->submitted, "a request ended twice");
	q->submitted = false;
	completed++;
}

static struct request *free_request(void)
{
	for (unsigned i = 0; i < REQUESTS; i++)
		if (!requests[i].submitted)
			return &requests[i];
	return NULL;
}

/* Ranges that do not fit the disk are for blkdev to refuse; these fit, so that the driver gets them. */
static void submit(struct steer *s, struct blkdev *disk)
{
	struct request *q = free_request();
	enum blk_op op = steer_byte(s) % 5;
	unsigned n = steer_byte(s) % PIECES + 1;

	if (!q)
		return;
	q->r = (struct blk_req){ .op = op, .sector = steer_byte(s) % (SECTORS / 2), .done = done };
	if (op == BLK_READ || op == BLK_WRITE) {
		for (unsigned i = 0; i < n; i++)
			q->sg[i] = (struct sg){ q->data[i], 512u * (1 + steer_byte(s) % 2) };
		q->r.sg = q->sg;
		q->r.nsg = n;
	} else if (op != BLK_FLUSH) {
		q->r.nsectors = 1 + steer_byte(s) % (SECTORS / 2);
	}
	q->submitted = true;
	submitted++;
	if (blk_submit(disk, &q->r) != 0) {
		q->submitted = false;
		completed++;
	}
}

static void check_works(struct model_disk *d, struct blkdev *disk)
{
	static uint8_t out[2048], in[2048];

	for (unsigned i = 0; i < sizeof out; i++)
		out[i] = (uint8_t)(i * 7 + completed);
	steer_check(blk_write(disk, 5, out, sizeof out) == 0, "the disk does not take a write any more");
	steer_check(memcmp(d->data + 5 * 512, out, sizeof out) == 0, "the disk has something else");
	steer_check(blk_read(disk, 5, in, sizeof in) == 0, "the disk cannot be read any more");
	steer_check(memcmp(in, out, sizeof in) == 0, "something else is read than was written");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct steer s = { data, data + len };
	unsigned which = steer_byte(&s) % steer_variant_count;
	struct model_disk *d = disks[which];

	while (steer_more(&s)) {
		uint8_t what = steer_byte(&s);

		if (what % 4 == 0)
			submit(&s, devices[which]);
		else if (what % 16 == 1)
			d->hold = !d->hold;
		else if (what % 16 == 2)
			model_disk_release(d);
		else if (what % 16 == 3)
			d->next_status = steer_byte(&s), d->short_by = what >> 4;
		else
			steer_device(&s, &d->v);
	}
	d->hold = false;
	d->next_status = VIRTIO_BLK_S_OK;
	d->short_by = 0;
	steer_to_rest(&d->v);
	steer_check(submitted == completed, "a request never ended");
	check_works(d, devices[which]);
	return 0;
}
