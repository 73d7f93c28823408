/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access to configuration space: memory-mapped (ECAM, PCI Express Base 5.0, 7.2.2), else through
 * ports 0xcf8 and 0xcfc (configuration mechanism 1, PCI Local Bus 3.0, 3.2.2.3.2). Offsets are
 * within the first 256 bytes; ECAM would allow 4096.
 */
#include "kernel/pci_priv.h"
#include "kernel/spinlock.h"
#include "kernel/vm.h"
#include "kernel/x86_64/io.h"

#define CONFIG_ADDRESS 0xcf8u
#define CONFIG_DATA    0xcfcu
#define CONFIG_ENABLE  (1u << 31)
#define BUS_ECAM_LEN   (1u << 20)

static struct spinlock port_lock = SPINLOCK_INIT; /* address and data are one transaction */

bool pci_ports_present(void)
{
	outl(CONFIG_ADDRESS, CONFIG_ENABLE);
	return inl(CONFIG_ADDRESS) == CONFIG_ENABLE;
}

volatile uint8_t *pci_config_map_bus(const struct pci_root *root, unsigned bus)
{
	return root->ecam ? vm_map_device(root->ecam + (uint64_t)bus * BUS_ECAM_LEN, BUS_ECAM_LEN)
			  : NULL;
}

/* Selects the dword that holds offset; returns the port of the byte at offset. */
static uint16_t select_port(const struct pci_dev *dev, unsigned offset)
{
	outl(CONFIG_ADDRESS, CONFIG_ENABLE | (uint32_t)dev->bus << 16 | (uint32_t)dev->slot << 11 |
				     (uint32_t)dev->function << 8 | (offset & 0xfc));
	return (uint16_t)(CONFIG_DATA + (offset & 3));
}

#define CONFIG_ACCESSORS(bits, in, out)								\
uint##bits##_t pci_read##bits(struct pci_dev *dev, unsigned offset)				\
{												\
	uint##bits##_t value;									\
	irq_state s;										\
												\
	if (dev->config)									\
		return mmio_read##bits((volatile uint8_t *)dev->config + offset);		\
	s = spin_lock(&port_lock);								\
	value = in(select_port(dev, offset));							\
	spin_unlock(&port_lock, s);								\
	return value;										\
}												\
												\
void pci_write##bits(struct pci_dev *dev, unsigned offset, uint##bits##_t value)		\
{												\
	irq_state s;										\
												\
	if (dev->config) {									\
		mmio_write##bits((volatile uint8_t *)dev->config + offset, value);		\
		return;										\
	}											\
	s = spin_lock(&port_lock);								\
	out(select_port(dev, offset), value);							\
	spin_unlock(&port_lock, s);								\
}

CONFIG_ACCESSORS(8, inb, outb)
CONFIG_ACCESSORS(16, inw, outw)
CONFIG_ACCESSORS(32, inl, outl)
