/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices that lie, stall or give up: the life cycle's failures, rings that make no sense, capability lists that lead nowhere, and recovery from all of it.
 * The block driver stands for all drivers. Whatever the device does, the model goes on checking that the driver keeps to the rules.
 * Links: virtio/v*.c kernel/byte_ring.c kernel/wait.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c
 * Links: tests/host/model/virtio*.c tests/host/model/ring*.c tests/host/model/disk*.c
 */
#include "tests/host/model/virtio_model.h"
#include "kernel/blkdev.h"
#include "kernel/pci.h"
#include "kernel/shutdown.h"
#include <errno.h>

#define BIT(n) (1ull << (n))
#define USUAL (BIT(VIRTIO_BLK_F_SEG_MAX) | BIT(VIRTIO_BLK_F_BLK_SIZE) | BIT(VIRTIO_BLK_F_FLUSH))
#define SECTORS 1024
#define RECOVERED 3 /* resets: when first added; before buffers are taken back; when added again */

static struct model_disk *d;

static struct blkdev *boot(void)
{
	model_bus_use_ecam();
	model_pci_plug(&d->v);
	pci_init();
	model_run();
	return blkdev_find("vda");
}

static struct blkdev *boot_usual(void)
{
	d = model_disk_new(SECTORS, USUAL);
	return boot();
}

static int read_sector(struct blkdev *disk, uint64_t sector)
{
	uint8_t buf[512];
	int error = blk_read(disk, sector, buf, 512);

	if (!error && memcmp(buf, d->data + sector * 512, 512) != 0)
		test_fail(__FILE__, __LINE__, "wrong data");
	return error;
}

/* --- the life cycle --- */

MACHINE_TEST(slow_reset)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.fault.slow_reset = 5000;
	CHECK_EQ(read_sector(boot(), 1), 0);
	model_shows("DRST-01");
}

MACHINE_TEST(reset_that_never_ends)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.fault.never_resets = true;
	CHECK(!boot());
	CHECK(shim_now_ns < 2000000000ull);
	CHECK(shim_log_has("does not finish its reset"));
}

/* --- the end of the machine --- */

MACHINE_TEST(reset_at_the_end)
{
	struct model_disk *other = model_disk_new(SECTORS, USUAL);
	unsigned resets;

	d = model_disk_new(SECTORS, USUAL);
	model_pci_plug(&other->v);
	CHECK(boot());
	resets = d->v.resets;
	shutdown_run();
	CHECK_EQ(d->v.resets, resets + 1);
	CHECK_EQ(d->v.status, 0);
	CHECK_EQ(other->v.status, 0);
	model_run();
	CHECK_EQ(d->v.status, 0);
}

MACHINE_TEST(end_with_a_device_that_never_resets)
{
	uint64_t start;

	CHECK(boot_usual());
	d->v.fault.never_resets = true;
	start = shim_now_ns;
	shutdown_run();
	CHECK(shim_now_ns - start < 2000000000ull);
	CHECK(!shim_log_has("reset")); /* whoever holds the log's lock may never give it back */
}

MACHINE_TEST(end_amid_a_recovery)
{
	CHECK(boot_usual());
	model_needs_reset(&d->v);
	shutdown_run();
	model_run();
	CHECK_EQ(d->v.status, 0);
}

MACHINE_TEST(features_refused)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.fault.refuse_features_ok = true;
	CHECK(!boot());
	CHECK(d->v.status & VIRTIO_STATUS_FAILED);
	CHECK(shim_log_has("refuses the features"));
	model_shows("INIT-06");
}

MACHINE_TEST(no_version_1)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.offered &= ~BIT(VIRTIO_F_VERSION_1);
	CHECK(!boot());
	CHECK(d->v.status & VIRTIO_STATUS_FAILED);
	CHECK(shim_log_has("does not offer VERSION_1"));
	model_shows("FEAT-07");
	model_shows("INIT-07");
	model_shows("RESV-02");
}

/* FEAT-04, FEAT-05, FEAT-08: every bit there is, on offer; the model refuses what must not be accepted. */
MACHINE_TEST(everything_offered)
{
	d = model_disk_new(SECTORS, ~(BIT(VIRTIO_BLK_F_RO) | BIT(VIRTIO_F_ACCESS_PLATFORM)));
	d->v.nqueues = 1;
	CHECK_EQ(read_sector(boot(), 1), 0);
	model_shows("FEAT-04");
	model_shows("FEAT-08");
}

