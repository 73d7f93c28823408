/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SCSI disks against a strict model host, from PCI discovery to the last byte, and against one that lies.
 * Links: virtio/v*.c kernel/byte_ring.c kernel/wait.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c
 * Links: tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c
 * Links: tests/host/model/virtio*.c tests/host/model/ring*.c tests/host/model/scsi*.c
 */
#include "kernel/blkdev.h"
#include "kernel/pci.h"
#include "tests/host/model/scsi_model.h"
#include "tests/host/virtio/disk_checks.h"
#include <errno.h>

#define BIT(n) (1ull << (n))
#define USUAL (BIT(VIRTIO_SCSI_F_INOUT) | BIT(VIRTIO_SCSI_F_HOTPLUG) | BIT(VIRTIO_SCSI_F_CHANGE) | BIT(VIRTIO_SCSI_F_T10_PI))
#define BLOCKS 4096

static struct model_scsi *m;
static struct model_unit *u;

static struct blkdev *boot(void)
{
	model_bus_use_ecam();
	model_pci_plug(&m->v);
	pci_init();
	model_run();
	return blkdev_find("sda");
}

static void make(uint64_t blocks, uint32_t block_size)
{
	m = model_scsi_new(USUAL);
	u = model_unit_add(m, 0, 0, blocks, block_size);
}

static struct blkdev *boot_usual(void)
{
	make(BLOCKS, 512);
	return boot();
}

static int read_one(struct blkdev *disk)
{
	static uint8_t buf[4096];

	return blk_read(disk, 0, buf, disk->block_size);
}

static int write_one(struct blkdev *disk)
{
	static uint8_t buf[4096];

	return blk_write(disk, 0, buf, disk->block_size);
}

static int flush(struct blkdev *disk)
{
	struct blk_req r = { .op = BLK_FLUSH };
	int error = blk_submit(disk, &r);

	return error ? error : blk_wait(&r);
}

/* --- what works --- */

MACHINE_TEST(reads_and_writes)
{
	struct blkdev *disk = boot_usual();

	CHECK(disk);
	CHECK_EQ(disk->sectors, BLOCKS);
	CHECK_EQ(disk->block_size, 512);
	CHECK_EQ(disk->max_sg, 64);
	CHECK(!disk->read_only && disk->can_flush);
	for (unsigned i = 1; i <= 200; i += 13) {
		check_reads(u->data, disk, i, i * 512);
		check_writes(u->data, disk, i * 3, i * 512);
	}
	check_reads(u->data, disk, 0, BLOCKS * 512);
	check_writes(u->data, disk, 0, BLOCKS * 512);
	CHECK_EQ(u->long_cdbs, 0);
	CHECK_EQ(flush(disk), 0);
	CHECK_EQ(u->flushes, 1);
	CHECK(shim_log_has("scsi0: virtio-scsi 1.0 pci 00:01.0 -INOUT +HOTPLUG +CHANGE -T10_PI"));
	CHECK(shim_log_has("sda: scsi0 0:0, 4096 sectors, blocks of 512 bytes"));
	model_shows("SCSI-03"); /* the model refuses every other configuration write */
}

MACHINE_TEST(blocks_of_4096)
{
	struct blkdev *disk;
	uint8_t buf[4096];

	make(512, 4096);
	disk = boot();
	CHECK_EQ(disk->block_size, 4096);
	CHECK_EQ(disk->sectors, 4096);
	check_reads(u->data, disk, 8, 8192);
	check_writes(u->data, disk, 0, 512 * 4096);
	CHECK_EQ(blk_read(disk, 1, buf, 4096), -EINVAL);
	CHECK_EQ(blk_read(disk, 8, buf, 512), -EINVAL);
}

MACHINE_TEST(several_targets_and_logical_units)
{
	struct model_unit *units[4];
	static const char *const names[] = { "sda", "sdb", "sdc", "sdd" };

	m = model_scsi_new(USUAL);
	units[0] = model_unit_add(m, 0, 0, 100, 512);
	units[1] = model_unit_add(m, 0, 3, 200, 512);
	units[2] = model_unit_add(m, 2, 300, 300, 512);
	model_unit_add(m, 3, 0, 100, 512)->type = 5; /* a CD-ROM */
	units[3] = model_unit_add(m, 7, 0, 400, 512);
	model_unit_add(m, 9, 0, 100, 512);           /* beyond max_target */
	boot();
	for (unsigned i = 0; i < 4; i++) {
		struct blkdev *disk = blkdev_find(names[i]);

		CHECK(disk && disk->sectors == units[i]->blocks);
		check_reads(units[i]->data, disk, 0, 100 * 512);
		check_writes(units[i]->data, disk, 10, 50 * 512);
	}
	CHECK(!blkdev_find("sde"));
}

