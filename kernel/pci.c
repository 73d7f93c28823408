/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PCI bus from the outside: find, assign, attach. Runs once while booting, alone; what changes
 * later behind a port with a slot is the work thread's, alone (pci_hotplug.c).
 */
#include "kernel/pci.h"
#include "kernel/acpi.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/pci_priv.h"

extern const struct pci_driver *const __start_pci_drivers[] __attribute__((weak));
extern const struct pci_driver *const __stop_pci_drivers[] __attribute__((weak));

/* Neither MCFG nor ports: the DSDT may name an ECAM. It is not small, so it comes last. */
static void scan(void)
{
	bool ports = acpi.necam == 0 && pci_ports_present();

	if (acpi.necam == 0 && !ports)
		acpi_find_ecam();
	for (unsigned i = 0; i < acpi.necam; i++)
		pci_scan_root(&(struct pci_root){
			.ecam = acpi.ecam[i].address,
			.segment = acpi.ecam[i].segment,
			.bus_first = acpi.ecam[i].bus_first,
			.bus_last = acpi.ecam[i].bus_last,
		});
	if (ports)
		pci_scan_root(&(struct pci_root){ .bus_last = 255 });
}

/*
 * A host bridge's registers configure the machine we run on; taking away its decoding, even for a
 * moment, is not safe.
 */
static bool may_be_sized(const struct pci_dev *dev)
{
	return pci_base_class(dev) != PCI_CLASS_BRIDGE || dev->header_type == 1;
}

static void assign_missing(void)
{
	pci_for_each(dev)
		if (may_be_sized(dev))
			pci_bars_size(dev);
	pci_assign_all();
}

/*
 * Sizing a function that decodes already means to switch its decoding off and on, which takes a
 * hypervisor most of a millisecond. So those are sized only when a driver wants them, or when
 * somebody else needs an address and has to know which are taken.
 */
static void assign(void)
{
	bool missing = false;

	pci_for_each(dev)
		if (may_be_sized(dev) && !pci_decodes(dev))
			missing |= pci_bars_size(dev);
	if (missing)
		assign_missing();
}

static const struct pci_driver *find_driver(const struct pci_dev *dev)
{
	for (const struct pci_driver *const *d = __start_pci_drivers; d < __stop_pci_drivers; d++)
		if ((*d)->match(dev))
			return *d;
	return NULL;
}

/* The chipset's own functions share a slot with its ISA bridge. */
static bool part_of_chipset(const struct pci_dev *dev)
{
	pci_for_each(other)
		if (other->bus == dev->bus && other->slot == dev->slot &&
		    other->segment == dev->segment &&
		    other->class_code >> 8 == PCI_CLASS_ISA_BRIDGE)
			return true;
	return false;
}

/* One line for a device somebody may miss; not for what every machine has. */
static void report_unused(const struct pci_dev *dev)
{
	if (pci_base_class(dev) != PCI_CLASS_BRIDGE && pci_base_class(dev) != PCI_CLASS_DISPLAY &&
	    !part_of_chipset(dev))
		log_info("pci " PCI_FMT ": no driver for %04x:%04x, class %06x", PCI_ARG(dev),
			 dev->vendor, dev->device, dev->class_code);
}

static void attach(struct pci_dev *dev)
{
	const struct pci_driver *driver = find_driver(dev);
	int error;

	if (!driver) {
		report_unused(dev);
		return;
	}
	if (pci_bars_size(dev))
		assign_missing();
	dev->driver = driver;
	error = driver->attach(dev);
	if (error)
		log_err("pci " PCI_FMT ": %s gave up, error %d", PCI_ARG(dev), driver->name,
			-error);
}

bool pci_present(void)
{
	return !list_empty(&pci_devices);
}

void pci_init(void)
{
	scan();
	assign();
	pci_for_each(dev)
		attach(dev);
	pci_hotplug_init();
}

static bool is_below(const struct pci_dev *dev, const struct pci_dev *bridge)
{
	do
		dev = dev->bridge;
	while (dev && dev != bridge);
	return dev;
}

struct pci_dev *pci_last_below(const struct pci_dev *bridge)
{
	struct pci_dev *last = NULL;

	pci_for_each(dev)
		if (is_below(dev, bridge))
			last = dev;
	return last;
}

bool pci_add_below(struct pci_dev *bridge)
{
	struct list *before = pci_devices.prev;

	pci_scan_below(bridge);
	for (struct list *n = before->next; n != &pci_devices; n = n->next)
		pci_bars_size(container_of(n, struct pci_dev, node));
	pci_assign_below(bridge);
	for (struct list *n = before->next; n != &pci_devices; n = n->next)
		attach(container_of(n, struct pci_dev, node));
	return before->next != &pci_devices;
}

void pci_drop_below(struct pci_dev *bridge)
{
	struct pci_dev *dev;

	while ((dev = pci_last_below(bridge)) != NULL) {
		if (dev->driver && dev->driver->detach)
			dev->driver->detach(dev);
		list_remove(&dev->node);
		kfree(dev);
	}
}
