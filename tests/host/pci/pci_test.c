/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI enumeration, address assignment, capability lists and MSI-X against the model bus.
 * Links: kernel/pci.c kernel/pci_config.c kernel/pci_scan.c kernel/pci_bar.c kernel/pci_assign.c kernel/pci_cap.c kernel/pci_msix.c
 * Links: kernel/pci_intx.c kernel/pci_hotplug.c
 * Links: tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c
 */
#include "tests/host/model/bus.h"
#include "tests/host/model/machine.h"
#include "kernel/pci.h"
#include "kernel/pci_priv.h"
#include "kernel/x86_64/io.h"
#include <errno.h>

extern uint64_t model_low_memory_end;

/* A driver for vendor 0x1234, which notes what it is given. */
static struct pci_dev *attached[16];
static unsigned nattached;
static int attach_result;

static bool match(const struct pci_dev *dev)
{
	return dev->vendor == 0x1234;
}

static int attach(struct pci_dev *dev)
{
	attached[nattached++] = dev;
	pci_enable(dev);
	return attach_result;
}

static const struct pci_driver driver = { .name = "test", .match = match, .attach = attach };
PCI_DRIVER(driver);

/* A register file that answers with its own name, so that a mapped BAR can be told from another. */
static uint32_t name_read(struct model_function *f, uint64_t off, unsigned width)
{
	(void)width;
	return f->slot << 8 | f->function << 4 | (uint32_t)off;
}

static struct model_function *device(unsigned slot, struct model_function *bridge)
{
	struct model_function *f = calloc(1, sizeof(*f));

	model_bus_init_function(f, 0x1234, 0x0001, 0x020000);
	f->slot = (uint8_t)slot;
	f->bridge = bridge;
	return f;
}

static void memory_bar(struct model_function *f, unsigned bar, uint64_t size, bool is64)
{
	f->bar[bar] = (struct model_bar){ .size = size, .is64 = is64, .read = name_read };
}

static struct model_function *bridge(unsigned slot, struct model_function *above, bool root_port)
{
	struct model_function *f = calloc(1, sizeof(*f));

	model_bus_init_bridge(f, root_port);
	f->slot = (uint8_t)slot;
	f->bridge = above;
	model_bus_add(f);
	return f;
}

static void check_mapped(struct pci_dev *dev, unsigned bar)
{
	volatile uint8_t *map = pci_bar_map(dev, bar, 0, 16);

	CHECK(map);
	if (map)
		CHECK_EQ(mmio_read32(map + 4), (uint32_t)dev->slot << 8 | (uint32_t)dev->function << 4 | 4);
}

static void empty_bus_is(void (*use)(void))
{
	use();
	pci_init();
	CHECK(list_empty(&pci_devices));
}

MACHINE_TEST(nothing_there)
{
	empty_bus_is(model_bus_use_ports);
	empty_bus_is(model_bus_use_ecam);
}

static void find_one(void (*use)(void))
{
	struct model_function *f = device(3, NULL);

	use();
	memory_bar(f, 0, 4096, false);
	model_bus_add(f);
	pci_init();
	CHECK_EQ(nattached, 1);
	CHECK_EQ(attached[0]->slot, 3);
	CHECK_EQ(attached[0]->class_code, 0x020000);
	CHECK_EQ(f->config_reads, 1);
	check_mapped(attached[0], 0);
}

MACHINE_TEST(one_device_by_ports)
{
	find_one(model_bus_use_ports);
}

MACHINE_TEST(one_device_by_ecam)
{
	find_one(model_bus_use_ecam);
}

MACHINE_TEST(functions_only_where_the_header_says)
{
	struct model_function *f[4];

	model_bus_use_ecam();
	for (unsigned i = 0; i < 4; i++) {
		f[i] = device(i / 2 + 1, NULL);
		f[i]->function = i % 2 ? 5 : 0;
		model_bus_add(f[i]);
	}
	f[0]->config[0x0e] = 0x80;
	pci_init();
	CHECK_EQ(nattached, 3);
	CHECK_EQ(f[3]->config_reads, 0);
}

