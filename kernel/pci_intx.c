/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * INTx, the interrupt line of a function (PCI Local Bus 3.0, 2.2.6 and 6.2.4). Which input of the
 * I/O APIC a line leads to is written in AML, which this kernel does not run. But firmware that
 * knows the chipset (SeaBIOS, OVMF) also routes every line, through all bridges, to one of the ISA
 * interrupts and leaves its number in the interrupt line register; the I/O APIC sees those as well.
 * A machine without such firmware (microvm, qboot) has no INTx for us.
 */
#include "kernel/acpi.h"
#include "kernel/pci_priv.h"
#include <errno.h>

/* PCI's wires are level-triggered, active low, unless the MADT tells how the chipset turns them. */
int pci_intx_connect(struct pci_dev *dev, irq_handler handler, void *arg, const char *name)
{
	unsigned isa = dev->irq_line;
	int error;

	if (!dev->irq_pin || isa == 0 || isa > 15)
		return -ENODEV;
	if (acpi.isa_irq[isa].level)
		error = irq_connect_isa(isa, handler, arg, name);
	else
		error = irq_connect_gsi(acpi.isa_irq[isa].gsi, true, handler, arg, name);
	if (!error)
		pci_write16(dev, PCI_COMMAND,
			    pci_read16(dev, PCI_COMMAND) & ~PCI_COMMAND_INTX_DISABLE);
	return error;
}
