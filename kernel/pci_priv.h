/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the pci*.c files share: registers of the configuration header, and the steps pci_init()
 * takes. Source: PCI Local Bus 3.0, section 6.
 */
#pragma once

#include "kernel/pci.h"

#define PCI_ID            0x00
#define PCI_COMMAND       0x04
#define PCI_STATUS        0x06
#define PCI_CLASS_REV     0x08
#define PCI_HEADER_TYPE   0x0e
#define PCI_BAR0          0x10
#define PCI_SUBSYSTEM     0x2c
#define PCI_CAPABILITIES  0x34
#define PCI_IRQ           0x3c

#define PCI_COMMAND_IO           (1u << 0)
#define PCI_COMMAND_MEMORY       (1u << 1)
#define PCI_COMMAND_MASTER       (1u << 2)
#define PCI_COMMAND_INTX_DISABLE (1u << 10)
#define PCI_STATUS_CAPABILITIES  (1u << 4)
#define PCI_HEADER_MULTI         0x80u

/* PCI-to-PCI bridges (header type 1). */
#define PCI_BUS_NUMBERS   0x18  /* primary, secondary, subordinate, latency timer */
#define PCI_IO_WINDOW     0x1c  /* base, limit: bits 15:12 of the address in bits 7:4 */
#define PCI_MEM_WINDOW    0x20  /* base, limit: bits 31:20 of the address in bits 15:4 */
#define PCI_PREF_WINDOW   0x24
#define PCI_PREF_HIGH     0x28  /* bits 63:32 of the prefetchable window's base */

#define PCI_CAP_VENDOR    0x09
#define PCI_CAP_PCIE      0x10
#define PCI_CAP_MSIX      0x11

#define PCI_CLASS_DISPLAY      0x03u
#define PCI_CLASS_BRIDGE       0x06u
#define PCI_CLASS_ISA_BRIDGE   0x0601u

static inline unsigned pci_base_class(const struct pci_dev *dev)
{
	return dev->class_code >> 16;
}

static inline unsigned pci_bar_count(const struct pci_dev *dev)
{
	return dev->header_type == 0 ? 6 : dev->header_type == 1 ? 2 : 0;
}

/* A root bus: where enumeration starts, and how configuration space is reached below it. */
struct pci_root {
	uint64_t ecam;          /* physical address of bus 0's configuration space; 0: ports */
	uint16_t segment;
	unsigned bus_first, bus_last;
	unsigned bus_highest;   /* given out or seen so far */
};

extern struct list pci_devices;           /* parents before children */
#define pci_for_each(dev)                                                                \
	for (struct pci_dev *dev = container_of(pci_devices.next, struct pci_dev, node); \
	     &dev->node != &pci_devices; dev = container_of(dev->node.next, struct pci_dev, node))

bool pci_ports_present(void);             /* configuration mechanism 1 answers */
volatile uint8_t *pci_config_map_bus(const struct pci_root *, unsigned bus); /* NULL: ports */
void pci_scan_root(struct pci_root *);
bool pci_decodes(struct pci_dev *);       /* memory or ports: somebody has given it addresses */
/* fills in bar[], once; true: at least one has no address */
bool pci_bars_size(struct pci_dev *);
void pci_bar_write(struct pci_dev *, unsigned bar);
/* gives every BAR without an address one, opening bridges' windows */
void pci_assign_all(void);

/* Hot-plug: from the work thread, for what comes and goes behind a bridge. */
void pci_hotplug_init(void);
void pci_scan_below(struct pci_dev *bridge);
void pci_assign_below(struct pci_dev *bridge);  /* within the windows it has */
/* of the devices below, one that has nothing below itself; NULL: there are none */
struct pci_dev *pci_last_below(const struct pci_dev *bridge);
bool pci_add_below(struct pci_dev *bridge);     /* false: nothing answers */
void pci_drop_below(struct pci_dev *bridge);