MACHINE_TEST(bars_of_every_kind)
{
	struct model_function *f = device(1, NULL);

	model_bus_use_ecam();
	memory_bar(f, 0, 0x1000, false);
	memory_bar(f, 1, 0x4000, true);
	f->bar[3] = (struct model_bar){ .size = 0x20, .io = true };
	memory_bar(f, 4, 0x10000000, true);
	model_bus_add(f);
	pci_init();
	CHECK_EQ(nattached, 1);
	CHECK_EQ(attached[0]->bar[0].size, 0x1000);
	CHECK_EQ(attached[0]->bar[1].size, 0x4000);
	CHECK(attached[0]->bar[1].is64);
	CHECK_EQ(attached[0]->bar[2].size, 0);
	CHECK(attached[0]->bar[3].io);
	CHECK_EQ(attached[0]->bar[3].size, 0x20);
	CHECK(attached[0]->bar[3].address >= 0xc000);
	CHECK_EQ(attached[0]->bar[4].address % 0x10000000, 0);
	check_mapped(attached[0], 0);
	check_mapped(attached[0], 1);
	check_mapped(attached[0], 4);
	CHECK(!pci_bar_map(attached[0], 0, 0x1000, 1));
	CHECK(!pci_bar_map(attached[0], 0, 0xfff, 2));
	CHECK(!pci_bar_map(attached[0], 0, UINT64_MAX, 2));
	CHECK(!pci_bar_map(attached[0], 3, 0, 1));
	CHECK(!pci_bar_map(attached[0], 5, 0, 1));
	CHECK(!pci_bar_map(attached[0], 6, 0, 1));
}

MACHINE_TEST(firmware_addresses_stay)
{
	struct model_function *f = device(1, NULL), *g = device(2, NULL), *high = device(4, NULL);

	model_bus_use_ports();
	memory_bar(f, 0, 0x1000, false);
	memory_bar(g, 0, 0x1000, false);
	memory_bar(high, 0, 0x4000, true);
	model_bus_add(f);
	model_bus_add(g);
	model_bus_add(high);
	model_bus_firmware_bar(f, 0, 0xc0000000); /* where assignment would start */
	model_bus_firmware_bar(high, 0, 0x800000000ull);
	pci_init();
	CHECK_EQ(nattached, 3);
	CHECK_EQ(model_bus_bar_address(f, 0), 0xc0000000);
	CHECK_EQ(model_bus_bar_address(g, 0), 0xc0001000);
	CHECK_EQ(model_bus_bar_address(high, 0), 0x800000000ull);
	for (unsigned i = 0; i < 3; i++)
		check_mapped(attached[i], 0);
}

/* RAM up to 3.5 GiB, as on QEMU's pc: addresses start above it. */
MACHINE_TEST(addresses_start_above_ram)
{
	struct model_function *f = device(1, NULL);

	model_low_memory_end = 0xdfff0000;
	model_bus_use_ports();
	memory_bar(f, 0, 0x1000, false);
	model_bus_add(f);
	pci_init();
	CHECK_EQ(model_bus_bar_address(f, 0), 0xe0000000);
}

MACHINE_TEST(addresses_avoid_the_ecam)
{
	struct model_function *f = device(1, NULL);

	model_bus_use_ecam();
	memory_bar(f, 0, 0x08000000, false);
	memory_bar(f, 1, 0x20000000, false);
	model_bus_add(f);
	pci_init();
	CHECK_EQ(model_bus_bar_address(f, 0), 0xc0000000);
	CHECK_EQ(model_bus_bar_address(f, 1), 0); /* 0xe0000000 is the ECAM, above it is less than that */
	CHECK(shim_log_has("no room for BAR 1"));
}

