/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each ACPI table tells: pure code from a table in memory to struct acpi_info. Every length
 * inside a table is distrusted; a field that a short (old) table does not have reads as zero, which
 * everywhere means "not there".
 */
#include "kernel/acpi.h"
#include "kernel/acpi_tables.h"
#include <string.h>

#define MIN(a, b) ((a) < (b) ? (a) : (b))

/*
 * Copies as much of a table as there is; the rest of the copy is zero. Tables need not be aligned,
 * the copy is.
 */
static void copy_table(void *copy, size_t size, const struct acpi_header *table)
{
	memset(copy, 0, size);
	memcpy(copy, table, MIN(size, table->length));
}

static void add_cpu(struct acpi_info *info, uint32_t apic_id, uint32_t flags)
{
	if (!(flags & ACPI_MADT_CPU_ENABLED))
		return;
	if (info->ncpus == ACPI_MAX_CPUS)
		info->ncpus_beyond++;
	else
		info->cpu_apic_id[info->ncpus++] = apic_id;
}

static void add_ioapic(struct acpi_info *info, uint32_t address, uint32_t gsi_base)
{
	if (info->nioapics == ACPI_MAX_IOAPICS || address == 0)
		return;
	info->ioapic[info->nioapics].address = address;
	info->ioapic[info->nioapics++].gsi_base = gsi_base;
}

/*
 * Flags: bits 1:0 polarity, 3:2 trigger mode; 0 "as the bus does it", which on ISA is edge, active
 * high (5.2.12.5, table 5.26).
 */
static void override_isa_irq(struct acpi_info *info, unsigned source, uint32_t gsi, uint16_t flags)
{
	if (source >= 16)
		return;
	info->isa_irq[source].gsi = gsi;
	info->isa_irq[source].active_low = (flags & 3) == 3;
	info->isa_irq[source].level = (flags >> 2 & 3) == 3;
}

static void parse_madt_entry(struct acpi_info *info, const struct acpi_madt_entry *e)
{
	switch (e->type) {
	case ACPI_MADT_LAPIC:
		add_cpu(info, e->lapic.apic_id, e->lapic.flags);
		break;
	case ACPI_MADT_X2APIC:
		add_cpu(info, e->x2apic.apic_id, e->x2apic.flags);
		break;
	case ACPI_MADT_IOAPIC:
		add_ioapic(info, e->ioapic.address, e->ioapic.gsi_base);
		break;
	case ACPI_MADT_INTERRUPT_OVERRIDE:
		override_isa_irq(info, e->override.source, e->override.gsi, e->override.flags);
		break;
	case ACPI_MADT_LAPIC_ADDRESS_OVERRIDE:
		info->lapic_address = e->lapic_address.address;
		break;
	}
}

void acpi_parse_madt(struct acpi_info *info, const struct acpi_header *table)
{
	const uint8_t *at = (const uint8_t *)table + sizeof(struct acpi_madt);
	const uint8_t *end = (const uint8_t *)table + table->length;
	struct acpi_madt madt;

	if (table->length < sizeof madt)
		return;
	copy_table(&madt, sizeof madt, table);
	info->lapic_address = madt.lapic_address;
	while (end - at >= 2 && at[1] >= 2 && at[1] <= end - at) {
		struct acpi_madt_entry entry = { 0 };

		memcpy(&entry, at, MIN(sizeof entry, at[1]));
		parse_madt_entry(info, &entry);
		at += at[1];
	}
}

void acpi_parse_mcfg(struct acpi_info *info, const struct acpi_header *table)
{
	const struct acpi_mcfg *mcfg = (const struct acpi_mcfg *)table;
	size_t n;

	if (table->length < sizeof *mcfg)
		return;
	n = (table->length - sizeof *mcfg) / sizeof mcfg->entry[0];
	for (size_t i = 0; i < n && info->necam < ACPI_MAX_ECAM; i++) {
		struct acpi_mcfg_entry e = mcfg->entry[i];

		if (e.address == 0 || e.bus_last < e.bus_first)
			continue;
		info->ecam[info->necam].address = e.address;
		info->ecam[info->necam].segment = e.segment;
		info->ecam[info->necam].bus_first = e.bus_first;
		info->ecam[info->necam++].bus_last = e.bus_last;
	}
}

/*
 * The 64-bit form of a port register block, where there is one and it is a port, else the old
 * 32-bit form (5.2.9: X_ fields rule when not zero).
 */
