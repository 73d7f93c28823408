/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The capability list (PCI Local Bus 3.0, 6.7): each entry's first byte is its id, the second the
 * offset of the next.
 */
#include "kernel/pci_priv.h"

#define FIRST_CAPABILITY 0x40u /* below it lies the standard header */

static unsigned first(struct pci_dev *dev)
{
	return pci_read16(dev, PCI_STATUS) & PCI_STATUS_CAPABILITIES
		       ? pci_read8(dev, PCI_CAPABILITIES) & 0xfcu
		       : 0;
}

/*
 * Walks from the start each time and notes where it was, so that a list that loops ends although no
 * caller keeps count.
 */
unsigned pci_capability_next(struct pci_dev *dev, uint8_t id, unsigned prev)
{
	uint64_t seen = 0; /* a bit per dword of configuration space */
	bool passed = prev == 0;

	for (unsigned at = first(dev); at >= FIRST_CAPABILITY && !(seen >> (at / 4) & 1);) {
		uint16_t head = pci_read16(dev, at);

		if (passed && (head & 0xff) == id)
			return at;
		passed = passed || at == prev;
		seen |= 1ull << (at / 4);
		at = head >> 8 & 0xfcu;
	}
	return 0;
}