/* Past what READ CAPACITY(10) and READ(10) can tell. */
MACHINE_TEST(more_than_2_TiB)
{
	struct blkdev *disk;
	uint8_t buf[512];

	make(BLOCKS, 512);
	u->claimed_last = 0x123456789ull;
	u->claimed_size = 512;
	disk = boot();
	CHECK_EQ(disk->sectors, 0x12345678aull);
	CHECK_EQ(blk_read(disk, UINT32_MAX, buf, 512), -EIO);
	CHECK_EQ(u->long_cdbs, 0);
	CHECK_EQ(blk_read(disk, UINT32_MAX + 1ull, buf, 512), -EIO); /* which the model does not have */
	CHECK_EQ(u->long_cdbs, 1);
	check_reads(u->data, disk, 5, 512);
}

MACHINE_TEST(read_only)
{
	struct blkdev *disk;

	make(BLOCKS, 512);
	u->read_only = true;
	disk = boot();
	CHECK(disk->read_only);
	CHECK_EQ(write_one(disk), -EROFS);
	check_reads(u->data, disk, 0, 4096);
	CHECK(shim_log_has("bytes, read-only"));
}

/* Write protection is told with any page; without the cache's there is nothing to flush. */
MACHINE_TEST(no_caching_page)
{
	make(BLOCKS, 512);
	u->read_only = u->no_caching_page = true;
	CHECK(boot()->read_only && !blkdev_find("sda")->can_flush);
}

MACHINE_TEST(no_mode_pages)
{
	make(BLOCKS, 512);
	u->no_mode_sense = true;
	CHECK(!boot()->read_only && !blkdev_find("sda")->can_flush);
	CHECK_EQ(flush(blkdev_find("sda")), 0);
	CHECK_EQ(u->flushes, 0);
}

MACHINE_TEST(written_through)
{
	make(BLOCKS, 512);
	u->write_cache = false;
	CHECK(!boot()->can_flush);
}

MACHINE_TEST(serial_numbers)
{
	make(BLOCKS, 512);
	u->serial = "A b\x01z-0123456789abcdef";
	CHECK_STR(boot()->serial, "A_b_z-0123456789abcd");
}

/* --- limits --- */

static unsigned completions, with_error;

static void note(struct blk_req *r)
{
	completions++;
	with_error += r->status != 0;
}

static struct blk_req *submit(struct blkdev *disk, uint64_t sector)
{
	struct blk_req *r = calloc(1, sizeof(*r));
	struct sg *sg = calloc(1, sizeof(*sg));

	*sg = (struct sg){ malloc(512), 512 };
	*r = (struct blk_req){ .op = BLK_READ, .sector = sector, .sg = sg, .nsg = 1, .done = note };
	CHECK_EQ(blk_submit(disk, r), 0);
	return r;
}

static void many(struct blkdev *disk, unsigned at_once)
{
	struct blk_req *r[400];

	m->hold = true;
	for (unsigned i = 0; i < 400; i++)
		r[i] = submit(disk, i);
	model_run();
	CHECK_EQ(m->nheld, at_once);
	CHECK_EQ(completions, 0);
	m->hold = false;
	model_scsi_release(m);
	model_run();
	CHECK_EQ(completions, 400);
	CHECK_EQ(with_error, 0);
	for (unsigned i = 0; i < 400; i++)
		CHECK(memcmp(r[i]->sg->addr, u->data + i * 512, 512) == 0);
}

MACHINE_TEST(more_requests_than_the_ring_has_room_for)
{
	many(boot_usual(), 128);
}

MACHINE_TEST(few_commands_for_each_unit)
{
	make(BLOCKS, 512);
	model_scsi_config(m)->cmd_per_lun = 3;
	many(boot(), 3);
}

/* A look at the unit has to fit into the limit as well: the model counts. */
MACHINE_TEST(one_command_for_each_unit)
{
	struct blkdev *disk;

	make(BLOCKS, 512);
	model_scsi_config(m)->cmd_per_lun = 1;
	disk = boot();
	u->attention = true;
	u->attention_asc = SCSI_ASC_REPORTED_LUNS_CHANGED;
	for (unsigned i = 0; i < 400; i++)
		submit(disk, i);
	model_run();
	CHECK_EQ(completions, 400);
	CHECK_EQ(with_error, 0);
	CHECK_EQ(m->scans, 2);
}

