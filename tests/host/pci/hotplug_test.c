/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cards that come and go in the slot of a model root port: its registers of PCI Express Base 5.0, 7.5.3.9 to 7.5.3.11, and its interrupt line.
 * Links: virtio/v*.c kernel/byte_ring.c kernel/wait.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c tests/host/model/bus.c
 * Links: tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c tests/host/model/virtio*.c tests/host/model/ring*.c tests/host/model/disk*.c
 */
#include "kernel/blkdev.h"
#include "kernel/pci.h"
#include "kernel/pci_priv.h"
#include "kernel/shutdown.h"
#include "tests/host/model/virtio_model.h"
#include <errno.h>

#define BIT(n) (1ull << (n))
#define USUAL (BIT(VIRTIO_BLK_F_SEG_MAX) | BIT(VIRTIO_BLK_F_BLK_SIZE) | BIT(VIRTIO_BLK_F_FLUSH))
#define SECTORS 1024

enum { CONTROL = 0x18, STATUS = 0x1a };
enum { BUTTON = 1 << 0, PRESENCE = 1 << 3, COMPLETED = 1 << 4, PRESENT = 1 << 6, LINK = 1 << 8 };
enum { POWER_IS_OFF = 1 << 10, INTERRUPTS = 1 << 5 };

static struct model_function port;
static struct model_disk *card;  /* in the slot, or not */
static unsigned cap;
static uint16_t status, control; /* as the port has them */
static bool silent;              /* it never tells that a command is completed */
static unsigned taken;           /* cards that the host took away, as their slot went off */

static void show(void)
{
	memcpy(port.config + cap + STATUS, &status, 2);
}

static void leave_slot(void)
{
	card->v.pci.slot = 31; /* where a port's link leads to nothing */
	card->v.pci.config[0x04] = 0;
	card = NULL;
	status = (uint16_t)((status & ~PRESENT) | PRESENCE);
}

/* Events are cleared by writing ones (RW1C); a command is carried out at once. */
static void slot_written(struct model_function *f, unsigned off)
{
	uint16_t written;

	memcpy(&written, f->config + off, 2);
	if (off == cap + STATUS) {
		status &= (uint16_t)~(written & (BUTTON | PRESENCE | COMPLETED | LINK));
	} else if (off == cap + CONTROL) {
		bool switched_off = written & ~control & POWER_IS_OFF;

		if (status & COMPLETED)
			model_refuse("6.7.3.2: a command while the former one is not known to be completed");
		control = written;
		if (!silent)
			status |= COMPLETED;
		if (switched_off && card) {
			leave_slot();
			taken++;
		}
	}
	show();
}

static void make_port(bool slot, bool hot_plug)
{
	uint8_t express[0x1c] = { 0x10, 0, 0x42, slot, [0x14] = 0x13 | hot_plug << 6 };

	model_bus_use_ecam();
	model_bus_init_bridge(&port, false);
	cap = model_bus_add_capability(&port, express, sizeof express);
	memset(port.writable + cap + CONTROL, 0xff, 4);
	port.config_written = slot_written;
	port.slot = 2;
	port.config[0x19] = port.config[0x1a] = 5;
	memcpy(port.config + 0x20, (uint8_t[]){ 0x00, 0xd0, 0x10, 0xd0 }, 4); /* 2 MiB that the firmware left */
	model_bus_firmware_line(&port, 10);
	control = POWER_IS_OFF;
	memcpy(port.config + cap + CONTROL, &control, 2);
	model_bus_add(&port);
}

static bool asserted(void *unused)
{
	(void)unused;
	return (control & INTERRUPTS) && (status & (BUTTON | PRESENCE | LINK));
}

static void happens(unsigned events)
{
	status |= (uint16_t)events;
	show();
	model_bus_interrupt(&port, asserted, NULL);
	model_run();
}

static struct model_disk *new_card(void)
{
	struct model_disk *d = model_disk_new(SECTORS, USUAL);

	d->v.pci.bridge = &port;
	d->v.pci.slot = 31;
	model_pci_plug(&d->v);
	return d;
}

static void insert(struct model_disk *d)
{
	card = d;
	d->v.pci.slot = 0;
	happens(PRESENT | PRESENCE | BUTTON);
}

static struct blkdev *plug(void)
{
	insert(new_card());
	CHECK(!(control & POWER_IS_OFF));
	model_run_timer();
	return blkdev_find("vda");
}

