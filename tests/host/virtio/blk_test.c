/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block driver against a strict model disk, from PCI discovery to the last byte.
 * Links: virtio/v*.c kernel/byte_ring.c kernel/wait.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c
 * Links: tests/host/model/virtio*.c tests/host/model/ring*.c tests/host/model/disk*.c
 */
#include "tests/host/model/virtio_model.h"
#include "kernel/blkdev.h"
#include "kernel/pci.h"
#include "tests/host/virtio/disk_checks.h"
#include <errno.h>

#define BIT(n) (1ull << (n))
#define USUAL (BIT(VIRTIO_BLK_F_SEG_MAX) | BIT(VIRTIO_BLK_F_BLK_SIZE) | BIT(VIRTIO_BLK_F_FLUSH) | BIT(VIRTIO_BLK_F_CONFIG_WCE) \
	| BIT(VIRTIO_BLK_F_DISCARD) | BIT(VIRTIO_BLK_F_WRITE_ZEROES) | BIT(VIRTIO_BLK_F_TOPOLOGY) | BIT(VIRTIO_BLK_F_GEOMETRY) | BIT(30) | BIT(40))
#define SECTORS 4096

static struct blkdev *boot(struct model_disk *d)
{
	model_bus_use_ecam();
	model_pci_plug(&d->v);
	pci_init();
	model_run();
	return blkdev_find("vda");
}

static struct model_disk *usual(void)
{
	return model_disk_new(SECTORS, USUAL);
}

MACHINE_TEST(what_a_disk_can_do)
{
	struct blkdev *disk = boot(usual());

	CHECK_EQ(disk->sectors, SECTORS);
	CHECK_EQ(disk->block_size, 512);
	CHECK_EQ(disk->max_sg, 64);
	CHECK(!disk->read_only && disk->can_flush && disk->can_discard && disk->can_write_zeroes);
	CHECK_STR(disk->serial, "model-disk-012345678");
	model_shows("FACT-24");
}

RING_TEST(reads_and_writes)
{
	struct model_disk *d = usual();
	struct blkdev *disk = boot(d);

	CHECK(disk);
	for (unsigned i = 1; i <= 200; i += 13) {
		check_reads(d->data, disk, i, i * 512);
		check_writes(d->data, disk, i * 3, i * 512);
	}
	check_reads(d->data, disk, 0, SECTORS * 512);
	check_writes(d->data, disk, 0, SECTORS * 512);
	CHECK(shim_log_has("vda: virtio-blk 1.0 pci 00:01.0 +SEG_MAX -GEOMETRY +BLK_SIZE +FLUSH -TOPOLOGY +CONFIG_WCE +DISCARD +WRITE_ZEROES"));
}

MACHINE_TEST(transitional_id)
{
	struct model_disk *d = usual();

	memset(&d->v.pci, 0, sizeof(d->v.pci));
	model_pci_init(&d->v, true);
	check_reads(d->data, boot(d), 3, 4096);
}

RING_TEST(a_device_that_polls_gets_no_kicks)
{
	struct model_disk *d = usual();
	struct blkdev *disk;
	unsigned before;

	d->v.poll_mode = true;
	disk = boot(d);
	before = d->v.queue[0].notifications;
	check_reads(d->data, disk, 0, 64 * 512);
	CHECK(d->v.queue[0].notifications - before <= 1);
}

/* Long enough for every 16-bit index to wrap. */
static void wrap(uint64_t without)
{
	struct model_disk *d = usual();
	struct blkdev *disk;
	uint8_t buf[512];

	d->v.offered &= ~without;
	disk = boot(d);
	for (unsigned i = 0; i < 70000; i++)
		if (blk_read(disk, i % SECTORS, buf, 512) != 0 || buf[0] != d->data[i % SECTORS * 512])
			test_fail(__FILE__, __LINE__, "a read after many");
	CHECK_EQ(d->requests, 70000);
}