MACHINE_TEST(bridges_without_firmware)
{
	struct model_function *port = bridge(2, NULL, true), *plain = bridge(3, NULL, false), *inner = bridge(1, plain, false);
	struct model_function *a = device(0, port), *b = device(0, plain), *c = device(7, inner), *d = device(5, NULL);
	struct model_function *all[] = { a, b, c, d };

	model_bus_use_ecam();
	for (unsigned i = 0; i < 4; i++) {
		memory_bar(all[i], 0, 0x1000, false);
		memory_bar(all[i], 4, 0x200000, true);
		all[i]->bar[1] = (struct model_bar){ .size = 0x40, .io = true };
		model_bus_add(all[i]);
	}
	pci_init();
	CHECK_EQ(nattached, 4);
	CHECK_EQ(port->config[0x19], 1);
	CHECK_EQ(port->config[0x1a], 1);
	CHECK_EQ(plain->config[0x19], 2);
	CHECK_EQ(plain->config[0x1a], 3);
	CHECK_EQ(inner->config[0x18], 2);
	CHECK_EQ(inner->config[0x19], 3);
	for (unsigned i = 0; i < nattached; i++) {
		check_mapped(attached[i], 0);
		check_mapped(attached[i], 4);
		CHECK(attached[i]->bar[1].address);
	}
	/* Nobody is behind device 0 of a link. */
	CHECK_EQ(a->config_reads, 1);
}

MACHINE_TEST(bridges_numbered_by_firmware)
{
	struct model_function *port = bridge(2, NULL, true), *f = device(0, port);

	model_bus_use_ports();
	port->config[0x19] = 0x20;
	port->config[0x1a] = 0x2f;
	port->config[0x20] = 0x00;
	port->config[0x21] = 0xd0;
	port->config[0x22] = 0x10;
	port->config[0x23] = 0xd0;
	memory_bar(f, 0, 0x1000, false);
	model_bus_add(f);
	pci_init();
	CHECK_EQ(nattached, 1);
	CHECK_EQ(attached[0]->bus, 0x20);
	CHECK_EQ(port->config[0x1a], 0x2f);
	CHECK_EQ(model_bus_bar_address(f, 0), 0xd0000000); /* in the window the firmware opened */
	check_mapped(attached[0], 0);
}

/* Every bridge claims the bus above itself: numbering has to go on upwards and end. */
MACHINE_TEST(bridges_that_loop)
{
	struct model_function *above = NULL;

	model_bus_use_ecam();
	for (unsigned i = 0; i < 20; i++) {
		above = bridge(i % 32, above, false);
		above->config[0x19] = 0;
		above->config[0x1a] = 0;
	}
	pci_init();
	CHECK(shim_log_has("no bus number left"));
}

/* --- capabilities --- */

MACHINE_TEST(capability_lists)
{
	struct model_function *f = device(1, NULL);
	unsigned first, second, third;

	model_bus_use_ecam();
	first = model_bus_add_capability(f, (uint8_t[8]){ 0x09 }, 8);
	second = model_bus_add_capability(f, (uint8_t[4]){ 0x05 }, 4);
	third = model_bus_add_capability(f, (uint8_t[4]){ 0x09 }, 4);
	model_bus_add(f);
	pci_init();
	CHECK_EQ(pci_capability_next(attached[0], 0x09, 0), first);
	CHECK_EQ(pci_capability_next(attached[0], 0x09, first), third);
	CHECK_EQ(pci_capability_next(attached[0], 0x09, third), 0);
	CHECK_EQ(pci_capability_next(attached[0], 0x05, 0), second);
	CHECK_EQ(pci_capability_next(attached[0], 0x11, 0), 0);
	f->config[third + 1] = (uint8_t)first; /* a loop */
	CHECK_EQ(pci_capability_next(attached[0], 0x09, third), 0);
	CHECK_EQ(pci_capability_next(attached[0], 0x11, 0), 0);
	f->config[third + 1] = (uint8_t)third;
	CHECK_EQ(pci_capability_next(attached[0], 0x09, third), 0);
	f->config[third + 1] = 0x10; /* into the header */
	CHECK_EQ(pci_capability_next(attached[0], 0x09, third), 0);
	f->config[third + 1] = 0xff;
	CHECK_EQ(pci_capability_next(attached[0], 0x09, third), 0);
	f->config[0x06] = 0; /* no list at all */
	CHECK_EQ(pci_capability_next(attached[0], 0x09, 0), 0);
}

/* --- MSI-X --- */

static uint32_t table[2048 * 4];

static uint32_t table_read(struct model_function *f, uint64_t off, unsigned width)
{
	(void)f, (void)width;
	return table[off / 4];
}

