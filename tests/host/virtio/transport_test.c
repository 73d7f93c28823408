/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block, network and entropy drivers over every transport, and what each transport does besides: which interface is chosen,
 * where MMIO devices are found, how notifications look.
 * Links: virtio/v*.c kernel/byte_ring.c kernel/wait.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c
 * Links: tests/host/model/rule.c tests/host/model/transports.c tests/host/model/virtio*.c tests/host/model/ring*.c
 * Links: tests/host/model/disk*.c tests/host/model/net*.c tests/host/model/rng*.c
 */
#include "tests/host/model/transports.h"
#include "kernel/blkdev.h"
#include "kernel/netdev.h"
#include "kernel/param.h"
#include "kernel/pci.h"
#include "kernel/pci_priv.h"
#include "kernel/random.h"
#include "virtio/virtio_mmio.h"
#include "virtio/virtio_pci.h"
#include <errno.h>

#define BIT(n) (1ull << (n))
#define DISK (BIT(VIRTIO_BLK_F_SEG_MAX) | BIT(VIRTIO_BLK_F_BLK_SIZE) | BIT(VIRTIO_BLK_F_FLUSH) | BIT(30))
#define SECTORS 1024

extern const struct param *const __start_params[], *const __stop_params[];

static const struct param *param(const char *name)
{
	for (const struct param *const *p = __start_params; p < __stop_params; p++)
		if (strcmp((*p)->name, name) == 0)
			return *p;
	test_fail(__FILE__, __LINE__, name);
	return NULL;
}

static struct virtio_device *first_on_pci(void)
{
	struct virtio_pci *p = container_of(pci_devices.next, struct pci_dev, node)->driver_data;

	return &p->dev;
}

static bool legacy(void)
{
	return model_way->legacy;
}

/* --- block --- */

static struct model_disk *disk;
static struct blkdev *vda;

static void boot_disk(uint64_t features)
{
	disk = model_disk_new(SECTORS, features);
	model_plug(&disk->v);
	vda = blkdev_find("vda");
	CHECK(vda);
}

static void check_io(void)
{
	uint8_t out[9000 / 512 * 512], in[sizeof out];

	for (unsigned i = 0; i < 40; i++) {
		memset(out, (int)i, sizeof out);
		CHECK_EQ(blk_write(vda, i * 20, out, sizeof out), 0);
		CHECK(memcmp(disk->data + i * 20 * 512, out, sizeof out) == 0);
		CHECK_EQ(blk_read(vda, i * 20, in, sizeof in), 0);
		CHECK(memcmp(in, out, sizeof in) == 0);
	}
}

/* What interrupts there were fits what was there to be had. */
static void check_interrupts(const struct model_virtio *m)
{
	bool registers = model_way->bus == WAY_MMIO || model_way->vectors == 0;

	CHECK_EQ(m->isr_reads != 0, registers);
	CHECK_EQ(shim_log_has("looking at its queues"), model_way->no_line);
}

TRANSPORT_TEST(block)
{
	boot_disk(DISK);
	CHECK_EQ(vda->sectors, SECTORS);
	check_io();
	CHECK(shim_log_has(legacy() ? "vda: virtio-blk legacy" : "vda: virtio-blk 1.0"));
	check_interrupts(&disk->v);
	if (legacy() && model_way->bus == WAY_PCI)
		model_shows("BLKL-01"), model_shows("BLKL-03"), model_shows("LEG-01"), model_shows("LEG-02");
}

TRANSPORT_TEST(block_without_indirect_tables_and_event_indices)
{
	disk = model_disk_new(SECTORS, DISK);
	disk->v.offered &= ~(BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX));
	model_plug(&disk->v);
	vda = blkdev_find("vda");
	check_io();
}

TRANSPORT_TEST(block_any_layout)
{
	boot_disk(DISK | BIT(VIRTIO_F_ANY_LAYOUT));
	check_io();
	CHECK_EQ(model_accepted(&disk->v, VIRTIO_F_ANY_LAYOUT), legacy());
}

TRANSPORT_TEST(block_changes_and_needs_resets)
{
	boot_disk(DISK);
	for (unsigned i = 1; i < 4; i++) {
		model_disk_config(disk)->capacity = SECTORS + i;
		model_config_changed(&disk->v);
		model_settle();
		CHECK_EQ(vda->sectors, SECTORS + i);
	}
	model_needs_reset(&disk->v);
	model_settle();
	CHECK_EQ(disk->v.resets, 3);
	check_io();
}