/* FEAT-06: nothing but VERSION_1. */
MACHINE_TEST(nothing_offered)
{
	d = model_disk_new(SECTORS, 0);
	d->v.offered = BIT(VIRTIO_F_VERSION_1);
	CHECK_EQ(read_sector(boot(), 1), 0);
	model_shows("FEAT-06");
}

MACHINE_TEST(no_queues)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.nqueues = 0;
	d->v.nvectors = 1;
	CHECK(!boot());
	CHECK(shim_log_has("queue 0 does not exist"));
	CHECK(d->v.status & VIRTIO_STATUS_FAILED);
}

MACHINE_TEST(queue_of_size_0)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.queue[0].max = 0;
	CHECK(!boot());
}

/* PCI-17: a device that names a size that is no power of two gets the next lower one. */
MACHINE_TEST(odd_queue_size)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.queue[0].max = 100;
	CHECK_EQ(read_sector(boot(), 1), 0);
	CHECK_EQ(d->v.queue[0].size, 64);
}

MACHINE_TEST(unknown_device_type)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.pci.config[0x02] = 0x7f;
	CHECK(!boot());
	CHECK_EQ(d->v.resets, 0);
	CHECK(shim_log_has("no driver for virtio device type 63"));
}

/* --- rings that make no sense --- */

static enum model_used_fault fault;

/* The request that the device lies about fails, the one after it works: the device has been reset in between. */
static void lies_once(void)
{
	struct blkdev *disk = boot_usual();
	bool packed = model_accepted(&d->v, VIRTIO_F_RING_PACKED);

	if (packed && (fault == USED_INDEX_JUMP || fault == USED_INDEX_BACK))
		return; /* a packed ring has no index */
	if (fault == USED_ID_INNER && !packed && model_accepted(&d->v, VIRTIO_F_INDIRECT_DESC))
		return; /* nor an indirect table inner ids */
	CHECK_EQ(read_sector(disk, 1), 0);
	CHECK_EQ(read_sector(disk, 2), 0);
	d->v.fault.used = fault;
	CHECK_EQ(read_sector(disk, 3), -EIO);
	CHECK_EQ(d->v.resets, RECOVERED);
	CHECK(shim_log_has("vda: device failed"));
	CHECK_EQ(read_sector(disk, 4), 0);
	CHECK_EQ(d->v.resets, RECOVERED);
}

TEST(used_ring_lies)
{
	static const enum model_used_fault faults[] = {
		USED_ID_TOO_BIG, USED_ID_FREE, USED_ID_INNER, USED_LEN_TOO_LONG, USED_INDEX_JUMP, USED_INDEX_BACK, USED_NEVER_OFFERED,
	};

	for (unsigned i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		fault = faults[i];
		model_in_each_ring(lies_once);
	}
}

static unsigned completions, failures;

static void note(struct blk_req *r)
{
	completions++;
	failures += r->status != 0;
}

static void submit(struct blkdev *disk, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct blk_req *r = calloc(1, sizeof(*r));
		struct sg *sg = calloc(1, sizeof(*sg));

		*sg = (struct sg){ malloc(512), 512 };
		*r = (struct blk_req){ .op = BLK_READ, .sector = i, .sg = sg, .nsg = 1, .done = note };
		CHECK_EQ(blk_submit(disk, r), 0);
	}
}

/* With several in flight: every one of them ends, those that waited for room are done by the device once it is back. */
MACHINE_TEST(repeated_id_with_many_in_flight)
{
	struct blkdev *disk = boot_usual();

	d->hold = true;
	submit(disk, 200);
	model_run();
	CHECK_EQ(d->nheld, 128);
	d->hold = false;
	d->held[0] = d->held[127];
	d->v.queue[0].repeat_id = d->held[127].head;
	d->v.fault.used = USED_ID_TOO_BIG;
	d->nheld = 1;
	model_disk_release(d);
	model_run();
	CHECK_EQ(completions, 200);
	CHECK_EQ(failures, 128);
	CHECK_EQ(d->v.resets, RECOVERED);
	CHECK_EQ(read_sector(disk, 5), 0);
}