/* And the scan waits for its turn: the device has as many as it may have. */
MACHINE_TEST(scans_wait_their_turn)
{
	struct blkdev *disk;

	make(BLOCKS, 512);
	model_scsi_config(m)->cmd_per_lun = 1;
	disk = boot();
	m->hold = true;
	submit(disk, 1);
	model_run();
	CHECK_EQ(m->nheld, 1);
	m->release_soon = true;
	CHECK(model_scsi_event(m, VIRTIO_SCSI_T_PARAM_CHANGE, 0, 0, 0));
	CHECK_EQ(completions, 1);
	CHECK_EQ(m->scans, 2);
}

MACHINE_TEST(no_unit_starves)
{
	struct model_unit *second;
	struct blk_req *last;

	make(BLOCKS, 512);
	second = model_unit_add(m, 0, 1, BLOCKS, 512);
	boot();
	m->hold = true;
	for (unsigned i = 0; i < 200; i++)
		submit(blkdev_find("sda"), i);
	last = submit(blkdev_find("sdb"), 7);
	model_run();
	CHECK_EQ(second->reads, 0);
	model_scsi_release(m); /* the ring is full of the first one's still, but now the second has its turn */
	model_run();
	model_scsi_release(m);
	CHECK_EQ(second->reads, 1);
	CHECK_EQ(last->status, 0);
}

MACHINE_TEST(seg_max_is_kept)
{
	make(BLOCKS, 512);
	model_scsi_config(m)->seg_max = 3;
	CHECK_EQ(boot()->max_sg, 3);
	check_reads(u->data, blkdev_find("sda"), 0, BLOCKS * 512);
}

MACHINE_TEST(max_sectors_is_kept)
{
	make(512, 4096);
	model_scsi_config(m)->max_sectors = 20;
	CHECK_EQ(boot()->max_sectors, 20);
	check_reads(u->data, blkdev_find("sda"), 0, 512 * 4096);
}

MACHINE_TEST(max_sectors_less_than_a_block)
{
	make(512, 4096);
	model_scsi_config(m)->max_sectors = 0;
	CHECK_EQ(boot()->max_sectors, 8);
	check_reads(u->data, blkdev_find("sda"), 0, 64 * 4096);
}

MACHINE_TEST(no_room_for_data)
{
	make(BLOCKS, 512);
	model_scsi_config(m)->seg_max = 0;
	CHECK(!boot());
	CHECK(m->v.status & VIRTIO_STATUS_FAILED);
}

static uint16_t ring_size;

static void small_ring(void)
{
	make(BLOCKS, 512);
	m->v.queue[VIRTIO_SCSI_REQUESTQ].max = ring_size;
	check_reads(u->data, boot(), 0, 100 * 512);
	check_writes(u->data, blkdev_find("sda"), 0, 100 * 512);
}

TEST(small_rings)
{
	for (ring_size = 4; ring_size <= 64; ring_size *= 2)
		model_in_new_machine(small_ring);
}

MACHINE_TEST(without_indirect)
{
	make(BLOCKS, 512);
	m->v.offered &= ~(BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX));
	check_reads(u->data, boot(), 0, 200 * 512);
	many(blkdev_find("sda"), 42); /* of three descriptors each */
}

/* QEMU counts the data it has read, vhost says 0. */
MACHINE_TEST(used_lengths_mean_nothing)
{
	make(BLOCKS, 512);
	m->lengths = 0x7fffffff;
	check_reads(u->data, boot(), 0, 4096);
	check_writes(u->data, blkdev_find("sda"), 0, 4096);
	CHECK(model_scsi_event(m, VIRTIO_SCSI_T_PARAM_CHANGE, 0, 0, 0x92a));
	CHECK_EQ(m->v.resets, 1);
	model_shows("SCSIL-02");
}

/* --- errors, and what is tried again --- */

static void fault(uint8_t opcode, unsigned times, uint8_t key, uint16_t asc)
{
	m->fault = (struct model_scsi_fault){ .opcode = opcode, .times = times };
	model_scsi_sense(&m->fault, times & 1, key, asc);
	m->faulted = 0;
}