MACHINE_TEST(indices_wrap)
{
	wrap(0);
}

MACHINE_TEST(indices_wrap_without_event_idx)
{
	wrap(BIT(VIRTIO_F_EVENT_IDX));
}

/* --- many at once --- */

static unsigned completions;
static int last_status;

static void note(struct blk_req *r)
{
	completions++;
	last_status = r->status;
}

static struct blk_req *submit(struct blkdev *disk, enum blk_op op, uint64_t sector, uint64_t nsectors)
{
	struct blk_req *r = calloc(1, sizeof(*r));
	struct sg *sg = calloc(1, sizeof(*sg));

	*sg = (struct sg){ malloc(nsectors * 512), (uint32_t)nsectors * 512 };
	*r = (struct blk_req){ .op = op, .sector = sector, .nsectors = nsectors, .sg = sg, .nsg = 1, .done = note };
	r->token = (void *)1;
	if (blk_submit(disk, r) != 0)
		r->token = NULL;
	return r;
}

RING_TEST(more_requests_than_the_ring_has_room_for)
{
	struct model_disk *d = usual();
	struct blkdev *disk = boot(d);
	struct blk_req *r[400];

	d->hold = true;
	for (unsigned i = 0; i < 400; i++) {
		r[i] = submit(disk, BLK_READ, i, 1);
		CHECK(r[i]->token);
	}
	model_run();
	CHECK_EQ(d->nheld, model_accepted(&d->v, VIRTIO_F_INDIRECT_DESC) ? d->v.queue[0].size : d->v.queue[0].size / 3);
	CHECK_EQ(completions, 0);
	d->hold = false;
	model_disk_release(d);
	model_run();
	CHECK_EQ(completions, 400);
	for (unsigned i = 0; i < 400; i++)
		CHECK(memcmp(r[i]->sg->addr, d->data + i * 512, 512) == 0);
}

/* --- limits --- */

MACHINE_TEST(seg_max_is_kept)
{
	struct model_disk *d = usual();

	model_disk_config(d)->seg_max = 3;
	CHECK_EQ(boot(d)->max_sg, 3);
	check_reads(d->data, blkdev_find("vda"), 0, SECTORS * 512);
}

MACHINE_TEST(without_seg_max_one_piece)
{
	struct model_disk *d = model_disk_new(SECTORS, USUAL & ~BIT(VIRTIO_BLK_F_SEG_MAX));

	CHECK_EQ(boot(d)->max_sg, 1);
	check_writes(d->data, blkdev_find("vda"), 0, 100 * 512);
}

RING_TEST(size_max_cuts_pieces)
{
	struct model_disk *d = model_disk_new(SECTORS, USUAL | BIT(VIRTIO_BLK_F_SIZE_MAX));

	model_disk_config(d)->size_max = 1024;
	model_disk_config(d)->seg_max = 9;
	boot(d);
	check_reads(d->data, blkdev_find("vda"), 0, SECTORS * 512);
	check_writes(d->data, blkdev_find("vda"), 5, 1000 * 512);
}

MACHINE_TEST(a_size_max_of_0_is_none)
{
	struct model_disk *d = model_disk_new(SECTORS, USUAL | BIT(VIRTIO_BLK_F_SIZE_MAX));

	model_disk_config(d)->size_max = 0;
	check_reads(d->data, boot(d), 0, SECTORS * 512);
}

static uint16_t ring_size;

static void small_ring(void)
{
	struct model_disk *d = usual();

	d->v.queue[0].max = ring_size;
	model_disk_config(d)->seg_max = ring_size - 2u;
	check_reads(d->data, boot(d), 0, 100 * 512);
	check_writes(d->data, blkdev_find("vda"), 0, 100 * 512);
	CHECK_EQ(d->v.queue[0].size, ring_size);
}

TEST(small_rings)
{
	for (ring_size = 4; ring_size <= 64; ring_size *= 2)
		model_in_new_machine(small_ring);
}