/* LEG-03, CFG-02, FACT-18: a capacity whose halves change between the reads of them. */
static void grow(struct model_virtio *v, unsigned off)
{
	struct virtio_blk_config *c = (struct virtio_blk_config *)v->config;

	if (off == 0 && v->fault.config_tears % 2 == 0)
		c->capacity += 0x100000001ull;
}

TRANSPORT_TEST(a_torn_capacity)
{
	disk = model_disk_new(SECTORS, DISK);
	disk->v.config_read_hook = grow;
	disk->v.fault.config_tears = 9;
	model_plug(&disk->v);
	vda = blkdev_find("vda");
	CHECK_EQ(vda->sectors, model_disk_config(disk)->capacity);
	CHECK(vda->sectors > SECTORS);
	model_shows(legacy() ? "LEG-03" : model_way->bus == WAY_MMIO ? "FACT-18" : "CFG-02");
}

TRANSPORT_TEST(spurious_interrupts)
{
	boot_disk(DISK);
	for (unsigned i = 0; i < 50; i++) {
		model_interrupt(&disk->v, disk->v.queue[0].vector);
		model_config_interrupt(&disk->v);
	}
	model_settle();
	check_io();
	CHECK_EQ(disk->v.resets, 1);
}

/* BLKL-04: what a legacy device says it wrote decides nothing; what a modern one says does. */
TRANSPORT_TEST(used_lengths_of_a_disk)
{
	uint8_t buf[512];

	boot_disk(DISK);
	disk->short_by = 1;
	CHECK_EQ(blk_read(vda, 3, buf, sizeof buf), legacy() ? 0 : -EIO);
	if (legacy())
		model_shows("BLKL-04");
}

TRANSPORT_TEST(a_slow_reset)
{
	disk = model_disk_new(SECTORS, DISK);
	disk->v.fault.slow_reset = 1000;
	model_plug(&disk->v);
	vda = blkdev_find("vda");
	check_io();
}

/* --- network --- */

static struct model_net *net;
static struct netdev *eth;
static uint8_t got[2048];
static uint32_t got_len, ngot;
static unsigned ndone;

static void input(struct netdev *dev, struct netbuf *nb)
{
	memcpy(got, nb->data, nb->len);
	got_len = nb->len;
	ngot++;
	dev->recycle(nb);
}

static void tx_done(struct netdev *dev, void *token)
{
	(void)dev, (void)token;
	ndone++;
}

static unsigned wakes;

static void wake(struct netdev *dev)
{
	(void)dev;
	wakes++;
}

static void take_eth(struct netdev *dev, void *arg)
{
	(void)arg;
	eth = dev;
}

static uint64_t withheld;

static void boot_net(uint64_t features)
{
	net = model_net_new(features | BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_NET_F_STATUS) | BIT(VIRTIO_NET_F_MRG_RXBUF));
	net->v.offered &= ~withheld;
	model_plug(&net->v);
	netdev_for_each(take_eth, NULL);
	eth->input = input;
	eth->tx_done = tx_done;
	eth->wake = wake;
	CHECK_EQ(eth->start(eth), 0);
	model_settle();
}

static void check_frames(void)
{
	static uint8_t frame[1514];
	struct sg sg = { frame, sizeof frame };

	for (unsigned i = 0; i < 40; i++) {
		unsigned before = wakes;

		memset(frame, (int)i, sizeof frame);
		CHECK(model_net_deliver(net, frame, sizeof frame, 0));
		model_settle();
		CHECK(wakes > before);
		eth->poll(eth, 64);
		CHECK_EQ(ngot, i + 1);
		CHECK_EQ(got_len, sizeof frame);
		CHECK(memcmp(got, frame, sizeof frame) == 0);
		net->nsent = 0;
		CHECK_EQ(eth->xmit(eth, &sg, 1, NULL, frame), 0);
		eth->kick(eth);
		model_settle();
		CHECK_EQ(net->nsent, 1);
		CHECK_EQ(net->sent_len[0], sizeof frame);
		CHECK(memcmp(net->sent[0], frame, sizeof frame) == 0);
	}
	eth->poll(eth, 64);
	CHECK_EQ(ndone, 40);
}

TRANSPORT_TEST(network)
{
	boot_net(0);
	check_frames();
	check_interrupts(&net->v);
	CHECK_EQ(net->nrx, 256);
	if (legacy())
		model_shows("NETL-01"), model_shows("NETL-02"), model_shows("NETL-04");
	if (model_way->bus == WAY_MMIO) /* one interrupt for both queues */
		model_shows("MMIO-27");
}