MACHINE_TEST(sense_keys)
{
	static const struct { uint8_t key; uint16_t asc; int read, write; unsigned tries; } cases[] = {
		{ SCSI_KEY_NO_SENSE, 0, 0, 0, 1 },
		{ SCSI_KEY_RECOVERED_ERROR, 0x1700, 0, 0, 1 },
		{ SCSI_KEY_NOT_READY, 0x0402, -EIO, -EIO, 1 },
		{ SCSI_KEY_NOT_READY, SCSI_ASC_MEDIUM_NOT_PRESENT, -EIO, -EIO, 1 },
		{ SCSI_KEY_NOT_READY, SCSI_ASC_BECOMING_READY, -EIO, -EIO, 301 },
		{ SCSI_KEY_MEDIUM_ERROR, 0x1100, -EIO, -EIO, 1 },
		{ SCSI_KEY_HARDWARE_ERROR, 0x4400, -EIO, -EIO, 1 },
		{ SCSI_KEY_ILLEGAL_REQUEST, SCSI_ASC_INVALID_OPCODE, -EOPNOTSUPP, -EOPNOTSUPP, 1 },
		{ SCSI_KEY_ILLEGAL_REQUEST, SCSI_ASC_LBA_OUT_OF_RANGE, -EIO, -EIO, 1 },
		{ SCSI_KEY_UNIT_ATTENTION, SCSI_ASC_RESET_OCCURRED, -EIO, -EIO, 6 },
		{ SCSI_KEY_DATA_PROTECT, 0x2700, -EIO, -EROFS, 1 },
		{ SCSI_KEY_DATA_PROTECT, SCSI_ASC_SPACE_ALLOC_FAILED, -ENOSPC, -ENOSPC, 1 },
		{ SCSI_KEY_BLANK_CHECK, 0, -EIO, -EIO, 1 },
		{ SCSI_KEY_ABORTED_COMMAND, 0x0006, -EIO, -EIO, 6 },
		{ SCSI_KEY_VOLUME_OVERFLOW, 0, -ENOSPC, -ENOSPC, 1 },
		{ SCSI_KEY_MISCOMPARE, 0x1d00, -EIO, -EIO, 1 },
		{ SCSI_KEY_COMPLETED, 0, 0, 0, 1 },
	};
	struct blkdev *disk = boot_usual();

	for (unsigned i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		fault(SCSI_READ_10, 1000 + i % 2, cases[i / 2].key, cases[i / 2].asc);
		CHECK_EQ(read_one(disk), cases[i / 2].read);
		CHECK_EQ(m->faulted, cases[i / 2].tries);
		fault(SCSI_WRITE_10, 1000 + i % 2, cases[i / 2].key, cases[i / 2].asc);
		CHECK_EQ(write_one(disk), cases[i / 2].write);
	}
	m->fault.times = 0;
	check_reads(u->data, disk, 0, 4096);
}

MACHINE_TEST(tried_again_until_it_works)
{
	struct blkdev *disk = boot_usual();
	uint64_t before;

	fault(SCSI_READ_10, 5, SCSI_KEY_UNIT_ATTENTION, SCSI_ASC_RESET_OCCURRED);
	check_reads(u->data, disk, 0, 512);
	fault(SCSI_READ_10, 300, SCSI_KEY_NOT_READY, SCSI_ASC_BECOMING_READY);
	before = shim_now_ns;
	check_reads(u->data, disk, 0, 512);
	CHECK_EQ((shim_now_ns - before) / 1000000000, 30);
	m->fault = (struct model_scsi_fault){ .opcode = SCSI_WRITE_10, .times = 4, .status = SCSI_STATUS_TASK_SET_FULL };
	check_writes(u->data, disk, 0, 512);
	m->fault = (struct model_scsi_fault){ .opcode = SCSI_WRITE_10, .times = 4, .status = SCSI_STATUS_BUSY };
	check_writes(u->data, disk, 1, 512);
	m->fault = (struct model_scsi_fault){ .opcode = SCSI_WRITE_10, .times = 4, .response = VIRTIO_SCSI_S_BUSY };
	check_writes(u->data, disk, 2, 512);
	m->fault = (struct model_scsi_fault){ .opcode = SCSI_WRITE_10, .times = 4, .response = VIRTIO_SCSI_S_RESET };
	check_writes(u->data, disk, 3, 512);
	CHECK_EQ(m->fault.times, 0);
}

/* While a unit is busy its other requests wait as well, in their order; another unit's go on. */
MACHINE_TEST(a_stall_is_one_unit_s)
{
	struct blkdev *disk;
	struct model_unit *second;

	make(BLOCKS, 512);
	second = model_unit_add(m, 1, 0, BLOCKS, 512);
	disk = boot();
	m->fault = (struct model_scsi_fault){ .opcode = SCSI_READ_10, .times = 1, .status = SCSI_STATUS_BUSY };
	submit(disk, 0);
	model_run();
	submit(disk, 1);
	model_run();
	CHECK_EQ(completions, 0);
	check_reads(second->data, blkdev_find("sdb"), 0, 512);
	CHECK_EQ(completions, 0);
	CHECK(model_run_timer());
	CHECK_EQ(completions, 2);
	CHECK_EQ(with_error, 0);
}