static uint16_t fadt_port(const struct acpi_gas *extended, uint32_t old)
{
	if (extended->address && extended->space == 1)
		return (uint16_t)extended->address;
	return (uint16_t)old;
}

void acpi_parse_fadt(struct acpi_info *info, const struct acpi_header *table)
{
	struct acpi_fadt fadt;

	copy_table(&fadt, sizeof fadt, table);
	info->hw_reduced = fadt.flags & ACPI_FADT_HW_REDUCED_ACPI;
	if (!info->hw_reduced) {
		info->pm_timer_port = fadt_port(&fadt.x_pm_tmr_blk, fadt.pm_tmr_blk);
		info->pm_timer_32bit = fadt.flags & ACPI_FADT_TMR_VAL_EXT;
		info->pm1a_control = fadt_port(&fadt.x_pm1a_cnt_blk, fadt.pm1a_cnt_blk);
		info->pm1b_control = fadt_port(&fadt.x_pm1b_cnt_blk, fadt.pm1b_cnt_blk);
	}
	if (fadt.flags & ACPI_FADT_RESET_REG_SUP) {
		info->reset.space = fadt.reset_reg.space;
		info->reset.address = fadt.reset_reg.address;
		info->reset.value = fadt.reset_value;
	}
	info->sleep_control.space = fadt.sleep_control_reg.space;
	info->sleep_control.address = fadt.sleep_control_reg.address;
	info->century_register = fadt.century;
	info->rtc_absent = fadt.iapc_boot_arch & ACPI_FADT_IAPC_NO_CMOS_RTC;
}

uint64_t acpi_fadt_dsdt(const struct acpi_header *table)
{
	struct acpi_fadt fadt;

	copy_table(&fadt, sizeof fadt, table);
	return fadt.x_dsdt ? fadt.x_dsdt : fadt.dsdt;
}

void acpi_parse_hpet(struct acpi_info *info, const struct acpi_header *table)
{
	struct acpi_hpet hpet;

	copy_table(&hpet, sizeof hpet, table);
	if (hpet.base.space == 0)
		info->hpet_address = hpet.base.address;
}

static void add_iommu(struct acpi_info *info, uint64_t registers)
{
	if (info->niommus < ACPI_MAX_IOMMUS)
		info->iommu[info->niommus++] = registers;
}

void acpi_parse_dmar(struct acpi_info *info, const struct acpi_header *table)
{
	const uint8_t *at = (const uint8_t *)table + sizeof(struct acpi_dmar);
	const uint8_t *end = (const uint8_t *)table + table->length;

	while (at + sizeof(struct acpi_drhd) <= end) {
		const struct acpi_drhd *unit = (const struct acpi_drhd *)at;

		if (unit->type == ACPI_DMAR_DRHD)
			add_iommu(info, unit->registers);
		if (unit->length < 4)
			return;
		at += unit->length;
	}
}

void acpi_parse_other_iommu(struct acpi_info *info, const struct acpi_header *table)
{
	(void)table;
	add_iommu(info, 0);
}

/*
 * One integer element of a package (20.2.3): ZeroOp, OneOp or BytePrefix and a byte. Returns how
 * many bytes it took, 0: something else.
 */
static unsigned aml_small_integer(const uint8_t *at, const uint8_t *end, uint8_t *value)
{
	if (at < end && at[0] <= 1) {
		*value = at[0];
		return 1;
	}
	if (end - at >= 2 && at[0] == 0x0a) {
		*value = at[1];
		return 2;
	}
	return 0;
}

/*
 * at follows the name _S5_: PackageOp, PkgLength (1 to 4 bytes, told by the two top bits of the
 * first), NumElements, elements (20.2.5.4).
 */
static void parse_s5_package(struct acpi_info *info, const uint8_t *at, const uint8_t *end)
{
	unsigned used;

	if (end - at < 4 || at[0] != 0x12)
		return;
	at += 1 + 1 + (at[1] >> 6) + 1;
	if (at >= end)
		return;
	used = aml_small_integer(at, end, &info->s5_type_a);
	if (used == 0)
		return;
	info->s5_known = true;
	if (!aml_small_integer(at + used, end, &info->s5_type_b))
		info->s5_type_b = info->s5_type_a;
}

/*
 * The DSDT's bytes behind the next place where name stands, at or after from; NULL: none. No AML is
 * run: firmware writes what we look for as constants.
 */