TRANSPORT_TEST(network_without_indirect_tables)
{
	withheld = BIT(VIRTIO_F_INDIRECT_DESC);
	boot_net(0);
	check_frames();
	CHECK_EQ(net->nrx, legacy() ? 128 : 256);
}

TRANSPORT_TEST(network_any_layout)
{
	boot_net(BIT(VIRTIO_F_ANY_LAYOUT));
	check_frames();
}

TRANSPORT_TEST(network_link)
{
	boot_net(0);
	((struct virtio_net_config *)net->v.config)->status = 0;
	model_config_changed(&net->v);
	model_settle();
	CHECK(!eth->link_up);
	CHECK(shim_log_has(legacy() ? "virtio-net legacy" : "virtio-net 1.0"));
}

/* --- entropy --- */

static size_t added;
static struct random_source *source;

void random_add(const void *buf, size_t len, unsigned vouched)
{
	(void)buf, (void)vouched;
	added += len;
}

void random_source_register(struct random_source *s)
{
	source = s;
}

TRANSPORT_TEST(entropy)
{
	struct model_rng *r = model_rng_new();

	model_plug(&r->v);
	source->ask(source);
	model_settle();
	source->ask(source);
	model_settle();
	CHECK_EQ(added, 64 * r->requests);
	CHECK(r->requests >= 2);
}

/* --- which interface (4.1.5.1.1.1) --- */

static void boot_pci(struct model_disk *d)
{
	disk = d;
	model_bus_use_ecam();
	model_pci_plug(&d->v);
	pci_init();
	model_run();
	vda = blkdev_find("vda");
}

static void *returned_token;

static void returned(struct virtqueue *vq, void *token)
{
	(void)vq;
	returned_token = token;
}

/* A queue that is reset by itself gives back what it had, and is as good as before. */
MACHINE_TEST(a_queue_is_reset)
{
	struct model_rng *r = model_rng_new();
	uint8_t buffer[64];
	struct sg sg = { buffer, sizeof buffer };
	struct virtqueue *vq;

	r->v.offered |= BIT(VIRTIO_F_RING_RESET);
	r->v.fault.slow_reset = 20;
	r->give = 0;
	model_plug(&r->v);
	vq = first_on_pci()->queues;
	CHECK_EQ(virtqueue_reset(vq, returned), 0);
	CHECK(returned_token);
	r->give = sizeof buffer;
	CHECK_EQ(virtqueue_add(vq, &sg, 1, 0, returned_token), 0);
	virtqueue_kick(vq);
	model_settle();
	CHECK_EQ(added, sizeof buffer);
	CHECK_EQ(r->v.resets, 1);
}

MACHINE_TEST(a_transitional_device_is_driven_as_a_modern_one)
{
	struct model_disk *d = model_disk_new(SECTORS, DISK);

	model_pci_legacy(&d->v, true);
	boot_pci(d);
	check_io();
	CHECK_EQ(d->v.legacy_accesses, 0);
	CHECK(d->v.modern_accesses);
	model_shows("PCIL-04"), model_shows("PCIL-06"), model_shows("PCI-02");
}

MACHINE_TEST(unless_legacy_is_asked_for)
{
	struct model_disk *d = model_disk_new(SECTORS, DISK);

	*(uint32_t *)param("hw.virtio.legacy")->target = 1;
	model_pci_legacy(&d->v, true);
	boot_pci(d);
	check_io();
	CHECK(d->v.legacy_accesses);
	CHECK_EQ(d->v.modern_accesses, 0);
	CHECK(shim_log_has("vda: virtio-blk legacy"));
}

MACHINE_TEST(no_capabilities_mean_a_legacy_device)
{
	struct model_disk *d = model_disk_new(SECTORS, DISK);

	model_pci_legacy(&d->v, false);
	boot_pci(d);
	check_io();
	model_shows("PCIL-05"), model_shows("PCIL-02");
}

/* A device of 1.0 without capabilities is no legacy one, whatever its BAR 0. */
MACHINE_TEST(no_capabilities_and_a_modern_id)
{
	struct model_disk *d = model_disk_new(SECTORS, DISK);

	d->v.pci.bar[0] = model_pci_legacy_bar;
	d->v.ncaps = 0;
	boot_pci(d);
	CHECK(!vda);
	CHECK_EQ(d->v.resets, 0);
	CHECK(shim_log_has("pci 00:01.0: no usable virtio interface"));
	model_shows("PCIL-07"), model_shows("PCI-01");
}