MACHINE_TEST(responses)
{
	static const struct { uint8_t response; unsigned tries; } cases[] = {
		{ VIRTIO_SCSI_S_OVERRUN, 1 }, { VIRTIO_SCSI_S_ABORTED, 6 }, { VIRTIO_SCSI_S_RESET, 6 },
		{ VIRTIO_SCSI_S_BUSY, 301 }, { VIRTIO_SCSI_S_TRANSPORT_FAILURE, 6 }, { VIRTIO_SCSI_S_TARGET_FAILURE, 1 },
		{ VIRTIO_SCSI_S_NEXUS_FAILURE, 1 }, { VIRTIO_SCSI_S_FAILURE, 6 }, { 10, 1 }, { 0xff, 1 },
	};
	struct blkdev *disk = boot_usual();

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		m->faulted = 0;
		m->fault = (struct model_scsi_fault){ .opcode = SCSI_READ_10, .times = 1000, .response = cases[i].response };
		CHECK_EQ(read_one(disk), -EIO);
		CHECK_EQ(m->faulted, cases[i].tries);
	}
	m->fault.times = 0;
	check_reads(u->data, disk, 0, 4096);
	model_shows("SCSI-11"); /* one try, and there are no other paths */
}

MACHINE_TEST(statuses)
{
	static const struct { uint8_t status; unsigned tries; int error; } cases[] = {
		{ SCSI_STATUS_CONDITION_MET, 1, 0 }, { SCSI_STATUS_RESERVATION_CONFLICT, 1, -EIO }, { SCSI_STATUS_ACA_ACTIVE, 301, -EIO },
		{ SCSI_STATUS_TASK_ABORTED, 6, -EIO }, { 0x10, 1, -EIO }, { 0xff, 1, -EIO },
		{ SCSI_STATUS_CHECK_CONDITION, 6, -EIO }, /* without sense data */
	};
	struct blkdev *disk = boot_usual();

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		m->faulted = 0;
		m->fault = (struct model_scsi_fault){ .opcode = SCSI_READ_10, .times = 1000, .status = cases[i].status };
		CHECK_EQ(read_one(disk), cases[i].error);
		CHECK_EQ(m->faulted, cases[i].tries);
	}
}

MACHINE_TEST(residuals)
{
	struct blkdev *disk = boot_usual();

	m->fault = (struct model_scsi_fault){ .opcode = SCSI_READ_10, .times = 2, .residual = 1, .executes = true };
	CHECK_EQ(read_one(disk), -EIO);
	m->fault.residual = 0xffffffff;
	CHECK_EQ(read_one(disk), -EIO);
	m->fault = (struct model_scsi_fault){ .opcode = SCSI_WRITE_10, .times = 1, .residual = 512, .executes = true };
	CHECK_EQ(write_one(disk), -EIO);
	check_reads(u->data, disk, 0, 4096);
}

MACHINE_TEST(deferred_errors)
{
	struct blkdev *disk = boot_usual();

	fault(SCSI_READ_10, 1, SCSI_KEY_MEDIUM_ERROR, 0x0c00);
	m->fault.sense[0] |= 1;
	check_reads(u->data, disk, 0, 512); /* it was another command's */
	fault(SCSI_SYNCHRONIZE_CACHE_10, 1, SCSI_KEY_MEDIUM_ERROR, 0x0c00);
	m->fault.sense[0] |= 1;
	CHECK_EQ(flush(disk), -EIO);  /* something that was written is lost */
	CHECK_EQ(flush(disk), 0);
}

/* --- disks that come and go --- */

MACHINE_TEST(plugged)
{
	struct model_unit *second;

	boot_usual();
	CHECK(!blkdev_find("sdb"));
	second = model_unit_add(m, 3, 2, 777, 512);
	CHECK(model_scsi_event(m, VIRTIO_SCSI_T_TRANSPORT_RESET, 3, 2, VIRTIO_SCSI_EVT_RESET_RESCAN));
	CHECK(blkdev_find("sdb"));
	check_reads(second->data, blkdev_find("sdb"), 0, 700 * 512);
	check_reads(u->data, blkdev_find("sda"), 0, 700 * 512);
	model_shows("SCSI-01");
}

MACHINE_TEST(unplugged)
{
	struct blkdev *disk = boot_usual(), *again;

	m->hold = true;
	submit(disk, 1);
	model_run();
	u->present = false;
	CHECK(model_scsi_event(m, VIRTIO_SCSI_T_TRANSPORT_RESET, 0, 0, VIRTIO_SCSI_EVT_RESET_REMOVED));
	CHECK(!blkdev_find("sda"));
	CHECK(shim_log_has("sda: gone"));
	CHECK_EQ(read_one(disk), -ENODEV);
	CHECK_EQ(write_one(disk), -ENODEV);
	CHECK_EQ(flush(disk), -ENODEV);
	model_scsi_release(m);
	CHECK_EQ(completions, 1);
	CHECK_EQ(with_error, 1);
	m->hold = false;
	u = model_unit_add(m, 0, 0, 99, 512);
	CHECK(model_scsi_event(m, VIRTIO_SCSI_T_TRANSPORT_RESET, 0, 0, VIRTIO_SCSI_EVT_RESET_RESCAN));
	again = blkdev_find("sda");
	CHECK(again && again != disk && again->sectors == 99);
	CHECK_EQ(read_one(disk), -ENODEV);
	check_reads(u->data, again, 0, 99 * 512);
}

