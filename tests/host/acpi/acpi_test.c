/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ACPI reader over tables built here: whole, short, with wrong checksums, lengths and addresses.
 * Links: kernel/acpi.c kernel/acpi_parse.c tests/host/acpi/rom.c
 */
#include "tests/host/acpi/rom.h"
#include "tests/host/test.h"
#include "tests/host/shim.h"
#include "kernel/acpi.h"
#include "kernel/acpi_tables.h"
#include "kernel/vm.h"

static void forget(void)
{
	rom_forget();
	shim_log_clear();
}

static void seal(struct acpi_header *h)
{
	h->checksum = 0;
	h->checksum = (uint8_t)-rom_sum(h, h->length);
}

static void *table(uint64_t phys, const char *signature, size_t len)
{
	struct acpi_header *h = rom_block(phys, len);

	memcpy(h->signature, signature, 4);
	h->length = (uint32_t)len;
	seal(h);
	return h;
}

static struct acpi_rsdp *rsdp(uint64_t phys, uint64_t xsdt, uint32_t rsdt)
{
	struct acpi_rsdp *r = rom_block(phys, sizeof(*r));

	memcpy(r->signature, "RSD PTR ", 8);
	r->revision = xsdt ? 2 : 0;
	r->rsdt_address = rsdt;
	r->length = sizeof(*r);
	r->xsdt_address = xsdt;
	r->checksum = (uint8_t)-rom_sum(r, 20);
	r->extended_checksum = (uint8_t)-rom_sum(r, sizeof(*r));
	return r;
}

static void xsdt(uint64_t phys, const uint64_t *entry, unsigned n)
{
	struct acpi_header *h = table(phys, "XSDT", sizeof(*h) + n * 8);

	memcpy(h + 1, entry, n * 8);
	seal(h);
}

/* A whole small machine: RSDP at 0xf5000, XSDT at 0x10000 naming MADT, MCFG, FADT, HPET. */
static void machine(void)
{
	static const uint64_t entries[] = { 0x11000, 0x12000, 0x13000, 0x14000 };
	static const uint8_t madt_entries[] = {
		0, 8, 0, 7, 1, 0, 0, 0,                      /* CPU, apic id 7, enabled */
		0, 8, 1, 8, 0, 0, 0, 0,                      /* disabled */
		9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, /* x2APIC id 0x100 */
		1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 24, 0, 0, 0,  /* I/O APIC 0xfec00000, GSI 24 */
		2, 10, 0, 0, 2, 0, 0, 0, 0, 0,               /* IRQ 0 -> GSI 2 */
		2, 10, 0, 9, 9, 0, 0, 0, 0x0f, 0,            /* IRQ 9 level, active low */
		2, 10, 0, 99, 9, 0, 0, 0, 0x0f, 0,           /* no such ISA interrupt */
		77, 3, 0,                                    /* unknown type */
		5, 12, 0, 0, 0, 0, 0xe0, 0xfe, 1, 0, 0, 0,   /* LAPIC at 0x1fee00000 */
	};
	struct acpi_header *madt;
	struct acpi_mcfg *mcfg;
	struct acpi_fadt *fadt;
	struct acpi_hpet *hpet;

	rsdp(0xf5000, 0x10000, 0);
	xsdt(0x10000, entries, 4);
	madt = table(0x11000, "APIC", sizeof(struct acpi_madt) + sizeof(madt_entries));
	((struct acpi_madt *)madt)->lapic_address = 0xfee00000;
	memcpy((uint8_t *)madt + sizeof(struct acpi_madt), madt_entries, sizeof(madt_entries));
	seal(madt);
	mcfg = table(0x12000, "MCFG", sizeof(*mcfg) + 2 * sizeof(mcfg->entry[0]));
	mcfg->entry[0] = (struct acpi_mcfg_entry){ .address = 0xb0000000, .bus_last = 255 };
	mcfg->entry[1] = (struct acpi_mcfg_entry){ .address = 0xc0000000, .bus_first = 9, .bus_last = 3 };
	seal(&mcfg->header);
	fadt = table(0x13000, "FACP", sizeof(*fadt));
	fadt->dsdt = 0x15000;
	fadt->pm_tmr_blk = 0x608;
	fadt->pm1a_cnt_blk = 0x604;
	fadt->flags = ACPI_FADT_TMR_VAL_EXT | ACPI_FADT_RESET_REG_SUP;
	fadt->reset_reg = (struct acpi_gas){ .space = 1, .address = 0xcf9 };
	fadt->reset_value = 0x0f;
	fadt->century = 0x32;
	seal(&fadt->header);
	hpet = table(0x14000, "HPET", sizeof(*hpet));
	hpet->base.address = 0xfed00000;
	seal(&hpet->header);
}