/* BAR 0 of a legacy device that is memory, or too short for the registers. */
MACHINE_TEST(a_legacy_bar_that_is_none)
{
	for (unsigned i = 0; i < 2; i++) {
		struct model_disk *d = model_disk_new(SECTORS, DISK);

		model_pci_legacy(&d->v, false);
		d->v.pci.slot = (uint8_t)(1 + i);
		d->v.pci.bar[0].io = i;
		d->v.pci.bar[0].size = 16;
		model_pci_plug(&d->v);
	}
	model_bus_use_ecam();
	pci_init();
	CHECK(!blkdev_find("vda"));
}

MACHINE_TEST(any_revision_and_subsystem)
{
	struct model_disk *d = model_disk_new(SECTORS, DISK);

	d->v.pci.config[0x08] = 0x77;
	d->v.pci.config[0x2c] = 0x34;
	d->v.pci.config[0x2f] = 0x12;
	boot_pci(d);
	check_io();
	model_shows("PCI-03"), model_shows("PCI-04");
}

/* 2.7.2: a legacy device's queue has the size it has. */
MACHINE_TEST(a_legacy_queue_of_an_odd_size)
{
	struct model_disk *d = model_disk_new(SECTORS, DISK);

	d->v.queue[0].max = 100;
	model_pci_legacy(&d->v, false);
	boot_pci(d);
	CHECK(!vda);
}

/* --- notifications --- */

static uint64_t offered;

static void notifies(void)
{
	disk = model_disk_new(SECTORS, DISK | offered);
	disk->v.notif_config_data = 0x7a00;
	model_plug(&disk->v);
	vda = blkdev_find("vda");
	check_io();
	CHECK_EQ(disk->v.accepted & offered, legacy() ? 0 : model_way->bus == WAY_MMIO ? offered & BIT(VIRTIO_F_NOTIFICATION_DATA) : offered);
}

TRANSPORT_TEST(notification_data)
{
	offered = BIT(VIRTIO_F_NOTIFICATION_DATA);
	notifies();
}

TRANSPORT_TEST(notification_config_data)
{
	offered = BIT(VIRTIO_F_NOTIF_CONFIG_DATA);
	notifies();
}

TRANSPORT_TEST(notification_with_both)
{
	offered = BIT(VIRTIO_F_NOTIFICATION_DATA) | BIT(VIRTIO_F_NOTIF_CONFIG_DATA);
	notifies();
}

MACHINE_TEST(notifications_among_the_ports)
{
	struct model_disk *d = model_disk_new(SECTORS, DISK);

	model_pci_port_notify(&d->v);
	boot_pci(d);
	check_io();
	CHECK_EQ(d->v.queue[0].notifications, d->v.port_notifications);
	model_shows("PCI-08");
}

/* A structure as it was before 1.2: what needs a later register is not accepted. */
MACHINE_TEST(a_short_common_structure)
{
	struct model_disk *d = model_disk_new(SECTORS, DISK | BIT(VIRTIO_F_NOTIF_CONFIG_DATA) | BIT(VIRTIO_F_RING_RESET));

	d->v.cap[0].length = 56;
	boot_pci(d);
	check_io();
	CHECK_EQ(d->v.accepted & (BIT(VIRTIO_F_NOTIF_CONFIG_DATA) | BIT(VIRTIO_F_RING_RESET)), 0);
}

/* page-per-vq: every register a page, the last one at the BAR's end. */
MACHINE_TEST(a_notification_register_at_the_end)
{
	struct model_disk *d = model_disk_new(SECTORS, DISK);

	d->v.notify_multiplier = d->v.cap[3].notify_off_multiplier = 0x0ffe;
	d->v.queue[0].notify_off = 1;
	boot_pci(d);
	check_io();
}

/* --- where MMIO devices are --- */

static struct model_disk *mmio_disk(unsigned slot)
{
	struct model_disk *d = model_disk_new(SECTORS, DISK);

	model_mmio_plug(&d->v, slot, 5 + slot);
	return d;
}

static void find_mmio(void)
{
	virtio_mmio_init();
	model_run();
	vda = blkdev_find("vda");
}

MACHINE_TEST(mmio_on_the_command_line)
{
	const struct param *p = param("virtio_mmio.device");

	disk = mmio_disk(3);
	CHECK_EQ(p->set(p, "512@0xfeb00600:8", ""), 0);
	find_mmio();
	check_io();
	CHECK(shim_log_has("mmio feb00600"));
}