/* Both events before anybody looked: the new disk is not taken for the old one, whose requests never reach it. */
MACHINE_TEST(exchanged)
{
	struct blkdev *disk;

	make(BLOCKS, 512);
	model_scsi_config(m)->cmd_per_lun = 100;
	disk = boot();
	m->hold = true;
	for (unsigned i = 0; i < 200; i++)
		submit(disk, i);
	model_run();
	u->present = false;
	u = model_unit_add(m, 0, 0, BLOCKS, 512);
	CHECK(model_scsi_event(m, VIRTIO_SCSI_T_TRANSPORT_RESET, 0, 0, VIRTIO_SCSI_EVT_RESET_REMOVED));
	CHECK(blkdev_find("sda") && blkdev_find("sda") != disk);
	CHECK_EQ(completions, 100); /* those that the device has not got */
	CHECK_EQ(read_one(disk), -ENODEV);
	CHECK_EQ(u->reads, 0);
}

/* A target's first logical unit stands for all of them. */
MACHINE_TEST(event_for_lun_0)
{
	boot_usual();
	model_unit_add(m, 5, 9, 100, 512);
	CHECK(model_scsi_event(m, VIRTIO_SCSI_T_TRANSPORT_RESET, 5, 0, VIRTIO_SCSI_EVT_RESET_RESCAN));
	CHECK(blkdev_find("sdb"));
	model_shows("SCSI-18");
}

MACHINE_TEST(events_missed)
{
	struct blkdev *disk = boot_usual();
	struct model_unit *second;

	u->blocks = 1000;
	second = model_unit_add(m, 6, 0, 100, 512);
	m->missed = VIRTIO_SCSI_T_EVENTS_MISSED;
	CHECK(model_scsi_event(m, VIRTIO_SCSI_T_NO_EVENT, 0, 0, 0));
	CHECK_EQ(disk->sectors, 1000);
	CHECK(blkdev_find("sdb"));
	check_reads(second->data, blkdev_find("sdb"), 0, 512);
	model_shows("SCSI-16");
	model_shows("SCSI-17");
}

MACHINE_TEST(capacity_changes)
{
	struct blkdev *disk = boot_usual();

	u->blocks = 500;
	CHECK(model_scsi_event(m, VIRTIO_SCSI_T_PARAM_CHANGE, 0, 0, 0x092a));
	CHECK_EQ(disk->sectors, 500);
	model_shows("SCSI-02");
	u->blocks = 600;
	u->attention = true;
	u->attention_asc = SCSI_ASC_CAPACITY_CHANGED;
	check_reads(u->data, disk, 0, 512);
	CHECK_EQ(disk->sectors, 600);
	CHECK_EQ(blkdev_find("sda") == disk, true);
}

/* Without events: the other disks' unit attentions tell. */
MACHINE_TEST(luns_changed)
{
	struct blkdev *disk = boot_usual();

	model_unit_add(m, 0, 1, 100, 512);
	u->attention = true;
	u->attention_asc = SCSI_ASC_REPORTED_LUNS_CHANGED;
	check_reads(u->data, disk, 0, 512);
	CHECK(blkdev_find("sdb"));
	m->unit[1].present = false;
	CHECK_EQ(read_one(blkdev_find("sdb")), -ENODEV);
	model_run();
	CHECK(!blkdev_find("sdb"));
	CHECK(blkdev_find("sda") == disk);
}

MACHINE_TEST(another_disk_in_its_place)
{
	struct blkdev *disk;

	make(BLOCKS, 512);
	u->serial = "one";
	disk = boot();
	u->serial = "two";
	CHECK(model_scsi_event(m, VIRTIO_SCSI_T_TRANSPORT_RESET, 0, 0, VIRTIO_SCSI_EVT_RESET_RESCAN));
	CHECK(blkdev_find("sda") && blkdev_find("sda") != disk);
	CHECK_EQ(read_one(disk), -ENODEV);
	u->block_size = 1024;
	disk = blkdev_find("sda");
	CHECK(model_scsi_event(m, VIRTIO_SCSI_T_TRANSPORT_RESET, 0, 0, VIRTIO_SCSI_EVT_RESET_RESCAN));
	CHECK_EQ(blkdev_find("sda")->block_size, 1024);
	CHECK_EQ(read_one(disk), -ENODEV);
}