static const uint8_t *find_name(const struct acpi_header *table, const uint8_t *from,
				const char *name)
{
	const uint8_t *end = (const uint8_t *)table + table->length;
	uint32_t wanted, here;

	memcpy(&wanted, name, sizeof wanted);
	for (; end - from >= 4; from++) {
		memcpy(&here, from, sizeof here);
		if (here == wanted)
			return from + 4;
	}
	return NULL;
}

/* Behind NameOp (0x08), with or without the root prefix. */
void acpi_parse_s5(struct acpi_info *info, const struct acpi_header *table)
{
	const uint8_t *at = (const uint8_t *)(table + 1);
	const uint8_t *end = (const uint8_t *)table + table->length;

	while (!info->s5_known && (at = find_name(table, at, "_S5_")) != NULL)
		if (at[-5] == 0x08 || (at[-5] == '\\' && at[-6] == 0x08))
			parse_s5_package(info, at, end);
}

/*
 * The integer a method without arguments returns, if its whole body is to return one: flags,
 * ReturnOp (0xa4), DWordPrefix (0x0c) or QWordPrefix (0x0e).
 */
static uint64_t returned_constant(const uint8_t *at, const uint8_t *end)
{
	uint64_t value = 0;
	size_t size = end - at > 3 && at[2] == 0x0e ? 8 : 4;

	if (end - at < (ptrdiff_t)(3 + size) || (at[0] & 7) || at[1] != 0xa4 ||
	    (at[2] != 0x0c && at[2] != 0x0e))
		return 0;
	memcpy(&value, at + 3, size);
	return value;
}

/*
 * _CBA, the address of a host bridge's ECAM (PCI Firmware 3.3, 4.1.3). The bus range would be in
 * _CRS; all 256 are there wherever this was seen.
 */
void acpi_parse_cba(struct acpi_info *info, const struct acpi_header *table)
{
	const uint8_t *at = find_name(table, (const uint8_t *)(table + 1), "_CBA");
	uint64_t address = at ? returned_constant(at, (const uint8_t *)table + table->length) : 0;

	if (!address || info->necam)
		return;
	info->ecam[0].address = address;
	info->ecam[0].bus_last = 255;
	info->necam = 1;
}

/*
 * Both descriptors of a device whose only two they are, at the start of its template. False: the
 * template is something else.
 */
static bool parse_template(const uint8_t *at, const uint8_t *end, struct acpi_device *d)
{
	struct acpi_memory32_fixed memory;
	struct acpi_extended_interrupt interrupt;

	if (end - at <= (ptrdiff_t)(sizeof memory + sizeof interrupt))
		return false;
	memcpy(&memory, at, sizeof memory);
	memcpy(&interrupt, at + sizeof memory, sizeof interrupt);
	if (memory.tag != ACPI_MEMORY32_FIXED || memory.length != sizeof memory - 3 ||
	    interrupt.tag != ACPI_EXTENDED_INTERRUPT || interrupt.length != sizeof interrupt - 3 ||
	    interrupt.count != 1 || at[sizeof memory + sizeof interrupt] != ACPI_END_TAG)
		return false;
	*d = (struct acpi_device){
		.address = memory.base,
		.size = memory.size,
		.gsi = interrupt.interrupt,
		.active_low = interrupt.flags & 4,
	};
	return true;
}

/*
 * Name(_CRS, Buffer(){...}): after the name BufferOp (0x11), PkgLength, and the buffer's size as a
 * constant of 1 or 2 bytes behind its prefix (0x0a, 0x0b).
 */
static bool parse_crs(const uint8_t *at, const uint8_t *end, struct acpi_device *d)
{
	if (end - at < 7 || at[0] != 0x11)
		return false;
	at += 1 + 1 + (at[1] >> 6);
	if (at[0] != 0x0a && at[0] != 0x0b)
		return false;
	return parse_template(at + (at[0] == 0x0a ? 2 : 3), end, d);
}

/* Each device's _HID comes before its _CRS, and the next device's after. */
void acpi_parse_devices(const struct acpi_header *table, const char *hid,
			void (*found)(const struct acpi_device *))
{
	const uint8_t *end = (const uint8_t *)table + table->length;
	const uint8_t *at = (const uint8_t *)(table + 1);
	struct acpi_device d;

	while ((at = find_name(table, at, hid)) != NULL) {
		const uint8_t *crs;

		if (end - at < 4 || memcmp(at, hid + 4, 4) != 0)
			continue;
		crs = find_name(table, at, "_CRS");
		if (crs && parse_crs(crs, end, &d))
			found(&d);
	}
}