static void table_write(struct model_function *f, uint64_t off, uint32_t value, unsigned width)
{
	(void)f;
	CHECK_EQ(width, 4);
	table[off / 4] = value;
}

static struct model_function *msix_device(unsigned entries, uint32_t where)
{
	struct model_function *f = device(1, NULL);
	uint16_t control = (uint16_t)(entries - 1);
	unsigned at;

	f->bar[1] = (struct model_bar){ .size = sizeof(table), .read = table_read, .write = table_write };
	at = model_bus_add_capability(f, (uint8_t[12]){ 0x11, 0, (uint8_t)control, (uint8_t)(control >> 8) }, 12);
	memcpy(f->config + at + 4, &where, 4);
	f->writable[at + 3] = 0xc0;
	model_bus_add(f);
	model_bus_use_ecam();
	pci_init();
	return f;
}

static void nothing(void *arg)
{
	(void)arg;
}

MACHINE_TEST(msix_table)
{
	struct model_function *f = msix_device(4, 0x1001);
	int vector = irq_alloc(nothing, NULL, "test");

	table[0x1000 / 4 + 3] = 0;
	CHECK_EQ(pci_msix_enable(attached[0]), 4);
	for (unsigned i = 0; i < 4; i++)
		CHECK_EQ(table[0x1000 / 4 + 4 * i + 3], 1);
	CHECK_EQ(f->config[0x43] & 0xc0, 0x80);
	pci_msix_set(attached[0], 2, vector);
	CHECK_EQ(table[0x1000 / 4 + 8], 0xfee00000);
	CHECK_EQ(table[0x1000 / 4 + 10], (uint32_t)vector);
	CHECK_EQ(table[0x1000 / 4 + 11], 0);
	CHECK_EQ(table[0x1000 / 4 + 7], 1);
	pci_msix_disable(attached[0]);
	CHECK_EQ(f->config[0x43] & 0x80, 0);
	CHECK(!attached[0]->msix_table);
}

MACHINE_TEST(msix_largest_table)
{
	msix_device(2048, 0x0001);
	CHECK_EQ(pci_msix_enable(attached[0]), 2048);
}

MACHINE_TEST(msix_table_outside_of_its_bar)
{
	msix_device(4, sizeof(table) - 48 + 1);
	CHECK_EQ(pci_msix_enable(attached[0]), -EINVAL);
}

MACHINE_TEST(msix_table_in_no_bar)
{
	msix_device(4, 7);
	CHECK_EQ(pci_msix_enable(attached[0]), -EINVAL);
}

MACHINE_TEST(msix_absent)
{
	struct model_function *f = device(1, NULL);

	model_bus_use_ecam();
	model_bus_add(f);
	pci_init();
	CHECK_EQ(pci_msix_enable(attached[0]), -ENODEV);
}

/* --- attaching --- */

MACHINE_TEST(failures_are_told)
{
	attach_result = -EIO;
	model_bus_use_ecam();
	model_bus_add(device(1, NULL));
	pci_init();
	CHECK(shim_log_has("test gave up, error 5"));
}

MACHINE_TEST(unused_devices_are_told)
{
	struct model_function *strange = device(1, NULL), *isa = device(2, NULL), *ide = device(2, NULL);

	model_bus_use_ecam();
	model_bus_init_function(strange, 0x8086, 0x10d3, 0x020000);
	model_bus_init_function(isa, 0x8086, 0x2918, 0x060100);
	model_bus_init_function(ide, 0x8086, 0x2922, 0x010601);
	isa->config[0x0e] = 0x80;
	ide->function = 2;
	model_bus_add(strange);
	model_bus_add(isa);
	model_bus_add(ide);
	pci_init();
	CHECK(shim_log_has("no driver for 8086:10d3"));
	CHECK(!shim_log_has("8086:2918"));
	CHECK(!shim_log_has("8086:2922"));
}

MACHINE_TEST(out_of_memory)
{
	model_bus_use_ecam();
	model_bus_add(device(1, NULL));
	model_bus_add(device(2, NULL));
	shim_fail_alloc = 1;
	pci_init();
	CHECK_EQ(nattached, 1);
	CHECK(shim_log_has("out of memory"));
}

TEST_MAIN
