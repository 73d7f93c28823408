/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Gives addresses to BARs that the firmware left empty: all of them where there is no firmware
 * (PVH, qboot, microvm), none after a PC BIOS.
 *
 * Where devices' memory may lie is written in AML, which this kernel does not run. What every such
 * machine has in common is used instead: the addresses from 3 GiB, or from the end of low RAM where
 * that is higher, up to the first fixed device below 4 GiB. Ports: the half of the space no ISA
 * device uses. First fit against everything on the same bus that has an address; bridges get a
 * window as large as what lies behind them.
 */
#include "kernel/acpi.h"
#include "kernel/log.h"
#include "kernel/pci_priv.h"
#include "kernel/vm.h"

#define MEM_START      0xc0000000ull
/* below microvm's virtio-mmio slots (0xfeb00000) and the I/O APIC */
#define MEM_END        0xfea00000ull
#define IO_START       0xc000ull
#define IO_END         0x10000ull
/* bridges forward memory by the MiB, ports by 4 KiB (PCI-to-PCI Bridge 1.2, 3.2.5.6 and 3.2.5.8) */
#define MEM_WINDOW_GRAIN 0x100000ull
#define IO_WINDOW_GRAIN  0x1000ull

struct range {
	uint64_t start, end; /* end: first address behind */
};

struct space {
	bool io;
	struct range range;  /* where addresses may come from */
};

static bool overlaps(struct range a, struct range b)
{
	return a.start < b.end && b.start < a.end;
}

static uint64_t align_up(uint64_t a, uint64_t grain)
{
	return (a + grain - 1) & ~(grain - 1);
}

/*
 * What a bridge forwards downwards: base and limit share one dword, the limit's low bits count as
 * ones. An empty window has its base above its limit.
 */
static struct range bridge_window(struct pci_dev *bridge, bool io)
{
	uint32_t v = io ? pci_read16(bridge, PCI_IO_WINDOW) : pci_read32(bridge, PCI_MEM_WINDOW);
	uint64_t base = io ? (v & 0xf0) << 8 : (v & 0xfff0) << 16;
	uint64_t limit = io ? (v & 0xf000) | 0xfff : (v & 0xfff00000) | 0xfffff;

	if (base == 0 || limit < base)
		return (struct range){ 0, 0 };
	return (struct range){ base, limit + 1 };
}

/* As much of it as may lie below 4 GiB. */
static struct range prefetch_window(struct pci_dev *bridge)
{
	uint32_t v = pci_read32(bridge, PCI_PREF_WINDOW);
	uint64_t base = (uint64_t)(v & 0xfff0) << 16, limit = (v & 0xfff00000) | 0xfffff;

	return limit < base || base == 0 || pci_read32(bridge, PCI_PREF_HIGH)
		       ? (struct range){ 0, 0 }
		       : (struct range){ base, limit + 1 };
}

static void open_window(struct pci_dev *bridge, bool io, struct range r)
{
	if (io)
		pci_write16(bridge, PCI_IO_WINDOW,
			    (uint16_t)((r.start >> 8 & 0xf0) | ((r.end - 1) & 0xf000)));
	else
		pci_write32(bridge, PCI_MEM_WINDOW,
			    (uint32_t)((r.start >> 16 & 0xfff0) | ((r.end - 1) & 0xfff00000)));
}

/* The end of something that lies in r on the bus below bridge; 0: r is free there. */
static uint64_t taken_until(const struct pci_dev *bridge, bool io, struct range r)
{
	pci_for_each(dev) {
		if (dev->bridge != bridge)
			continue;
		for (unsigned i = 0; i < pci_bar_count(dev); i++) {
			const struct pci_bar *bar = &dev->bar[i];

			if (bar->address && bar->io == io &&
			    overlaps(r, (struct range){ bar->address, bar->address + bar->size }))
				return bar->address + bar->size;
		}
		if (!dev->secondary_bus)
			continue;
		if (overlaps(r, bridge_window(dev, io)))
			return bridge_window(dev, io).end;
		if (!io && overlaps(r, prefetch_window(dev)))
			return prefetch_window(dev).end;
	}
	return 0;
}

/* ECAM regions lie in the same hole and belong to no device. */
static uint64_t ecam_until(bool io, struct range r)
{
	for (unsigned i = 0; !io && i < acpi.necam; i++) {
		uint64_t base = acpi.ecam[i].address;
		struct range ecam = { base + ((uint64_t)acpi.ecam[i].bus_first << 20),
				      base + ((acpi.ecam[i].bus_last + 1ull) << 20) };

		if (overlaps(r, ecam))
			return ecam.end;
	}
	return 0;
}