static int read_sector(struct blkdev *disk)
{
	uint8_t buf[512];

	return blk_read(disk, 3, buf, sizeof buf);
}

static void boot(void)
{
	make_port(true, true);
	pci_init();
	model_run();
}

MACHINE_TEST(ports_without_a_slot_are_left_alone)
{
	make_port(false, true);
	pci_init();
	CHECK_EQ(control, POWER_IS_OFF);
}

MACHINE_TEST(slots_that_cannot_are_left_alone)
{
	make_port(true, false);
	pci_init();
	CHECK_EQ(control, POWER_IS_OFF);
}

MACHINE_TEST(comes_and_goes)
{
	struct blkdev *disk;

	boot();
	for (unsigned turn = 0; turn < 5; turn++) {
		disk = plug();
		CHECK(disk);
		CHECK_EQ(read_sector(disk), 0);
		happens(BUTTON);
		CHECK_EQ(taken, turn + 1);
		CHECK(control & POWER_IS_OFF);
		CHECK(!blkdev_find("vda"));
		CHECK_EQ(read_sector(disk), -ENODEV);
	}
	shutdown_run(); /* touches nothing that is gone: the model would refuse it */
}

MACHINE_TEST(power_takes_time)
{
	boot();
	insert(new_card());
	CHECK(!blkdev_find("vda"));
	CHECK(shim_now_ns < 100000000ull);
	model_run_timer();
	CHECK(shim_now_ns >= 100000000ull); /* 6.6.1 */
	CHECK(blkdev_find("vda"));
}

MACHINE_TEST(button_before_it_has_settled)
{
	boot();
	insert(new_card());
	happens(BUTTON);
	CHECK_EQ(taken, 1);
	CHECK(control & POWER_IS_OFF);
	CHECK(!model_run_timer());
	CHECK(plug());
}

MACHINE_TEST(answers_late)
{
	struct model_disk *d = new_card();

	boot();
	card = d;
	happens(PRESENT | PRESENCE);
	model_run_timer();
	CHECK(!blkdev_find("vda"));
	d->v.pci.slot = 0;
	model_run_timer();
	CHECK(blkdev_find("vda"));
}

MACHINE_TEST(never_answers)
{
	boot();
	card = new_card();
	happens(PRESENT | PRESENCE);
	while (model_run_timer())
		;
	CHECK(shim_now_ns < 2000000000ull);
	CHECK(control & POWER_IS_OFF);
	CHECK(shim_log_has("does not answer"));
}

MACHINE_TEST(port_that_never_completes_a_command)
{
	silent = true;
	boot();
	CHECK(plug());
	CHECK(shim_now_ns < 4000000000ull);
}

/* Registers of a card that was pulled out read as all ones, which is no reset that takes long. */
MACHINE_TEST(pulled_out)
{
	struct blkdev *disk;
	uint64_t start;

	boot();
	disk = plug();
	start = shim_now_ns;
	leave_slot();
	model_refusals_expected = true;
	happens(PRESENCE);
	model_refusals_expected = false;
	CHECK(shim_now_ns - start < 100000000ull);
	CHECK(control & POWER_IS_OFF);
	CHECK(!blkdev_find("vda"));
	CHECK_EQ(read_sector(disk), -ENODEV);
	CHECK(plug());
}

/* The link of a card that goes off, or comes on, asks for nothing. */
MACHINE_TEST(link_events_alone)
{
	boot();
	happens(LINK);
	CHECK(control & POWER_IS_OFF);
	CHECK(plug());
	happens(LINK);
	CHECK(!(control & POWER_IS_OFF));
	CHECK(blkdev_find("vda"));
}

MACHINE_TEST(in_the_slot_from_the_start)
{
	make_port(true, true);
	control = 0;
	memcpy(port.config + cap + CONTROL, &control, 2);
	card = new_card();
	card->v.pci.slot = 0;
	status = PRESENT | PRESENCE; /* left over from the start */
	show();
	pci_init();
	model_run();
	CHECK(blkdev_find("vda"));
	CHECK(!(control & POWER_IS_OFF));
	happens(BUTTON);
	CHECK_EQ(taken, 1);
	CHECK(!blkdev_find("vda"));
}

MACHINE_TEST(came_while_booting)
{
	make_port(true, true);
	card = new_card();
	pci_init();
	card->v.pci.slot = 0;
	happens(PRESENT | PRESENCE | BUTTON);
	model_run_timer();
	CHECK(blkdev_find("vda"));
}

TEST_MAIN
