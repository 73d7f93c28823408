/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds the ACPI tables (ACPI 6.5, section 5.2.5 to 5.2.8) and hands each to its parser. Runs once
 * while booting, alone.
 * Addresses, lengths and checksums are distrusted: what cannot be mapped or does not add up is left
 * out, with one log line.
 */
#include "kernel/acpi.h"
#include "kernel/acpi_tables.h"
#include "kernel/log.h"
#include "kernel/vm.h"
#include <string.h>

/* 5.2.5.1. PC BIOSes use the area's upper half, so that is searched first. */
#define BIOS_AREA_HIGH  0xf0000u
#define BIOS_AREA_LOW   0xe0000u
#define BIOS_AREA_END   0x100000u
#define RSDP_ALIGN      16u
#define TABLE_LEN_MAX   (1u << 20) /* no table is that long; a length that says so is wrong */

struct acpi_info acpi;
static uint64_t fadt_address;

/*
 * The sum of len bytes, which is 0 mod 256 for what is intact. Eight bytes at a time, in 16-bit
 * lanes that are folded before they can overflow.
 */
static uint8_t byte_sum(const void *start, size_t len)
{
	const uint8_t *p = start;
	uint64_t total = 0;

	while (len >= 8) {
		uint64_t lanes = 0;

		for (unsigned i = 0; i < 128 && len >= 8; i++, p += 8, len -= 8) {
			uint64_t v;

			memcpy(&v, p, sizeof v);
			lanes += (v & 0x00ff00ff00ff00ffull) + (v >> 8 & 0x00ff00ff00ff00ffull);
		}
		total += (lanes & 0xffff) + (lanes >> 16 & 0xffff) + (lanes >> 32 & 0xffff) +
			 (lanes >> 48);
	}
	while (len--)
		total += *p++;
	return (uint8_t)total;
}

/* Maps a table and checks it. NULL: not usable. */
static const struct acpi_header *map_table(uint64_t address)
{
	const struct acpi_header *h = vm_map_rom(address, sizeof *h);
	uint32_t len;

	if (!h)
		return NULL;
	len = h->length;
	if (len < sizeof *h || len > TABLE_LEN_MAX || !vm_map_rom(address, len) ||
	    byte_sum(h, len) != 0) {
		log_warn("acpi: table %.4s at 0x%llx is broken (length %u): ignored", h->signature,
			 (unsigned long long)address, len);
		return NULL;
	}
	return h;
}

static void parse_table(uint64_t address)
{
	static const struct {
		char signature[5];
		void (*parse)(struct acpi_info *, const struct acpi_header *);
	} parsers[] = {
		{ "APIC", acpi_parse_madt },
		{ "MCFG", acpi_parse_mcfg },
		{ "FACP", acpi_parse_fadt },
		{ "HPET", acpi_parse_hpet },
		{ "DMAR", acpi_parse_dmar },
		{ "IVRS", acpi_parse_other_iommu },
		{ "VIOT", acpi_parse_other_iommu },
	};
	const struct acpi_header *h = vm_map_rom(address, sizeof *h);

	for (unsigned i = 0; h && i < sizeof parsers / sizeof parsers[0]; i++) {
		if (memcmp(h->signature, parsers[i].signature, 4) != 0)
			continue;
		if (!map_table(address))
			return;
		parsers[i].parse(&acpi, h);
		if (parsers[i].parse == acpi_parse_fadt)
			fadt_address = address;
	}
}

/* The root table is a list of addresses, 4 bytes each in the RSDT and 8 in the XSDT. */
static bool walk_root(uint64_t address, const char *signature, size_t entry_size)
{
	const struct acpi_header *root = address ? map_table(address) : NULL;
	const uint8_t *at, *end;

	if (!root || memcmp(root->signature, signature, 4) != 0)
		return false;
	end = (const uint8_t *)root + root->length;
	for (at = (const uint8_t *)(root + 1); (size_t)(end - at) >= entry_size; at += entry_size) {
		uint64_t table = 0;

		memcpy(&table, at, entry_size);
		if (table)
			parse_table(table);
	}
	return true;
}

