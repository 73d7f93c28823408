/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See firmware.h. Sources: Intel 82Q35 (PCIEXBAR, 5.1.15), ICH9 (PIRQ routing, 13.1.9 and 13.1.12), PIIX3 (4.1.9); QEMU's
 * microvm documentation. BARs are left to the kernel.
 */
#include "tests/host/qtest/firmware.h"
#include "kernel/acpi.h"
#include "kernel/iommu.h"
#include "kernel/pci.h"
#include "kernel/vm.h"
#include "kernel/x86_64/io.h"
#include "tests/host/qtest/client.h"
#include "tests/host/qtest/qemu.h"
#include "tests/host/test.h"
#include "virtio/virtio_mmio.h"

#define ECAM 0xb0000000u
#define LINE 10u /* where all of PCI's interrupt lines lead */

#define SLOT_ADDRESS 0xfeb00000u
#define SLOT_SIZE    0x200u
#define SLOTS        8u
#define SLOT_LINE    5u

struct acpi_info acpi;

void acpi_find_ecam(void)
{
}

void acpi_find_devices(const char *hid, void (*found)(const struct acpi_device *))
{
	(void)hid, (void)found; /* the machine has no ACPI: its slots are where they are */
}

bool iommu_translates(void)
{
	return false;
}

uint64_t vm_low_memory_end(void)
{
	return QEMU_RAM_END;
}

/* --- the processor's accesses --- */

static uint32_t mmio_read(const volatile void *at, unsigned width)
{
	return qtest_read((uintptr_t)at, width);
}

static void mmio_write(volatile void *at, uint32_t value, unsigned width)
{
	qtest_write((uintptr_t)at, width, value);
}

static uint32_t port_read(uint16_t port, unsigned width)
{
	return qtest_in(port, width);
}

static void port_write(uint16_t port, uint32_t value, unsigned width)
{
	qtest_out(port, width, value);
}

/* --- PCI --- */

static void select_config(unsigned slot, unsigned function, unsigned offset)
{
	outl(0xcf8, 0x80000000u | slot << 11 | function << 8 | offset);
}

static void write_config(unsigned slot, unsigned function, unsigned offset, uint32_t value)
{
	select_config(slot, function, offset);
	outl(0xcfc, value);
}

static uint32_t read_config(unsigned slot, unsigned function, unsigned offset)
{
	select_config(slot, function, offset);
	return inl(0xcfc);
}

/* The interrupt line register of whatever is on bus 0 says where its line leads. */
static void tell_lines(void)
{
	for (unsigned slot = 1; slot < 32; slot++)
		if (read_config(slot, 0, 0) != 0xffffffffu)
			write_config(slot, 0, 0x3c, (read_config(slot, 0, 0x3c) & ~0xffu) | LINE);
}

static void make_pc(void)
{
	write_config(1, 0, 0x60, LINE * 0x01010101u);
}

static void make_q35(void)
{
	write_config(0, 0, 0x60, ECAM | 1);
	write_config(31, 0, 0x60, LINE * 0x01010101u);
	write_config(31, 0, 0x68, LINE * 0x01010101u);
	acpi.necam = 1;
	acpi.ecam[0].address = ECAM;
	acpi.ecam[0].bus_last = 255;
}

void firmware_run(const char *machine)
{
	shim_io = (struct shim_io){ .port_read = port_read, .port_write = port_write, .mmio_read = mmio_read, .mmio_write = mmio_write };
	for (unsigned i = 0; i < 16; i++)
		acpi.isa_irq[i].gsi = i;
	if (strcmp(machine, "microvm") == 0) {
		virtio_mmio_init();
		return;
	}
	if (strcmp(machine, "q35") == 0)
		make_q35();
	else
		make_pc();
	tell_lines();
	pci_init();
}