MACHINE_TEST(events_that_lie)
{
	struct blkdev *disk = boot_usual();

	for (unsigned i = 0; i < 300; i++)
		CHECK(model_scsi_event(m, random(), (uint8_t)random(), (uint16_t)(random() & 0x3fff), (uint32_t)random() % 4));
	CHECK(model_scsi_event(m, VIRTIO_SCSI_T_TRANSPORT_RESET, 0, 0, VIRTIO_SCSI_EVT_RESET_REMOVED)); /* it is there still */
	CHECK_EQ(read_one(disk), -ENODEV);
	check_reads(u->data, blkdev_find("sda"), 0, 512);
	CHECK_EQ(m->v.resets, 1);
}

/* --- scans of what makes no sense --- */

static const struct { uint64_t last; uint32_t size; } nonsense[] = {
	{ 100, 0 }, { 100, 1 }, { 100, 520 }, { 100, 511 }, { 100, 0x80000001 }, { UINT64_MAX, 512 }, { UINT64_MAX - 1, 4096 },
	{ INT64_MAX / 512, 512 }, { UINT32_MAX, 0 }, { 1ull << 62, 0x80000000 },
};
static unsigned which;

static void refuses_size(void)
{
	make(BLOCKS, 512);
	model_unit_add(m, 1, 0, 100, 512);
	u->claimed_last = nonsense[which].last;
	u->claimed_size = nonsense[which].size;
	CHECK_EQ(boot()->sectors, 100); /* the other one */
	CHECK(shim_log_has("make no sense"));
}

TEST(sizes_without_sense)
{
	for (which = 0; which < sizeof(nonsense) / sizeof(nonsense[0]); which++)
		model_in_new_machine(refuses_size);
}

static uint8_t lun_list[4096];

static void lists(uint32_t told, uint32_t len)
{
	make(BLOCKS, 512);
	scsi_put(lun_list, 4, told);
	m->luns = lun_list;
	m->luns_len = len;
	model_scsi_config(m)->max_target = 0;
	boot();
}

MACHINE_TEST(list_of_more_than_there_are)
{
	for (unsigned i = 0; i < 300; i++)
		scsi_put(lun_list + 8 + i * 8, 2, i);
	lists(0xfffffff8, sizeof(lun_list));
	CHECK(blkdev_find("sda") && !blkdev_find("sdb"));
}

MACHINE_TEST(list_longer_than_what_came)
{
	lists(80, 17);
	CHECK(blkdev_find("sda") && !blkdev_find("sdb"));
}

MACHINE_TEST(list_with_repetitions)
{
	lists(64, 72);
	CHECK(blkdev_find("sda") && !blkdev_find("sdb"));
}

MACHINE_TEST(list_of_other_levels)
{
	static const uint8_t heads[][8] = {
		{ 0x80, 0 }, { 0xc1, 1 }, { 0x01, 0 }, { 0x3f, 0xff }, { 0, 0, 0, 1 }, { 0x40, 0, 0x40, 0 }, { 0xff, 0xff, 0xff },
	};

	memcpy(lun_list + 8, heads, sizeof(heads));
	lists(sizeof(heads), 8 + sizeof(heads));
	CHECK(!blkdev_find("sda"));
}

MACHINE_TEST(empty_and_short_lists)
{
	lists(0, 8);
	CHECK(!blkdev_find("sda"));
	m->luns_len = 3;
	CHECK(model_scsi_event(m, VIRTIO_SCSI_T_TRANSPORT_RESET, 0, 0, VIRTIO_SCSI_EVT_RESET_RESCAN));
	CHECK(!blkdev_find("sda"));
	CHECK(shim_log_has("does not list its logical units"));
}

static uint8_t opcode;

/* Each command of the scan fails or says too little: if only the first target's do, the other's disk is there all the same. */
static void scan_fails(void)
{
	make(BLOCKS, 512);
	model_unit_add(m, 1, 0, 100, 512);
	model_scsi_config(m)->max_target = 1;
	m->fault = (struct model_scsi_fault){ .opcode = opcode, .times = which & 1 ? 1 : 6, .residual = which & 2 ? 0 : 0xffffffff };
	if (which & 2)
		model_scsi_sense(&m->fault, which & 4, which & 8 ? SCSI_KEY_HARDWARE_ERROR : SCSI_KEY_UNIT_ATTENTION, 0x2900);
	boot();
	model_run();
	if ((which & 1) || (which & 10) == 2)
		CHECK(blkdev_find("sda"));
	CHECK_EQ(m->v.resets, 1);
}

