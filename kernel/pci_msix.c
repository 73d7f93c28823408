/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI-X (PCI Local Bus 3.0, 6.8.2): a table in a BAR, one entry per interrupt message. The caller
 * has enabled memory decoding.
 */
#include "kernel/pci_priv.h"
#include "kernel/x86_64/io.h"
#include <errno.h>

#define MSIX_CONTROL         2u /* offsets in the capability */
#define MSIX_TABLE           4u
#define MSIX_CONTROL_ENABLE  (1u << 15)
#define MSIX_CONTROL_MASK    (1u << 14) /* of the whole function */
#define MSIX_CONTROL_SIZE    0x7ffu     /* entries - 1 */

#define ENTRY_SIZE           16u        /* a table entry */
#define ENTRY_ADDRESS        0u
#define ENTRY_ADDRESS_HIGH   4u
#define ENTRY_DATA           8u
#define ENTRY_CONTROL        12u
#define ENTRY_CONTROL_MASK   1u

int pci_msix_enable(struct pci_dev *dev)
{
	unsigned cap = pci_capability_next(dev, PCI_CAP_MSIX, 0);
	uint32_t where;
	uint16_t control;

	if (!cap)
		return -ENODEV;
	control = pci_read16(dev, cap + MSIX_CONTROL);
	where = pci_read32(dev, cap + MSIX_TABLE);
	dev->msix_count = (control & MSIX_CONTROL_SIZE) + 1;
	dev->msix_table =
		pci_bar_map(dev, where & 7, where & ~7u, (size_t)dev->msix_count * ENTRY_SIZE);
	if (!dev->msix_table)
		return -EINVAL;
	pci_write16(dev, cap + MSIX_CONTROL, control | MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK);
	for (unsigned i = 0; i < dev->msix_count; i++)
		mmio_write32(dev->msix_table + i * ENTRY_SIZE + ENTRY_CONTROL, ENTRY_CONTROL_MASK);
	pci_write16(dev, PCI_COMMAND, pci_read16(dev, PCI_COMMAND) | PCI_COMMAND_INTX_DISABLE);
	pci_write16(dev, cap + MSIX_CONTROL, (control & ~MSIX_CONTROL_MASK) | MSIX_CONTROL_ENABLE);
	return (int)dev->msix_count;
}

void pci_msix_set(struct pci_dev *dev, unsigned entry, int vector)
{
	volatile uint8_t *e = dev->msix_table + entry * ENTRY_SIZE;
	struct msi_message m = irq_msi_message(vector);

	mmio_write32(e + ENTRY_ADDRESS, (uint32_t)m.address);
	mmio_write32(e + ENTRY_ADDRESS_HIGH, (uint32_t)(m.address >> 32));
	mmio_write32(e + ENTRY_DATA, m.data);
	mmio_write32(e + ENTRY_CONTROL, 0);
}

void pci_msix_disable(struct pci_dev *dev)
{
	unsigned cap;

	if (!dev->msix_table)
		return;
	cap = pci_capability_next(dev, PCI_CAP_MSIX, 0);
	dev->msix_table = NULL;
	if (!cap) /* unplugged */
		return;
	pci_write16(dev, cap + MSIX_CONTROL,
		    pci_read16(dev, cap + MSIX_CONTROL) & ~MSIX_CONTROL_ENABLE);
}