MACHINE_TEST(mmio_on_the_command_line_as_linux_takes_it)
{
	static const char *const good[] = { "1K@0xFEB00000:5:7", "0x200@4272947200:5", "2k@0xfeb00000:5:0" };
	static const char *const bad[] = {
		"", "512", "@", "512@", "512@0xfeb00000", "512@0xfeb00000:", "x@0xfeb00000:5", "512@0xfeb00000:5:", "512@0xfeb00000:5x",
		"512@0xfeb00000:5:1:2", "0x@0xfeb00000:5", "512@99999999999999999999:5", "512 @1:1",
	};
	const struct param *p = param("virtio_mmio.device");

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_EQ(p->set(p, bad[i], ""), -EINVAL);
	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK_EQ(p->set(p, good[i], ""), 0);
	disk = mmio_disk(0);
	find_mmio();
	check_io();
	CHECK(!blkdev_find("vdb")); /* named three times, added once */
}

MACHINE_TEST(mmio_named_by_acpi)
{
	disk = mmio_disk(7);
	acpi.present = acpi.hw_reduced = true;
	model_acpi_devices[0] = (struct acpi_device){ .address = MODEL_MMIO_BASE + 7 * 0x200, .size = 0x200, .gsi = 12 };
	model_acpi_ndevices = 1;
	find_mmio();
	check_io();
}

/* Neither ACPI nor PCI nor a word on the command line: slots, most of them empty. */
MACHINE_TEST(mmio_in_slots)
{
	for (unsigned i = 0; i < 8; i++) {
		struct model_disk *d = mmio_disk(i);

		d->v.mmio.empty = i != 5;
		if (i == 5)
			disk = d;
	}
	find_mmio();
	check_io();
	CHECK(!shim_log_has("no virtio device there"));
	CHECK(!shim_log_has("unknown version"));
	model_shows("MMIO-08"), model_shows("MMIO-09");
}

MACHINE_TEST(no_slots_on_a_pc)
{
	acpi.present = true;
	find_mmio();
	CHECK(!vda);
}

MACHINE_TEST(mmio_with_wrong_magic)
{
	disk = mmio_disk(0);
	disk->v.mmio.magic = 0x74726977;
	virtio_mmio_add(MODEL_MMIO_BASE, 0x200, 5, false);
	CHECK_EQ(disk->v.resets, 0);
	CHECK(shim_log_has("mmio feb00000: no virtio device there"));
	model_shows("MMIO-06");
}

MACHINE_TEST(mmio_of_another_version)
{
	static const uint32_t versions[] = { 0, 3, 0xffffffff };

	for (unsigned i = 0; i < 3; i++) {
		disk = mmio_disk(i);
		disk->v.mmio.version = versions[i];
		virtio_mmio_add(MODEL_MMIO_BASE + i * 0x200, 0x200, 5, false);
		CHECK_EQ(disk->v.resets, 0);
	}
	CHECK(shim_log_has("mmio feb00200: virtio of an unknown version 3"));
	model_shows("MMIO-07");
}

MACHINE_TEST(mmio_noise_in_interrupt_status)
{
	disk = mmio_disk(0);
	disk->v.isr_noise = 0xf8;
	virtio_mmio_add(MODEL_MMIO_BASE, 0x200, 5, false);
	vda = blkdev_find("vda");
	check_io();
	CHECK_EQ(disk->v.resets, 1);
	model_shows("MMIO-16");
}

/* A queue that is in use before anybody set it up. */
MACHINE_TEST(mmio_queue_that_does_not_exist)
{
	disk = mmio_disk(0);
	disk->v.queue[0].max = 0;
	virtio_mmio_add(MODEL_MMIO_BASE, 0x200, 5, false);
	CHECK(!blkdev_find("vda"));
	CHECK(shim_log_has("queue 0 does not exist"));
}

MACHINE_TEST(mmio_places_that_make_no_sense)
{
	virtio_mmio_add(MODEL_MMIO_BASE, 0x100, 5, false);
	virtio_mmio_add(MODEL_MMIO_BASE + 1, 0x200, 5, false);
	virtio_mmio_add(MODEL_MMIO_BASE, UINT64_MAX, 5, false);
	CHECK(!blkdev_find("vda"));
}

/* QEMU offers ring resets there, and does not carry them out. */
MACHINE_TEST(mmio_ring_reset_is_not_accepted)
{
	disk = mmio_disk(0);
	disk->v.offered |= BIT(VIRTIO_F_RING_RESET) | BIT(VIRTIO_F_ADMIN_VQ);
	virtio_mmio_add(MODEL_MMIO_BASE, 0x200, 5, false);
	CHECK_EQ(disk->v.accepted & (BIT(VIRTIO_F_RING_RESET) | BIT(VIRTIO_F_ADMIN_VQ)), 0);
}

TEST_MAIN