static void dsdt(const void *aml, size_t len)
{
	struct acpi_header *h = table(0x15000, "DSDT", sizeof(*h) + len);

	memcpy(h + 1, aml, len);
	seal(h);
}

static void check_machine(void)
{
	CHECK(acpi.present);
	CHECK_EQ(acpi.ncpus, 2);
	CHECK_EQ(acpi.cpu_apic_id[0], 7);
	CHECK_EQ(acpi.cpu_apic_id[1], 0x100);
	CHECK_EQ(acpi.nioapics, 1);
	CHECK_EQ(acpi.ioapic[0].address, 0xfec00000);
	CHECK_EQ(acpi.ioapic[0].gsi_base, 24);
	CHECK_EQ(acpi.isa_irq[0].gsi, 2);
	CHECK(!acpi.isa_irq[0].level && !acpi.isa_irq[0].active_low);
	CHECK(acpi.isa_irq[9].level && acpi.isa_irq[9].active_low);
	CHECK_EQ(acpi.isa_irq[4].gsi, 4);
	CHECK_EQ(acpi.lapic_address, 0x1fee00000);
	CHECK_EQ(acpi.necam, 1);
	CHECK_EQ(acpi.ecam[0].address, 0xb0000000);
	CHECK_EQ(acpi.ecam[0].bus_last, 255);
	CHECK_EQ(acpi.pm_timer_port, 0x608);
	CHECK(acpi.pm_timer_32bit);
	CHECK_EQ(acpi.pm1a_control, 0x604);
	CHECK_EQ(acpi.reset.space, 1);
	CHECK_EQ(acpi.reset.address, 0xcf9);
	CHECK_EQ(acpi.reset.value, 0x0f);
	CHECK_EQ(acpi.century_register, 0x32);
	CHECK_EQ(acpi.hpet_address, 0xfed00000);
}

TEST(given_rsdp)
{
	forget();
	machine();
	acpi_init(0xf5000);
	check_machine();
}

static void search_at(uint64_t where)
{
	uint8_t *area;

	forget();
	area = rom_block(0xe0000, 0x20000);
	machine();
	memcpy(area + where - 0xe0000, rom_blocks[1].mem, 36);
	memcpy(area + 0x100, "RSD PTR garbage that has the name but not the sum", 48);
	acpi_init(0);
	check_machine();
	acpi_init(0x999000); /* a wrong hint falls back to the search */
	check_machine();
	CHECK(shim_log_has("no RSDP at 0x999000"));
}

TEST(rsdp_found_in_bios_area)
{
	search_at(0xf5000);
	search_at(0xe0000);
	search_at(0xeffe0);
	search_at(0xfffd0);
}

TEST(no_tables)
{
	forget();
	acpi_init(0);
	CHECK(!acpi.present);
	CHECK_EQ(acpi.lapic_address, 0xfee00000);
	CHECK_EQ(acpi.isa_irq[5].gsi, 5);
	acpi_find_s5();
	CHECK(!acpi.s5_known);
}