/* First fit. 0: no room. */
static uint64_t find_room(const struct pci_dev *bridge, const struct space *space, uint64_t size,
			  uint64_t grain)
{
	uint64_t at = align_up(space->range.start, grain);

	while (at < space->range.end && size <= space->range.end - at) {
		struct range r = { at, at + size };
		uint64_t until = taken_until(bridge, space->io, r);

		if (!until)
			until = ecam_until(space->io, r);
		if (!until)
			return at;
		at = align_up(until, grain);
	}
	return 0;
}

static void assign_bar(struct pci_dev *dev, unsigned index, const struct space *space)
{
	struct pci_bar *bar = &dev->bar[index];

	if (!bar->size || bar->address || bar->io != space->io)
		return;
	bar->address = find_room(dev->bridge, space, bar->size, bar->size);
	if (bar->address)
		pci_bar_write(dev, index);
	else
		log_warn("pci " PCI_FMT ": no room for BAR %u (%llu bytes%s)", PCI_ARG(dev), index,
			 (unsigned long long)bar->size, space->io ? " of ports" : "");
}

static void assign_below(const struct pci_dev *bridge, const struct space *space);

/*
 * How much the BARs behind a bridge take at most, with every BAR aligned to its size: an upper
 * bound that is right to the grain for the usual one device.
 */
static uint64_t demand_below(const struct pci_dev *bridge, bool io, uint64_t grain)
{
	uint64_t sum = 0;

	pci_for_each(dev) {
		if (dev->bridge != bridge)
			continue;
		for (unsigned i = 0; i < pci_bar_count(dev); i++)
			if (dev->bar[i].io == io && !dev->bar[i].address)
				sum = align_up(sum, dev->bar[i].size ? dev->bar[i].size : 1) +
				      dev->bar[i].size;
		if (dev->secondary_bus)
			sum = align_up(sum, grain) + demand_below(dev, io, grain);
	}
	return align_up(sum, grain);
}

static uint64_t largest_below(const struct pci_dev *bridge, bool io, uint64_t largest)
{
	pci_for_each(dev) {
		if (dev->bridge != bridge)
			continue;
		for (unsigned i = 0; i < pci_bar_count(dev); i++)
			if (dev->bar[i].io == io && dev->bar[i].size > largest)
				largest = dev->bar[i].size;
		if (dev->secondary_bus)
			largest = largest_below(dev, io, largest);
	}
	return largest;
}

/*
 * A window the firmware opened is used as it is; else one is opened as large as needed, aligned so
 * that everything behind fits in the order it was counted.
 */
static void assign_bridge(struct pci_dev *bridge, const struct space *space)
{
	uint64_t grain = space->io ? IO_WINDOW_GRAIN : MEM_WINDOW_GRAIN;
	struct space below = { space->io, bridge_window(bridge, space->io) };
	uint64_t demand = demand_below(bridge, space->io, grain), start;

	if (!demand)
		return;
	if (below.range.end == 0) {
		start = find_room(bridge->bridge, space, demand,
				  largest_below(bridge, space->io, grain));
		if (!start) {
			log_warn("pci " PCI_FMT ": no room for what is behind this bridge",
				 PCI_ARG(bridge));
			return;
		}
		below.range = (struct range){ start, start + demand };
		open_window(bridge, space->io, below.range);
	}
	assign_below(bridge, &below);
}

static void assign_below(const struct pci_dev *bridge, const struct space *space)
{
	pci_for_each(dev) {
		if (dev->bridge != bridge)
			continue;
		for (unsigned i = 0; i < pci_bar_count(dev); i++)
			assign_bar(dev, i, space);
		if (dev->secondary_bus)
			assign_bridge(dev, space);
	}
}

/*
 * A window that was not left open for this stays shut: to make room for one, all that is beside the
 * bridge would have to stop decoding and be sized.
 */
void pci_assign_below(struct pci_dev *bridge)
{
	for (unsigned io = 0; io < 2; io++)
		assign_below(bridge, &(struct space){ io, bridge_window(bridge, io) });
}

void pci_assign_all(void)
{
	uint64_t ram_end = align_up(vm_low_memory_end(), MEM_WINDOW_GRAIN);
	struct space memory = { false, { ram_end > MEM_START ? ram_end : MEM_START, MEM_END } };
	struct space ports = { true, { IO_START, IO_END } };

	assign_below(NULL, &memory);
	assign_below(NULL, &ports);
}
