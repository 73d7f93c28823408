/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Enumeration: every function of every bus that can be reached, through bridges (PCI-to-PCI Bridge
 * 1.2, 3.2.5). Runs once while booting, alone; later in the work thread, below ports with slots.
 * Buses are not probed: a bus exists only below a bridge. A bridge that the firmware gave no usable
 * bus number gets the next free one. Bus numbers only grow on the way down, which bounds the
 * recursion whatever the devices say.
 */
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/pci_priv.h"

#define DEPTH_MAX 8u /* bridges behind bridges; more is a fault, and would cost stack */

struct list pci_devices = LIST_INIT(pci_devices);

static void scan_bus(struct pci_root *, struct pci_dev *bridge, unsigned bus, unsigned depth);

/*
 * Below a root port or a switch's downstream port there is a link, and at its end device 0 alone
 * (PCI Express Base 5.0, 7.3.1).
 */
static unsigned slots_below(struct pci_dev *bridge)
{
	unsigned cap = bridge ? pci_capability_next(bridge, PCI_CAP_PCIE, 0) : 0;
	unsigned port_type = cap ? pci_read16(bridge, cap + 2) >> 4 & 0xf : 0;

	return port_type == 4 || port_type == 6 ? 1 : 32;
}

static bool numbers_usable(const struct pci_root *root, unsigned bus, unsigned secondary,
			   unsigned subordinate)
{
	return secondary > bus && secondary > root->bus_highest && subordinate >= secondary &&
	       subordinate <= root->bus_last;
}

/*
 * Bus numbers register: primary in bits 7:0, secondary 15:8, subordinate 23:16, the latency timer
 * above, which stays.
 */
static void write_numbers(struct pci_dev *bridge, uint32_t old, unsigned secondary,
			  unsigned subordinate)
{
	pci_write32(bridge, PCI_BUS_NUMBERS,
		    (old & 0xff000000u) | subordinate << 16 | secondary << 8 | bridge->bus);
}

/* Registers that read 0 would forward the first MiB; a base above its limit forwards nothing. */
static void close_windows(struct pci_dev *bridge)
{
	pci_write16(bridge, PCI_IO_WINDOW, 0x00f0);
	pci_write32(bridge, PCI_MEM_WINDOW, 0x0000fff0);
	pci_write32(bridge, PCI_PREF_WINDOW, 0x0000fff0);
}

static void scan_bridge(struct pci_root *root, struct pci_dev *bridge, unsigned depth)
{
	uint32_t numbers = pci_read32(bridge, PCI_BUS_NUMBERS);
	unsigned secondary = numbers >> 8 & 0xff, subordinate = numbers >> 16 & 0xff;
	bool renumber = !numbers_usable(root, bridge->bus, secondary, subordinate);

	if (renumber)
		secondary = root->bus_highest + 1;
	if (secondary > root->bus_last || depth == DEPTH_MAX) {
		log_warn("pci " PCI_FMT ": no bus number left for what is behind this bridge",
			 PCI_ARG(bridge));
		return;
	}
	bridge->secondary_bus = (uint8_t)secondary;
	root->bus_highest = secondary;
	if (renumber) {
		/* wide open until it is known how many buses lie below */
		write_numbers(bridge, numbers, secondary, root->bus_last);
		close_windows(bridge);
	}
	scan_bus(root, bridge, secondary, depth + 1);
	if (renumber || root->bus_highest > subordinate)
		write_numbers(bridge, numbers, secondary, root->bus_highest);
	else
		root->bus_highest = subordinate; /* the firmware kept the rest for hot-plug */
}

static void read_header(struct pci_dev *dev, uint32_t id)
{
	uint32_t class_rev = pci_read32(dev, PCI_CLASS_REV), irq = pci_read32(dev, PCI_IRQ);

	dev->vendor = (uint16_t)id;
	dev->device = (uint16_t)(id >> 16);
	dev->class_code = class_rev >> 8;
	dev->revision = (uint8_t)class_rev;
	dev->irq_line = (uint8_t)irq;
	dev->irq_pin = (uint8_t)(irq >> 8);
}

/* Returns the header type, or -1 when nothing answers. */
static int scan_function(struct pci_root *root, const struct pci_dev *where, unsigned depth)
{
	struct pci_dev probe = *where, *dev;
	uint32_t id = pci_read32(&probe, PCI_ID);
	uint8_t type;

	if ((id & 0xffff) == 0xffff || (id & 0xffff) == 0)
		return -1;
	dev = kzalloc(sizeof *dev);
	if (!dev) {
		log_err("pci " PCI_FMT ": out of memory, not used", PCI_ARG(where));
		return -1;
	}
	*dev = probe;
	read_header(dev, id);
	list_push_back(&pci_devices, &dev->node);
	type = pci_read8(dev, PCI_HEADER_TYPE);
	dev->header_type = type & 0x7f;
	if (dev->header_type == 0) {
		uint32_t subsystem = pci_read32(dev, PCI_SUBSYSTEM);

		dev->subsystem_vendor = (uint16_t)subsystem;
		dev->subsystem = (uint16_t)(subsystem >> 16);
	} else if (dev->header_type == 1) {
		scan_bridge(root, dev, depth);
	}
	return type;
}

static void scan_slot(struct pci_root *root, struct pci_dev *where, volatile uint8_t *ecam,
		      unsigned depth)
{
	unsigned functions = 1;

	for (unsigned f = 0; f < functions; f++) {
		int type;

		where->function = (uint8_t)f;
		if (ecam)
			where->config = ecam + ((unsigned)where->slot << 15 | f << 12);
		type = scan_function(root, where, depth);
		if (f == 0 && type >= 0 && (type & PCI_HEADER_MULTI))
			functions = 8;
	}
}

static void scan_bus(struct pci_root *root, struct pci_dev *bridge, unsigned bus, unsigned depth)
{
	volatile uint8_t *ecam = pci_config_map_bus(root, bus);
	unsigned slots = slots_below(bridge);

	if (root->ecam && !ecam) {
		log_err("pci: no memory to map the configuration space of bus %02x", bus);
		return;
	}
	for (unsigned slot = 0; slot < slots; slot++) {
		struct pci_dev where = { .bridge = bridge,
					 .segment = root->segment,
					 .bus = (uint8_t)bus,
					 .slot = (uint8_t)slot };

		scan_slot(root, &where, ecam, depth);
	}
}

/*
 * The configuration space of a bus lies where that of the bridge's own does: device memory is 1:1.
 */
void pci_scan_below(struct pci_dev *bridge)
{
	unsigned function =
		(unsigned)bridge->bus << 20 | bridge->slot << 15 | bridge->function << 12;
	struct pci_root root = {
		.ecam = bridge->config ? (uintptr_t)bridge->config - function : 0,
		.segment = bridge->segment,
		.bus_last = pci_read8(bridge, PCI_BUS_NUMBERS + 2),
		.bus_highest = bridge->secondary_bus,
	};

	scan_bus(&root, bridge, bridge->secondary_bus, 0);
}

void pci_scan_root(struct pci_root *root)
{
	root->bus_highest = root->bus_first;
	scan_bus(root, NULL, root->bus_first, 0);
}