TEST(rsdt_when_xsdt_is_broken)
{
	struct acpi_header *h;
	uint32_t entry = 0x11000;

	forget();
	machine();
	rom_blocks[0].mem[0] = 'X';
	rsdp(0xf6000, 0x10000, 0x17000);
	h = table(0x17000, "RSDT", sizeof(*h) + 4);
	memcpy(h + 1, &entry, 4);
	seal(h);
	rom_blocks[1].mem[20] ^= 1;
	acpi_init(0xf6000);
	CHECK(acpi.present);
	CHECK_EQ(acpi.ncpus, 2);
	CHECK_EQ(acpi.necam, 0);
	CHECK(shim_log_has("table XSDT at 0x10000 is broken"));
}

TEST(each_table_may_be_broken)
{
	for (unsigned i = 2; i < 6; i++) {
		forget();
		machine();
		rom_blocks[i].mem[9] ^= 0x40;
		acpi_init(0xf5000);
		CHECK(acpi.present);
		CHECK_EQ(acpi.ncpus, i == 2 ? 0 : 2);
		CHECK_EQ(acpi.necam, i == 3 ? 0 : 1);
		CHECK_EQ(acpi.pm_timer_port, i == 4 ? 0 : 0x608);
		CHECK_EQ(acpi.hpet_address, i == 5 ? 0 : 0xfed00000);
	}
}

/* Every length from nothing to the whole, resealed each time: no read past the end, whatever is left. */
TEST(each_table_may_be_short)
{
	for (unsigned i = 1; i < 6; i++) {
		size_t whole;

		forget();
		machine();
		whole = rom_blocks[i].len;
		for (size_t len = 0; len < whole; len++) {
			struct acpi_header *h = calloc(1, len < 36 ? 36 : len);

			memcpy(h, rom_blocks[i].mem, len);
			h->length = (uint32_t)len;
			if (len >= 36)
				seal(h);
			uint8_t *old = rom_blocks[i].mem;
			rom_blocks[i].mem = (uint8_t *)h;
			rom_blocks[i].len = len < 36 ? 36 : len;
			acpi_init(0xf5000);
			acpi_find_s5();
			rom_blocks[i].mem = old;
			free(h);
		}
	}
}

TEST(lengths_that_lie)
{
	static const uint32_t lengths[] = { 0, 35, 0x7fffffff, 0xffffffff, 4096 };

	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		forget();
		machine();
		((struct acpi_header *)rom_blocks[2].mem)->length = lengths[i];
		acpi_init(0xf5000);
		CHECK_EQ(acpi.ncpus, 0);
		CHECK_EQ(acpi.necam, 1);
	}
}

/* A MADT entry of length 0 would never end, one that is longer than the table would be read past it. */
TEST(madt_entries_that_lie)
{
	static const uint8_t lengths[] = { 0, 1, 255 };

	for (unsigned i = 0; i < sizeof(lengths); i++) {
		forget();
		machine();
		rom_blocks[2].mem[sizeof(struct acpi_madt) + 8 + 1] = lengths[i];
		seal((struct acpi_header *)rom_blocks[2].mem);
		acpi_init(0xf5000);
		CHECK_EQ(acpi.ncpus, 1);
		CHECK_EQ(acpi.nioapics, 0);
	}
}

TEST(more_than_there_is_room_for)
{
	size_t len = sizeof(struct acpi_madt) + 200 * 8;
	static const uint64_t entries[] = { 0x11000 };
	uint8_t *madt;

	forget();
	rsdp(0xf5000, 0x10000, 0);
	xsdt(0x10000, entries, 1);
	madt = table(0x11000, "APIC", len);
	for (unsigned i = 0; i < 200; i++)
		memcpy(madt + sizeof(struct acpi_madt) + i * 8, (uint8_t[]){ 0, 8, 0, (uint8_t)i, 1, 0, 0, 0 }, 8);
	seal((struct acpi_header *)madt);
	acpi_init(0xf5000);
	CHECK_EQ(acpi.ncpus, ACPI_MAX_CPUS);
	CHECK_EQ(acpi.ncpus_beyond, 200 - ACPI_MAX_CPUS);
}