MACHINE_TEST(large_ring_is_cut)
{
	struct model_disk *d = usual();

	d->v.queue[0].max = 1024;
	boot(d);
	CHECK_EQ(d->v.queue[0].size, 128);
}

RING_TEST(blocks_of_4096)
{
	struct model_disk *d = usual();
	struct blkdev *disk;
	uint8_t buf[4096];

	model_disk_config(d)->blk_size = 4096;
	disk = boot(d);
	CHECK_EQ(disk->block_size, 4096);
	check_reads(d->data, disk, 8, 8192);
	model_shows("FACT-23");
	CHECK_EQ(blk_read(disk, 1, buf, 4096), -EINVAL);
	CHECK_EQ(blk_read(disk, 8, buf, 512), -EINVAL);
}

static uint32_t block_size;

static void refuses_block_size(void)
{
	struct model_disk *d = usual();

	model_disk_config(d)->blk_size = block_size;
	CHECK(!boot(d));
	CHECK(d->v.status & VIRTIO_STATUS_FAILED);
}

TEST(block_sizes_without_sense)
{
	static const uint32_t sizes[] = { 0, 1, 511, 513, 768, 0x80000001 };

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		block_size = sizes[i];
		model_in_new_machine(refuses_block_size);
	}
}

MACHINE_TEST(range_checks)
{
	struct blkdev *disk = boot(usual());
	uint8_t buf[1024];

	CHECK_EQ(blk_read(disk, SECTORS, buf, 512), -EINVAL);
	CHECK_EQ(blk_read(disk, SECTORS - 1, buf, 1024), -EINVAL);
	CHECK_EQ(blk_read(disk, UINT64_MAX, buf, 512), -EINVAL);
	CHECK_EQ(blk_read(disk, 0, buf, 100), -EINVAL);
	CHECK_EQ(blk_read(disk, 0, buf, 0), 0);
}

/* --- the other operations --- */

static int run(struct blkdev *disk, enum blk_op op, uint64_t sector, uint64_t nsectors)
{
	struct blk_req r = { .op = op, .sector = sector, .nsectors = nsectors };
	int error = blk_submit(disk, &r);

	return error ? error : blk_wait(&r);
}

RING_TEST(flush)
{
	struct model_disk *d = usual();
	struct blkdev *disk = boot(d);

	CHECK_EQ(run(disk, BLK_FLUSH, 0, 0), 0);
	CHECK_EQ(d->flushes, 1);
	model_shows("BLK-01"); /* accepted, and sent */
}

MACHINE_TEST(cache_assumed_when_not_told)
{
	struct blkdev *disk = boot(model_disk_new(SECTORS, USUAL & ~BIT(VIRTIO_BLK_F_CONFIG_WCE)));

	CHECK(disk->can_flush);
	model_shows("BLK-03");
}

MACHINE_TEST(no_flush_needed_when_written_through)
{
	struct model_disk *d = usual();
	struct blkdev *disk;

	model_disk_config(d)->writeback = 0;
	disk = boot(d);
	CHECK(!disk->can_flush);
	CHECK_EQ(run(disk, BLK_FLUSH, 0, 0), 0);
	CHECK_EQ(d->flushes, 0);
}

RING_TEST(ranges_larger_than_the_device_takes)
{
	struct model_disk *d = usual();
	struct blkdev *disk = boot(d);

	CHECK_EQ(run(disk, BLK_WRITE_ZEROES, 10, 100), 0);
	CHECK_EQ(d->zeroes, 4);
	CHECK_EQ(d->max_range, 32);
	CHECK_EQ(d->data[10 * 512 - 1] != 0, 1);
	for (unsigned i = 10 * 512; i < 110 * 512; i++)
		if (d->data[i])
			test_fail(__FILE__, __LINE__, "not zero");
	CHECK_EQ(d->data[110 * 512 + 1] != 0, 1);
	CHECK_EQ(run(disk, BLK_DISCARD, 200, 65), 0);
	CHECK_EQ(d->discards, 2);
	CHECK_EQ(run(disk, BLK_DISCARD, SECTORS, 1), -EINVAL);
	CHECK_EQ(run(disk, BLK_DISCARD, 0, 0), -EINVAL);
}