MACHINE_TEST(same_buffer_used_twice)
{
	struct blkdev *disk = boot_usual();

	d->hold = true;
	submit(disk, 3);
	model_run();
	d->hold = false;
	CHECK_EQ(d->nheld, 3);
	model_disk_release(d); /* 2, 1, 0; then 0 once more in place of a new one */
	d->v.fault.used = USED_ID_REPEATED;
	CHECK_EQ(completions, 3);
	submit(disk, 1);
	d->v.queue[0].repeat_id = 77;
	model_run();
	CHECK_EQ(completions, 4);
	CHECK_EQ(failures, 1);
	CHECK_EQ(d->v.resets, RECOVERED);
}

/* SPLIT-16: interrupts with nothing behind them. */
RING_TEST(spurious_interrupts)
{
	struct blkdev *disk = boot_usual();

	for (unsigned i = 0; i < 100; i++) {
		model_interrupt(&d->v, 0);
		model_interrupt(&d->v, 1);
	}
	CHECK_EQ(read_sector(disk, 1), 0);
	CHECK_EQ(d->v.resets, 1);
	model_shows("SPLIT-16");
}

/* --- recovery --- */

RING_TEST(device_needs_reset)
{
	struct blkdev *disk = boot_usual();
	unsigned had;

	d->hold = true;
	submit(disk, 10);
	model_run();
	had = d->nheld;
	model_needs_reset(&d->v);
	d->hold = false;
	model_run();
	CHECK_EQ(completions, 10);
	CHECK_EQ(failures, had); /* the others had waited for room, and are done by the device that is back */
	CHECK_EQ(d->v.resets, RECOVERED);
	CHECK_EQ(read_sector(disk, 1), 0);
	model_shows("STAT-04");
	model_shows("CLEAN-02");
}

RING_TEST(does_not_come_back)
{
	struct blkdev *disk = boot_usual();

	d->hold = true;
	submit(disk, 200);
	model_run();
	d->v.fault.never_resets = true;
	model_needs_reset(&d->v);
	model_run();
	CHECK_EQ(completions, 200);
	CHECK_EQ(failures, 200);
	CHECK_EQ(read_sector(disk, 1), -ENODEV);
	CHECK(shim_log_has("given up"));
}

MACHINE_TEST(comes_back_with_other_features)
{
	struct blkdev *disk = boot_usual();

	d->v.fault.refuse_features_ok = true;
	model_needs_reset(&d->v);
	model_run();
	CHECK_EQ(read_sector(disk, 1), -ENODEV);
}

MACHINE_TEST(comes_back_with_another_queue_size)
{
	struct blkdev *disk = boot_usual();

	d->v.queue[0].max = 16;
	model_needs_reset(&d->v);
	model_run();
	CHECK_EQ(read_sector(disk, 1), -ENODEV);
	CHECK(shim_log_has("changed its size"));
}

RING_TEST(breaks_again_and_again)
{
	struct blkdev *disk = boot_usual();
	unsigned tries = 0;

	do
		d->v.fault.used = USED_ID_TOO_BIG;
	while (read_sector(disk, 1) == -EIO && ++tries < 100);
	CHECK_EQ(read_sector(disk, 1), -ENODEV);
	CHECK(tries >= 8 && tries <= 9);
}

MACHINE_TEST(breaks_now_and_then)
{
	struct blkdev *disk = boot_usual();

	for (unsigned i = 0; i < 100; i++) {
		d->v.fault.used = USED_ID_TOO_BIG;
		CHECK_EQ(read_sector(disk, 1), -EIO);
		CHECK_EQ(read_sector(disk, 1), 0);
		shim_now_ns += 11000000000ull;
	}
}

/* --- interrupts --- */

static unsigned vectors;

static void works_with_vectors(void)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.nvectors = vectors;
	CHECK_EQ(read_sector(boot(), 1), 0);
	model_disk_config(d)->capacity = d->sectors = 100;
	model_config_changed(&d->v);
	model_run();
	CHECK_EQ(blkdev_find("vda")->sectors, 100);
	model_needs_reset(&d->v);
	model_run();
	CHECK_EQ(d->v.resets, RECOVERED);
	CHECK_EQ(read_sector(blkdev_find("vda"), 1), 0);
	CHECK(!shim_log_has("looking at its queues"));
	CHECK_EQ(d->v.isr_reads == 0, vectors != 0);
}

