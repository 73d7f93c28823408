/* SPDX-License-Identifier: BSD-2-Clause */
/* Base address registers (PCI Local Bus 3.0, 6.2.5): how large, where, and mapped. */
#include "kernel/pci_priv.h"
#include "kernel/vm.h"

/*
 * Writes all ones and reads back which address bits the register has; then puts the old value back.
 */
static uint32_t probe_mask(struct pci_dev *dev, unsigned offset, uint32_t old)
{
	uint32_t mask;

	pci_write32(dev, offset, 0xffffffffu);
	mask = pci_read32(dev, offset);
	pci_write32(dev, offset, old);
	return mask;
}

static void size_io(struct pci_bar *bar, uint32_t low, uint32_t mask)
{
	mask &= ~3u;
	bar->io = true;
	bar->address = low & ~3u & 0xffffu;
	bar->size = mask & -mask & 0xffffu; /* the lowest bit that can be set is the size */
}

static void size_memory(struct pci_dev *dev, struct pci_bar *bar, unsigned offset, uint32_t low,
			uint32_t mask)
{
	uint64_t wide = mask & ~0xfu;

	bar->address = low & ~0xfu;
	bar->prefetchable = low & 8;
	if (bar->is64) {
		uint32_t high = pci_read32(dev, offset + 4);

		wide |= (uint64_t)probe_mask(dev, offset + 4, high) << 32;
		bar->address |= (uint64_t)high << 32;
	}
	bar->size = wide & -wide;
	if (bar->address + bar->size < bar->address)
		bar->address = 0;
}

/* Returns how many registers the BAR takes. */
static unsigned size_one(struct pci_dev *dev, unsigned index)
{
	unsigned offset = PCI_BAR0 + 4 * index;
	struct pci_bar *bar = &dev->bar[index];
	uint32_t low = pci_read32(dev, offset);
	uint32_t mask = probe_mask(dev, offset, low);

	if (mask == 0)
		return 1;
	if (mask & 1) {
		size_io(bar, low, mask);
		return 1;
	}
	bar->is64 = (mask >> 1 & 3) == 2 && index + 1 < pci_bar_count(dev);
	size_memory(dev, bar, offset, low, mask);
	return bar->is64 ? 2 : 1;
}

bool pci_decodes(struct pci_dev *dev)
{
	return pci_read16(dev, PCI_COMMAND) & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
}

bool pci_bars_size(struct pci_dev *dev)
{
	uint16_t command = pci_read16(dev, PCI_COMMAND);
	uint16_t decoding = command & (PCI_COMMAND_IO | PCI_COMMAND_MEMORY);
	bool missing = false;

	if (dev->bars_sized)
		return false;
	dev->bars_sized = true;
	/* Else the device would answer at whatever the probing leaves in the register. */
	if (decoding)
		pci_write16(dev, PCI_COMMAND, command & ~decoding);
	for (unsigned i = 0; i < pci_bar_count(dev);) {
		unsigned first = i;

		i += size_one(dev, i);
		missing = missing || (dev->bar[first].size && !dev->bar[first].address);
	}
	if (decoding)
		pci_write16(dev, PCI_COMMAND, command);
	return missing;
}

void pci_bar_write(struct pci_dev *dev, unsigned index)
{
	const struct pci_bar *bar = &dev->bar[index];

	pci_write32(dev, PCI_BAR0 + 4 * index, (uint32_t)bar->address);
	if (bar->is64)
		pci_write32(dev, PCI_BAR0 + 4 * index + 4, (uint32_t)(bar->address >> 32));
}

volatile void *pci_bar_map(struct pci_dev *dev, unsigned index, uint64_t offset, size_t len)
{
	struct pci_bar bar = index < 6 ? dev->bar[index] : (struct pci_bar){ 0 };

	if (bar.io || !bar.address || offset > bar.size || len > bar.size - offset)
		return NULL;
	return vm_map_device(bar.address + offset, len);
}

void pci_enable(struct pci_dev *dev)
{
	const uint16_t wanted = PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	for (; dev; dev = dev->bridge) {
		uint16_t command = pci_read16(dev, PCI_COMMAND);

		if ((command & wanted) != wanted)
			pci_write16(dev, PCI_COMMAND, command | wanted);
	}
}