MACHINE_TEST(what_is_not_offered_is_not_done)
{
	struct blkdev *disk = boot(model_disk_new(SECTORS, BIT(VIRTIO_BLK_F_SEG_MAX)));

	CHECK_EQ(run(disk, BLK_DISCARD, 0, 1), -EOPNOTSUPP);
	CHECK_EQ(run(disk, BLK_WRITE_ZEROES, 0, 1), -EOPNOTSUPP);
	CHECK_EQ(run(disk, BLK_FLUSH, 0, 0), 0);
	model_shows("BLK-02");
}

MACHINE_TEST(read_only)
{
	struct model_disk *d = model_disk_new(SECTORS, USUAL | BIT(VIRTIO_BLK_F_RO));
	struct blkdev *disk = boot(d);
	uint8_t buf[512] = { 0 };

	CHECK(disk->read_only);
	model_shows("BLK-12");
	CHECK_EQ(blk_write(disk, 0, buf, 512), -EROFS);
	CHECK_EQ(run(disk, BLK_WRITE_ZEROES, 0, 1), -EROFS);
	check_reads(d->data, disk, 0, 4096);
}

/* --- errors --- */

RING_TEST(errors_reach_the_caller)
{
	struct model_disk *d = usual();
	struct blkdev *disk = boot(d);
	uint8_t buf[512];

	d->next_status = VIRTIO_BLK_S_IOERR;
	CHECK_EQ(blk_read(disk, 0, buf, 512), -EIO);
	d->next_status = VIRTIO_BLK_S_UNSUPP;
	CHECK_EQ(blk_read(disk, 0, buf, 512), -EOPNOTSUPP);
	d->next_status = 77;
	CHECK_EQ(blk_read(disk, 0, buf, 512), -EIO);
	d->next_status = VIRTIO_BLK_S_IOERR;
	CHECK_EQ(run(disk, BLK_WRITE_ZEROES, 0, 100), -EIO);
	check_reads(d->data, disk, 0, 512);
	CHECK_EQ(d->v.resets, 1);
}

/* A used length that stops before the status byte: the status is not to be believed, the device is not to be reset for it. */
RING_TEST(short_used_length)
{
	struct model_disk *d = usual();
	struct blkdev *disk = boot(d);
	uint8_t buf[512];

	d->short_by = 1;
	CHECK_EQ(blk_read(disk, 0, buf, 512), -EIO);
	CHECK_EQ(blk_write(disk, 0, buf, 512), -EIO);
	d->short_by = 0;
	check_reads(d->data, disk, 0, 512);
	CHECK_EQ(d->v.resets, 1);
	model_shows("SPLIT-17");
	model_shows("SPLIT-18");
}

MACHINE_TEST(capacity_changes)
{
	struct model_disk *d = usual();
	struct blkdev *disk = boot(d);

	model_disk_config(d)->capacity = d->sectors = 100;
	model_config_changed(&d->v);
	model_run();
	CHECK_EQ(disk->sectors, 100);
	model_shows("BLK-10");
}

/* The two halves of the capacity from different moments would make a disk of some exabytes. */
static void tear(struct model_virtio *v, unsigned off)
{
	if (off == 0)
		((struct virtio_blk_config *)v->config)->capacity ^= 0x00000fff00000fffull;
}

MACHINE_TEST(capacity_read_in_one_piece)
{
	struct model_disk *d = usual();
	struct blkdev *disk;

	d->v.config_read_hook = tear;
	d->v.fault.config_tears = 3;
	disk = boot(d);
	CHECK_EQ(disk->sectors, model_disk_config(d)->capacity);
	model_shows("CFG-01");
	model_shows("CFG-02");
}

TEST_MAIN