TEST(s5_by_pattern)
{
	static const struct { uint8_t aml[24]; size_t len; bool known; uint8_t a, b; } cases[] = {
		{ { 0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0x00, 0x00, 0x00, 0x00 }, 12, true, 0, 0 },
		{ { 1, 2, 3, 0x08, '\\', '_', 'S', '5', '_', 0x12, 0x0a, 0x04, 0x0a, 0x05, 0x0a, 0x06, 0x00, 0x00 }, 18, true, 5, 6 },
		{ { 0x08, '_', 'S', '5', '_', 0x12, 0x47, 0x01, 0x02, 0x0a, 0x07, 0x01 }, 12, true, 7, 1 },
		{ { 0x08, '_', 'S', '5', '_', 0x12, 0x04, 0x01, 0x0a, 0x05 }, 10, true, 5, 5 },
		{ { 0x08, '_', 'S', '5', '_', 0x12, 0x04, 0x01, 0x0a }, 9, false, 0, 0 },
		{ { 0x08, '_', 'S', '5', '_', 0x12, 0xff }, 7, false, 0, 0 },
		{ { 0x08, '_', 'S', '5', '_' }, 5, false, 0, 0 },
		{ { 0x08, '_', 'S', '5' }, 4, false, 0, 0 },
		{ { 'X', '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0x00, 0x00, 0x00, 0x00 }, 12, false, 0, 0 },
		{ { 0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0x0c, 0x00, 0x00, 0x00 }, 12, false, 0, 0 },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		forget();
		machine();
		dsdt(cases[i].aml, cases[i].len);
		acpi_init(0xf5000);
		CHECK(!acpi.s5_known);
		acpi_find_s5();
		CHECK_EQ(acpi.s5_known, cases[i].known);
		if (cases[i].known) {
			CHECK_EQ(acpi.s5_type_a, cases[i].a);
			CHECK_EQ(acpi.s5_type_b, cases[i].b);
		}
	}
}

TEST(ecam_from_cba)
{
	static const struct { uint8_t aml[24]; size_t len; uint64_t address; } cases[] = {
		{ { 0x14, 0x0c, '_', 'C', 'B', 'A', 0x00, 0xa4, 0x0c, 0x00, 0x00, 0x00, 0xe0, 0x08 }, 14, 0xe0000000 },
		{ { 0x14, 0x10, '_', 'C', 'B', 'A', 0x00, 0xa4, 0x0e, 0x00, 0x00, 0x00, 0xe0, 0x01, 0, 0, 0 }, 17, 0x1e0000000 },
		{ { 0x14, 0x10, '_', 'C', 'B', 'A', 0x00, 0xa4, 0x0e, 0x00, 0x00, 0x00, 0xe0, 0x01, 0, 0 }, 16, 0 },
		{ { 0x14, 0x0c, '_', 'C', 'B', 'A', 0x01, 0xa4, 0x0c, 0x00, 0x00, 0x00, 0xe0 }, 13, 0 },
		{ { 0x14, 0x0c, '_', 'C', 'B', 'A', 0x00, 0xa3, 0x0c, 0x00, 0x00, 0x00, 0xe0 }, 13, 0 },
		{ { 0x14, 0x0c, '_', 'C', 'B', 'A', 0x00, 0xa4 }, 8, 0 },
		{ { 0x14, 0x0c, '_', 'C', 'B', 'A' }, 6, 0 },
		{ { 0x14, 0x0c, '_', 'C', 'B' }, 5, 0 },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		forget();
		machine();
		((struct acpi_header *)rom_blocks[3].mem)->length = 36; /* an MCFG that names nothing */
		seal((struct acpi_header *)rom_blocks[3].mem);
		dsdt(cases[i].aml, cases[i].len);
		acpi_init(0xf5000);
		CHECK_EQ(acpi.necam, 0);
		acpi_find_ecam();
		CHECK_EQ(acpi.necam, cases[i].address != 0);
		CHECK_EQ(acpi.ecam[0].address, cases[i].address);
	}
}

/* VT-d units with their registers, whatever else the table has; one that claims no length ends it. */
TEST(iommus)
{
	static const uint64_t entries[] = { 0x16000 };
	static const uint8_t units[] = {
		0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0xd9, 0xfe, 0, 0, 0, 0,   /* DRHD at 0xfed90000 */
		2, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,         /* ATSR */
		0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0xda, 0xfe, 0, 0, 0, 0,    /* of no length */
		0, 0, 16, 0, 1, 0, 0, 0, 0, 0, 0xdb, 0xfe, 0, 0, 0, 0,
	};
	struct acpi_header *dmar;

	forget();
	rsdp(0xf5000, 0x10000, 0);
	xsdt(0x10000, entries, 1);
	dmar = table(0x16000, "DMAR", sizeof(struct acpi_dmar) + sizeof(units));
	memcpy((uint8_t *)dmar + sizeof(struct acpi_dmar), units, sizeof(units));
	seal(dmar);
	acpi_init(0xf5000);
	CHECK_EQ(acpi.niommus, 2);
	CHECK_EQ(acpi.iommu[0], 0xfed90000);
	CHECK_EQ(acpi.iommu[1], 0xfeda0000);
}

/* --- devices: as QEMU's microvm names them, two in a row --- */

#define HID 0x08, '_', 'H', 'I', 'D', 0x0d, 'L', 'N', 'R', 'O', '0', '0', '0', '5', 0x00
#define CRS(slot, gsi, flags)								\
	0x08, '_', 'C', 'R', 'S', 0x11, 0x1a, 0x0a, 0x17,				\
	0x86, 0x09, 0x00, 0x01, 0x00, (slot), 0xb0, 0xfe, 0x00, 0x02, 0x00, 0x00,	\
	0x89, 0x06, 0x00, (flags), 0x01, (gsi), 0x00, 0x00, 0x00, 0x79, 0x00

static const uint8_t two_devices[] = { 0x5b, 0x82, 0x30, HID, CRS(0x2c, 46, 0x09), HID, CRS(0x2e, 47, 0x0d) };
static struct acpi_device found[4];
static unsigned nfound;

static void note_device(const struct acpi_device *d)
{
	found[nfound++ % 4] = *d;
}

static void look_for_devices(const uint8_t *aml, size_t len)
{
	forget();
	machine();
	dsdt(aml, len);
	acpi_init(0xf5000);
	nfound = 0;
	acpi_find_devices("LNRO0005", note_device);
}

TEST(devices_by_hid)
{
	look_for_devices(two_devices, sizeof(two_devices));
	CHECK_EQ(nfound, 2);
	CHECK_EQ(found[0].address, 0xfeb02c00);
	CHECK_EQ(found[0].size, 0x200);
	CHECK_EQ(found[0].gsi, 46);
	CHECK(!found[0].active_low);
	CHECK_EQ(found[1].address, 0xfeb02e00);
	CHECK_EQ(found[1].gsi, 47);
	CHECK(found[1].active_low);
}

/* Cut anywhere, or one byte of it something else: fewer devices, and nothing read that is not there. */
TEST(devices_that_are_damaged)
{
	uint8_t aml[sizeof(two_devices)];

	for (size_t len = 0; len < sizeof(two_devices); len++) {
		look_for_devices(two_devices, len);
		CHECK(nfound <= 1 || len >= sizeof(two_devices) - 1);
	}
	for (size_t i = 0; i < sizeof(aml); i++) {
		memcpy(aml, two_devices, sizeof(aml));
		aml[i] ^= 0xff;
		look_for_devices(aml, sizeof(aml));
		CHECK(nfound <= 2);
	}
}

TEST_MAIN