static bool rsdp_valid(const struct acpi_rsdp *rsdp)
{
	return memcmp(rsdp->signature, "RSD PTR ", 8) == 0 && byte_sum(rsdp, ACPI_RSDP_V1_LEN) == 0;
}

/*
 * The first word of the signature is compared on the way: this loop is a good part of a short boot.
 */
static const struct acpi_rsdp *search_area(uint64_t start, uint64_t end)
{
	const char *at = vm_map_rom(start, end - start);
	const char *last = at + (end - start) - sizeof(struct acpi_rsdp);
	uint32_t first_word;

	if (!at)
		return NULL;
	memcpy(&first_word, "RSD ", sizeof first_word);
	for (; at <= last; at += RSDP_ALIGN)
		if (*(const uint32_t *)at == first_word && rsdp_valid((const struct acpi_rsdp *)at))
			return (const struct acpi_rsdp *)at;
	return NULL;
}

/*
 * The extended BIOS data area is not searched: the pointer to it lies in page 0, which stays
 * unmapped, and no firmware of a virtual machine uses it.
 */
static const struct acpi_rsdp *search_rsdp(void)
{
	const struct acpi_rsdp *found = search_area(BIOS_AREA_HIGH, BIOS_AREA_END);

	/* It may straddle the halves. */
	return found ? found : search_area(BIOS_AREA_LOW, BIOS_AREA_HIGH + sizeof *found);
}

static const struct acpi_rsdp *find_rsdp(uint64_t given)
{
	const struct acpi_rsdp *rsdp;

	if (!given)
		return search_rsdp();
	rsdp = vm_map_rom(given, sizeof *rsdp);
	if (rsdp && rsdp_valid(rsdp))
		return rsdp;
	log_warn("acpi: no RSDP at 0x%llx, where the loader said", (unsigned long long)given);
	return search_rsdp();
}

static void set_defaults(void)
{
	memset(&acpi, 0, sizeof acpi);
	fadt_address = 0;
	acpi.lapic_address = 0xfee00000;
	for (unsigned i = 0; i < 16; i++)
		acpi.isa_irq[i].gsi = i;
}

void acpi_init(uint64_t rsdp_address)
{
	const struct acpi_rsdp *rsdp;
	bool extended;

	set_defaults();
	rsdp = find_rsdp(rsdp_address);
	if (!rsdp) {
		log_info("acpi: no tables");
		return;
	}
	extended = rsdp->revision >= 2 && byte_sum(rsdp, sizeof *rsdp) == 0;
	acpi.present = (extended && walk_root(rsdp->xsdt_address, "XSDT", 8)) ||
		       walk_root(rsdp->rsdt_address, "RSDT", 4);
	if (!acpi.present)
		log_warn("acpi: neither XSDT nor RSDT is usable");
}

static const struct acpi_header *map_dsdt(void)
{
	const struct acpi_header *fadt = fadt_address ? map_table(fadt_address) : NULL;
	uint64_t address = fadt ? acpi_fadt_dsdt(fadt) : 0;

	return address ? map_table(address) : NULL;
}

void acpi_find_s5(void)
{
	const struct acpi_header *dsdt = map_dsdt();

	if (dsdt)
		acpi_parse_s5(&acpi, dsdt);
}

void acpi_find_ecam(void)
{
	const struct acpi_header *dsdt = map_dsdt();

	if (dsdt)
		acpi_parse_cba(&acpi, dsdt);
}

void acpi_find_devices(const char *hid, void (*found)(const struct acpi_device *))
{
	const struct acpi_header *dsdt = map_dsdt();

	if (dsdt)
		acpi_parse_devices(dsdt, hid, found);
}
