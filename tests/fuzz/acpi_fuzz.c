/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI tables of the input's: a root table, MADT, MCFG, FADT, HPET, DMAR and a DSDT whose bodies are what it says, each
 * in an allocation of its own. Lengths may lie too; checksums are put right, as firmware that lies would.
 *
 * Links: kernel/acpi.c kernel/acpi_parse.c tests/host/acpi/rom.c
 */
#include "tests/fuzz/steer.h"
#include "kernel/acpi.h"
#include "kernel/acpi_tables.h"
#include "kernel/vm.h"
#include "tests/host/acpi/rom.h"
#include "tests/host/shim.h"
#include <string.h>

#define RSDP   0xf5000u
#define ROOT   0x10000u
#define TABLES 0x20000u
#define DSDT   0x30000u
#define NEXT   0x1000u
#define TABLES_MAX 6

static size_t seen;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* The length is honest, too small or too large. */
static void build_table(struct steer *s, uint64_t phys, const char *signature, const void *head, size_t head_len)
{
	size_t body = steer_word(s) % 512, lie = steer_byte(s);
	struct acpi_header *h = rom_block(phys, sizeof *h + head_len + body);
	uint8_t *at = (uint8_t *)(h + 1);

	memcpy(h->signature, signature, 4);
	if (head_len)
		memcpy(at, head, head_len);
	for (size_t i = 0; i < body && steer_more(s); i++)
		at[head_len + i] = steer_byte(s);
	h->length = (uint32_t)(sizeof *h + head_len + body);
	if (lie & 1)
		h->length = (uint32_t)(lie & 2 ? h->length + lie : lie >> 1);
	if (h->length <= sizeof *h + head_len + body)
		h->checksum = (uint8_t)-rom_sum((uint8_t *)h, h->length);
}

static void build_rsdp(unsigned revision)
{
	struct acpi_rsdp *r = rom_block(RSDP, sizeof *r);

	*r = (struct acpi_rsdp){ .signature = "RSD PTR ", .revision = (uint8_t)revision, .length = sizeof *r };
	r->rsdt_address = ROOT;
	r->xsdt_address = ROOT;
	r->checksum = (uint8_t)-rom_sum((uint8_t *)r, ACPI_RSDP_V1_LEN);
	r->extended_checksum = (uint8_t)-rom_sum((uint8_t *)r, sizeof *r);
}

/* An FADT names the DSDT before the input says the rest. */
static void build_tables(struct steer *s, unsigned n)
{
	static const char signatures[][5] = { "FACP", "APIC", "MCFG", "HPET", "DMAR", "IVRS", "VIOT", "SSDT" };
	static const uint32_t fadt_head[2] = { 0, DSDT };

	for (unsigned i = 0; i < n; i++) {
		unsigned which = steer_byte(s) % 8;

		build_table(s, TABLES + i * NEXT, signatures[which], fadt_head, which == 0 ? sizeof fadt_head : 0);
	}
	build_table(s, DSDT, "DSDT", NULL, 0);
}

static void found(const struct acpi_device *d)
{
	seen += d->address + d->size + d->gsi + d->active_low;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct steer s = { data, data + len };
	unsigned what = steer_byte(&s), n = what % (TABLES_MAX + 1);
	bool extended = what & 0x80;
	uint64_t addresses[TABLES_MAX];

	for (unsigned i = 0; i < n; i++)
		addresses[i] = extended ? TABLES + i * NEXT : (TABLES + 2 * i * NEXT) | (TABLES + (2 * i + 1ull) * NEXT) << 32;
	build_rsdp(extended ? 2 : 0);
	build_table(&s, ROOT, extended ? "XSDT" : "RSDT", addresses, extended ? n * 8 : n * 4);
	build_tables(&s, n);
	acpi_init(RSDP);
	steer_check(acpi.ncpus <= ACPI_MAX_CPUS && acpi.nioapics <= ACPI_MAX_IOAPICS && acpi.necam <= ACPI_MAX_ECAM &&
		    acpi.niommus <= ACPI_MAX_IOMMUS, "more is counted than there is room for");
	acpi_find_s5();
	acpi_find_devices("LNRO0005", found);
	acpi_find_ecam();
	rom_forget();
	return 0;
}
