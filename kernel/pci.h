/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI: enumeration through bridges, configuration space, BARs, capabilities, MSI-X.
 * Source: PCI Local Bus 3.0, PCI-to-PCI Bridge 1.2, PCI Express Base 5.0 (section 7).
 */
#pragma once

#include "kernel/irq.h"
#include "kernel/list.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pci_bar {
	uint64_t address; /* physical, or port number; 0: not there, or no room was found for it */
	uint64_t size;    /* bytes; 0: not there */
	bool io, prefetchable, is64;
};

struct pci_dev {
	struct list node;
	struct pci_dev *bridge;   /* above it; NULL: on a root bus */
	/* its configuration space in the ECAM; NULL: reached through ports */
	volatile void *config;
	uint16_t segment;
	uint8_t bus, slot, function;
	uint8_t header_type;      /* 0 an ordinary function, 1 a bridge */
	uint8_t secondary_bus;    /* bridges: the bus below; 0: none */
	uint16_t vendor, device, subsystem_vendor, subsystem;
	uint8_t revision, irq_line, irq_pin;
	uint32_t class_code;      /* 24 bits: base class, sub-class, programming interface */
	bool bars_sized;          /* bar[] is filled in */
	struct pci_bar bar[6];
	volatile uint8_t *msix_table; /* NULL until pci_msix_enable() */
	unsigned msix_count;
	const struct pci_driver *driver; /* whose attach() has run; NULL: none */
	void *driver_data;        /* NULL after an attach() that has nothing to be detached */
};

/* "00:03.0", for log lines: two macros to be used together. */
#define PCI_FMT "%02x:%02x.%x"
#define PCI_ARG(dev) (dev)->bus, (dev)->slot, (dev)->function

struct pci_driver {
	const char *name;
	bool (*match)(const struct pci_dev *);
	int (*attach)(struct pci_dev *);   /* 0 or -errno (logged by the caller) */
	/*
	 * Unplugged: ends what the device had and forgets the pci_dev, whatever attach() said. The
	 * device may be gone already and read as all ones.
	 */
	void (*detach)(struct pci_dev *);
};

#define PCI_DRIVER(d)                                   \
	static const struct pci_driver *const d##_entry \
		__attribute__((section("pci_drivers"), used)) = &(d)

/*
 * Finds every function, gives addresses to BARs the firmware left empty, and attaches drivers. One
 * log line for what has none.
 */
void pci_init(void);      /* slots of PCI Express ports are watched from then on */
bool pci_present(void);   /* there is at least one function */

uint8_t  pci_read8(struct pci_dev *, unsigned offset);
uint16_t pci_read16(struct pci_dev *, unsigned offset);
uint32_t pci_read32(struct pci_dev *, unsigned offset);
void pci_write8(struct pci_dev *, unsigned offset, uint8_t);
void pci_write16(struct pci_dev *, unsigned offset, uint16_t);
void pci_write32(struct pci_dev *, unsigned offset, uint32_t);

/*
 * The next capability with this id after offset prev (0: the first), or 0. Bounded: a looped list
 * ends. The whole list lies below offset 256; a capability's own fields may run past it only if the
 * device lies, and then read as all ones.
 */
unsigned pci_capability_next(struct pci_dev *, uint8_t id, unsigned prev);

/* memory, I/O and bus mastering on, in the bridges above as well */
void pci_enable(struct pci_dev *);

/*
 * Maps [offset, offset + len) of a memory BAR. NULL: no such memory BAR, or it does not reach that
 * far. Mapping twice is harmless.
 */
volatile void *pci_bar_map(struct pci_dev *, unsigned bar, uint64_t offset, size_t len);

/*
 * MSI-X. enable returns the number of table entries, or -errno (-ENODEV: no capability; -EINVAL:
 * its table lies nowhere). All entries start masked.
 */
int pci_msix_enable(struct pci_dev *);
/* points an entry at an irq_alloc() vector and unmasks it */
void pci_msix_set(struct pci_dev *, unsigned entry, int vector);
void pci_msix_disable(struct pci_dev *); /* harmless where it is not on */

/*
 * Connects the function's interrupt line, which other devices may share: the handler asks its
 * device whether it was meant. 0, or -ENODEV: no line, or nobody told where it leads.
 */
int pci_intx_connect(struct pci_dev *, irq_handler, void *arg, const char *name);
