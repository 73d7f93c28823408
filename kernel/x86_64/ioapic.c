/* SPDX-License-Identifier: BSD-2-Clause */
/* I/O APICs. Source: 82093AA datasheet, section 3. Called with interrupts off. */
#include "kernel/acpi.h"
#include "kernel/vm.h"
#include "kernel/x86_64/apic.h"
#include "kernel/x86_64/io.h"

#define DEFAULT_ADDRESS 0xfec00000 /* where there are no tables to tell */

enum { REG_SELECT = 0x00, REG_WINDOW = 0x10 };
enum { INDEX_VERSION = 1, INDEX_REDIRECTION = 0x10 };
enum { ENTRY_ACTIVE_LOW = 1 << 13, ENTRY_LEVEL = 1 << 15, ENTRY_MASKED = 1 << 16 };

static struct ioapic {
	volatile char *registers;
	unsigned gsi_base, inputs;
} ioapics[ACPI_MAX_IOAPICS];
static unsigned nioapics;

static uint32_t ioapic_read(const struct ioapic *a, unsigned index)
{
	mmio_write32(a->registers + REG_SELECT, index);
	return mmio_read32(a->registers + REG_WINDOW);
}

static void ioapic_write(const struct ioapic *a, unsigned index, uint32_t v)
{
	mmio_write32(a->registers + REG_SELECT, index);
	mmio_write32(a->registers + REG_WINDOW, v);
}

static void add(uint64_t address, unsigned gsi_base)
{
	struct ioapic *a = &ioapics[nioapics];
	uint32_t version;

	a->registers = vm_map_device(address, REG_WINDOW + 4);
	if (!a->registers)
		return;
	version = ioapic_read(a, INDEX_VERSION);
	if (version == UINT32_MAX) /* nothing answers there */
		return;
	a->gsi_base = gsi_base;
	a->inputs = (version >> 16 & 0xff) + 1;
	for (unsigned i = 0; i < a->inputs; i++)
		ioapic_write(a, INDEX_REDIRECTION + 2 * i, ENTRY_MASKED);
	nioapics++;
}

void ioapic_init(void)
{
	for (unsigned i = 0; i < acpi.nioapics; i++)
		add(acpi.ioapic[i].address, acpi.ioapic[i].gsi_base);
	if (acpi.nioapics == 0)
		add(DEFAULT_ADDRESS, 0);
}

static const struct ioapic *ioapic_of(unsigned gsi)
{
	for (const struct ioapic *a = ioapics; a < ioapics + nioapics; a++)
		if (gsi >= a->gsi_base && gsi - a->gsi_base < a->inputs)
			return a;
	return NULL;
}

bool ioapic_has(unsigned gsi)
{
	return ioapic_of(gsi) != NULL;
}

/* The upper half first: writing the lower one unmasks. */
void ioapic_route(unsigned gsi, unsigned vector, uint32_t apic_id, bool level, bool active_low)
{
	const struct ioapic *a = ioapic_of(gsi);
	unsigned index = INDEX_REDIRECTION + 2 * (gsi - a->gsi_base);

	ioapic_write(a, index + 1, apic_id << 24);
	ioapic_write(a, index,
		     vector | (level ? ENTRY_LEVEL : 0) | (active_low ? ENTRY_ACTIVE_LOW : 0));
}