TEST(scans_that_fail)
{
	static const uint8_t opcodes[] = {
		SCSI_TEST_UNIT_READY, SCSI_INQUIRY, SCSI_MODE_SENSE_6, SCSI_READ_CAPACITY_10, SCSI_REPORT_LUNS,
	};

	for (unsigned i = 0; i < sizeof(opcodes); i++)
		for (which = 0; which < 16; which++) {
			opcode = opcodes[i];
			model_in_new_machine(scan_fails);
		}
}

MACHINE_TEST(no_REPORT_LUNS)
{
	make(BLOCKS, 512);
	model_unit_add(m, 0, 1, 100, 512);
	fault(SCSI_REPORT_LUNS, 1, SCSI_KEY_ILLEGAL_REQUEST, SCSI_ASC_INVALID_OPCODE);
	CHECK(boot());
	CHECK(!blkdev_find("sdb"));
}

/* A unit that asks to be scanned whatever one does must not keep the scan going for ever. */
MACHINE_TEST(attention_without_end)
{
	struct blkdev *disk = boot_usual();

	fault(ANY_OPCODE, 100000, SCSI_KEY_UNIT_ATTENTION, SCSI_ASC_REPORTED_LUNS_CHANGED);
	CHECK_EQ(read_one(disk), -EIO);
	model_run();
	CHECK(m->fault.times > 99000);
	m->fault.times = 0;
	check_reads(u->data, disk, 0, 512);
}

MACHINE_TEST(slow_to_get_ready)
{
	make(BLOCKS, 512);
	fault(SCSI_TEST_UNIT_READY, 20, SCSI_KEY_NOT_READY, SCSI_ASC_BECOMING_READY);
	CHECK(boot()); /* which waits for it */
	CHECK_EQ(m->fault.times, 0);
}

MACHINE_TEST(not_ready)
{
	make(BLOCKS, 512);
	fault(SCSI_TEST_UNIT_READY, 9, SCSI_KEY_NOT_READY, SCSI_ASC_MEDIUM_NOT_PRESENT);
	CHECK(!boot());
	CHECK(shim_log_has("scsi0 0:0: not used"));
}

/* --- life --- */

MACHINE_TEST(a_host_without_disks)
{
	m = model_scsi_new(USUAL);
	CHECK(!boot());
	CHECK_EQ(m->report_luns, 0);
}

MACHINE_TEST(many_targets)
{
	make(BLOCKS, 512);
	model_unit_add(m, 255, 0, 100, 512);
	model_scsi_config(m)->max_target = 0xffff;
	boot();
	CHECK(blkdev_find("sdb"));
}

/* In the middle of reads, and in the middle of a scan. */
MACHINE_TEST(recovers)
{
	struct blkdev *disk = boot_usual();

	m->hold = true;
	for (unsigned i = 0; i < 200; i++)
		submit(disk, i);
	model_run();
	m->hold = false;
	model_needs_reset(&m->v);
	model_run();
	CHECK_EQ(completions, 200);
	CHECK_EQ(with_error, 128); /* what it had; the others had to wait */
	CHECK(blkdev_find("sda") == disk);
	check_reads(u->data, disk, 0, 4096);
	m->v.fault.used = USED_ID_TOO_BIG;
	model_scsi_event(m, VIRTIO_SCSI_T_TRANSPORT_RESET, 0, 0, VIRTIO_SCSI_EVT_RESET_RESCAN);
	model_run();
	CHECK(blkdev_find("sda") == disk);
	check_reads(u->data, disk, 0, 4096);
}

MACHINE_TEST(lost)
{
	struct blkdev *disk = boot_usual();

	m->hold = true;
	for (unsigned i = 0; i < 200; i++)
		submit(disk, i);
	model_run();
	m->v.fault.never_resets = true;
	model_needs_reset(&m->v);
	model_run();
	CHECK_EQ(completions, 200);
	CHECK_EQ(with_error, 200);
	CHECK_EQ(read_one(disk), -ENODEV);
	CHECK(!blkdev_find("sda"));
}

static unsigned failing;

static void out_of_memory(void)
{
	make(BLOCKS, 512);
	model_bus_use_ecam();
	model_pci_plug(&m->v);
	shim_fail_alloc = failing;
	pci_init();
	model_run();
	shim_fail_alloc = 0;
	if (blkdev_find("sda"))
		check_reads(u->data, blkdev_find("sda"), 0, 4096);
}

TEST(memory_runs_out)
{
	for (failing = 1; failing < 30; failing++)
		model_in_new_machine(out_of_memory);
}

TEST_MAIN