TEST(any_number_of_vectors)
{
	for (vectors = 0; vectors <= 5; vectors++)
		model_in_new_machine(works_with_vectors);
}

MACHINE_TEST(no_interrupt_at_all_is_told)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.nvectors = 0;
	shim_no_wires = true;
	boot();
	CHECK(shim_log_has("no interrupt to be had; looking at its queues every 1 ms instead"));
}

/* PCI-34, PCI-35: the vector register reads back NO_VECTOR, so the line is used and MSI-X turned off. */
static void works_by_line(void)
{
	CHECK_EQ(read_sector(boot(), 1), 0);
	CHECK(d->v.isr_reads);
	CHECK(!model_pci_msix_on(&d->v));
	CHECK(!shim_log_has("looking at its queues"));
	model_shows("PCI-34");
	model_shows("PCI-35");
}

MACHINE_TEST(queue_vector_refused)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.fault.refuse_queue_vectors = true;
	works_by_line();
}

MACHINE_TEST(config_vector_refused)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.fault.refuse_config_vector = true;
	works_by_line();
}

/* The queue's own entry is refused, the one for configuration changes is not: both share that. */
MACHINE_TEST(queue_shares_the_configuration_vector)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.fault.refuse_vectors_from = 1;
	CHECK_EQ(read_sector(boot(), 1), 0);
	CHECK(model_pci_msix_on(&d->v));
	CHECK_EQ(d->v.queue[0].vector, 0);
	model_disk_config(d)->capacity = d->sectors = 100;
	model_config_changed(&d->v);
	model_run();
	CHECK_EQ(blkdev_find("vda")->sectors, 100);
}

/* PCI-42: one interrupt for a change and for used buffers. */
MACHINE_TEST(one_interrupt_for_both)
{
	struct blkdev *disk;

	d = model_disk_new(SECTORS, USUAL);
	d->v.nvectors = 0;
	disk = boot();
	d->hold = true;
	submit(disk, 1);
	model_run();
	model_disk_config(d)->capacity = d->sectors = 100;
	d->v.isr = 2;
	model_disk_release(d);
	CHECK_EQ(completions, 1);
	CHECK_EQ(disk->sectors, 100);
	model_shows("PCI-42");
}

/* Two devices on one wire: each is asked, and only the one that was meant has something to say. */
MACHINE_TEST(a_shared_line)
{
	struct model_disk *other = model_disk_new(SECTORS, USUAL);
	unsigned reads;

	other->v.pci.slot = 2;
	other->v.nvectors = 0;
	model_pci_plug(&other->v);
	d = model_disk_new(SECTORS, USUAL);
	d->v.nvectors = 0;
	CHECK_EQ(read_sector(boot(), 1), 0);
	reads = other->v.isr_reads;
	CHECK_EQ(read_sector(blkdev_find(blkdev_find("vda")->driver ? "vda" : "vdb"), 1), 0);
	CHECK(other->v.isr_reads > reads);
}

/* ISR bits that nobody defined. */
MACHINE_TEST(noise_in_isr)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.nvectors = 0;
	d->v.isr_noise = 0xfc;
	CHECK_EQ(read_sector(boot(), 1), 0);
	CHECK_EQ(d->v.resets, 1);
}

/* --- capability lists --- */

static void insert_cap(unsigned at, struct virtio_pci_cap cap)
{
	memmove(&d->v.cap[at + 1], &d->v.cap[at], (d->v.ncaps++ - at) * sizeof(cap));
	d->v.cap[at] = cap;
}

/* PCI-07, PCI-10, PCI-12: candidates that cannot be used come first, of each type. */
MACHINE_TEST(unusable_capabilities_are_skipped)
{
	static const struct { uint8_t bar; uint32_t offset, length; } bad[] = {
		{ 6, 0, 0x1000 }, { 255, 0, 0x1000 }, { 0, 0, 0x1000 }, { 4, 0x4000, 0x1000 }, { 4, 0xfffffff0, 0x1000 }, { 4, 0x3ffc, 0x1000 },
		{ 4, 0, 1 }, { 4, 1, 0x1000 },
	};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		d = model_disk_new(SECTORS, USUAL);
		d->v.pci.slot = (uint8_t)(i + 1);
		insert_cap(0, (struct virtio_pci_cap){ .cap_vndr = 9, .cap_len = 16, .cfg_type = VIRTIO_PCI_CAP_COMMON_CFG, .bar = bad[i].bar,
						       .offset = bad[i].offset, .length = bad[i].length });
		insert_cap(1, (struct virtio_pci_cap){ .cap_vndr = 9, .cap_len = 16, .cfg_type = 0, .bar = 4 });
		insert_cap(2, (struct virtio_pci_cap){ .cap_vndr = 9, .cap_len = 16, .cfg_type = 200, .bar = 4 });
		model_pci_plug(&d->v);
	}
	model_bus_use_ecam();
	pci_init();
	model_run();
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char name[] = { 'v', 'd', (char)('a' + i), 0 };

		CHECK(blkdev_find(name));
	}
}

/* PCI-08: of two that can be used, the first. */
MACHINE_TEST(first_capability_wins)
{
	d = model_disk_new(SECTORS, USUAL);
	insert_cap(4, (struct virtio_pci_cap){ .cap_vndr = 9, .cap_len = 16, .cfg_type = VIRTIO_PCI_CAP_COMMON_CFG, .bar = 4, .offset = 0x1000, .length = 56 });
	CHECK_EQ(read_sector(boot(), 1), 0);
}

/* PCI-09, PCI-12: longer than defined. */
MACHINE_TEST(long_capabilities)
{
	d = model_disk_new(SECTORS, USUAL);
	for (unsigned i = 0; i < d->v.ncaps; i++) {
		d->v.cap[i].cap_len = i == 3 ? 24 : 20;
		d->v.cap[i].length = 0xffffffff;
	}
	CHECK_EQ(read_sector(boot(), 1), 0);
	model_shows("CFG-04");
}

static unsigned without;

static void lacks_a_capability(void)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.cap[without].cfg_type = 0;
	CHECK(!boot());
	CHECK(shim_log_has("no usable virtio interface"));
	CHECK_EQ(d->v.resets, 0);
}

TEST(missing_capabilities)
{
	static const unsigned needed[] = { 0, 3 }; /* common, notify */

	for (unsigned i = 0; i < 2; i++) {
		without = needed[i];
		model_in_new_machine(lacks_a_capability);
	}
}

/* A configuration that is too short for its fields: they read as 0, which for a capacity is an empty disk and no crash. */
MACHINE_TEST(short_configuration)
{
	d = model_disk_new(SECTORS, 0);
	d->v.cap[2].length = 4;
	CHECK_EQ(boot()->sectors, 0);
	CHECK_EQ(read_sector(blkdev_find("vda"), 0), -EINVAL);
	model_shows("CFG-05");
}

MACHINE_TEST(looped_capability_list)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.cap[3].cfg_type = 0;
	model_bus_use_ecam();
	model_pci_plug(&d->v);
	d->v.pci.config[d->v.msix_capability + 1] = 0x40;
	pci_init();
	CHECK(!blkdev_find("vda"));
}

/* The notification register of the queue lies outside of the structure. */
MACHINE_TEST(notify_offset_outside)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.queue[0].notify_off = 0xffff;
	CHECK(!boot());
	CHECK(shim_log_has("queue 0 cannot be enabled"));
}

/* FACT-11: every queue's register may be the same one. */
MACHINE_TEST(notify_multiplier_0)
{
	d = model_disk_new(SECTORS, USUAL);
	d->v.notify_multiplier = 0;
	d->v.cap[3].notify_off_multiplier = 0;
	d->v.cap[3].length = 2;
	d->v.queue[0].notify_off = 3;
	CHECK_EQ(read_sector(boot(), 1), 0);
}

/* --- memory --- */

static unsigned nth;

static void nth_allocation_fails(void)
{
	d = model_disk_new(SECTORS, USUAL);
	model_bus_use_ecam();
	model_pci_plug(&d->v);
	shim_fail_alloc = nth;
	pci_init();
	shim_fail_alloc = 0;
	model_run();
	if (blkdev_find("vda"))
		CHECK_EQ(read_sector(blkdev_find("vda"), 1), 0);
}

TEST(out_of_memory)
{
	for (nth = 1; nth < 12; nth++)
		model_in_new_machine(nth_allocation_fails);
}

TEST_MAIN
