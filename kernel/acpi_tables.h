/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ACPI tables' layouts, as far as the kernel reads them. Source: ACPI 6.5, section 5.2; HPET:
 * IA-PC HPET 1.0a, 3.2.4; MCFG: PCI Firmware 3.3, 4.1.2.
 */
#pragma once

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

struct acpi_rsdp {                /* 5.2.5.3 */
	char signature[8];        /* "RSD PTR " */
	uint8_t checksum;         /* of the first 20 bytes */
	char oem_id[6];
	uint8_t revision;         /* 0: ends here after rsdt_address; 2: all of it */
	uint32_t rsdt_address;
	uint32_t length;
	uint64_t xsdt_address;
	uint8_t extended_checksum;
	uint8_t reserved[3];
} __attribute__((packed));
static_assert(sizeof(struct acpi_rsdp) == 36, "5.2.5.3");
#define ACPI_RSDP_V1_LEN 20u

struct acpi_header {              /* 5.2.6 */
	char signature[4];
	uint32_t length;          /* of the whole table, this header included */
	uint8_t revision;
	uint8_t checksum;
	char oem_id[6];
	char oem_table_id[8];
	uint32_t oem_revision;
	char creator_id[4];
	uint32_t creator_revision;
} __attribute__((packed));
static_assert(sizeof(struct acpi_header) == 36, "5.2.6");

struct acpi_gas {                 /* 5.2.3.2, Generic Address Structure */
	uint8_t space;            /* 0 memory, 1 port */
	uint8_t bit_width, bit_offset, access_size;
	uint64_t address;
} __attribute__((packed));
static_assert(sizeof(struct acpi_gas) == 12, "5.2.3.2");

struct acpi_fadt {                /* 5.2.9 */
	struct acpi_header header;
	uint32_t firmware_ctrl, dsdt;
	uint8_t reserved0, preferred_pm_profile;
	uint16_t sci_int;
	uint32_t smi_cmd;
	uint8_t acpi_enable, acpi_disable, s4bios_req, pstate_cnt;
	uint32_t pm1a_evt_blk, pm1b_evt_blk, pm1a_cnt_blk, pm1b_cnt_blk, pm2_cnt_blk, pm_tmr_blk,
		gpe0_blk, gpe1_blk;
	uint8_t pm1_evt_len, pm1_cnt_len, pm2_cnt_len, pm_tmr_len, gpe0_blk_len, gpe1_blk_len,
		gpe1_base, cst_cnt;
	uint16_t p_lvl2_lat, p_lvl3_lat, flush_size, flush_stride;
	uint8_t duty_offset, duty_width, day_alrm, mon_alrm, century;
	uint16_t iapc_boot_arch;
	uint8_t reserved1;
	uint32_t flags;
	struct acpi_gas reset_reg;
	uint8_t reset_value;
	uint16_t arm_boot_arch;
	uint8_t minor_version;
	uint64_t x_firmware_ctrl, x_dsdt;
	struct acpi_gas x_pm1a_evt_blk, x_pm1b_evt_blk, x_pm1a_cnt_blk, x_pm1b_cnt_blk,
		x_pm2_cnt_blk, x_pm_tmr_blk, x_gpe0_blk, x_gpe1_blk;
	struct acpi_gas sleep_control_reg, sleep_status_reg;
} __attribute__((packed));
static_assert(offsetof(struct acpi_fadt, pm_tmr_blk) == 76, "5.2.9");
static_assert(offsetof(struct acpi_fadt, iapc_boot_arch) == 109, "5.2.9");
static_assert(offsetof(struct acpi_fadt, x_dsdt) == 140, "5.2.9");
static_assert(sizeof(struct acpi_fadt) == 268, "5.2.9, without the hypervisor vendor identity");

#define ACPI_FADT_TMR_VAL_EXT      (1u << 8)
#define ACPI_FADT_RESET_REG_SUP    (1u << 10)
#define ACPI_FADT_HW_REDUCED_ACPI  (1u << 20)
#define ACPI_FADT_IAPC_NO_CMOS_RTC (1u << 5)

struct acpi_madt {                /* 5.2.12; entries follow */
	struct acpi_header header;
	uint32_t lapic_address;
	uint32_t flags;
} __attribute__((packed));

enum acpi_madt_type {
	ACPI_MADT_LAPIC = 0,
	ACPI_MADT_IOAPIC = 1,
	ACPI_MADT_INTERRUPT_OVERRIDE = 2,
	ACPI_MADT_LAPIC_ADDRESS_OVERRIDE = 5,
	ACPI_MADT_X2APIC = 9,
};

struct acpi_madt_entry {
	uint8_t type, length;     /* length: of the entry, these two bytes included */
	union {
		struct {
			uint8_t processor_id, apic_id;
			uint32_t flags;
		} __attribute__((packed)) lapic;
		struct {
			uint8_t id, reserved;
			uint32_t address, gsi_base;
		} __attribute__((packed)) ioapic;
		struct {
			uint8_t bus, source;
			uint32_t gsi;
			uint16_t flags;
		} __attribute__((packed)) override;
		struct {
			uint16_t reserved;
			uint64_t address;
		} __attribute__((packed)) lapic_address;
		struct {
			uint16_t reserved;
			uint32_t apic_id, flags, processor_uid;
		} __attribute__((packed)) x2apic;
	};
} __attribute__((packed));
static_assert(sizeof(struct acpi_madt_entry) == 16, "5.2.12");

#define ACPI_MADT_CPU_ENABLED 1u

struct acpi_mcfg_entry {
	uint64_t address;
	uint16_t segment;
	uint8_t bus_first, bus_last;
	uint32_t reserved;
} __attribute__((packed));
static_assert(sizeof(struct acpi_mcfg_entry) == 16, "PCI Firmware 3.3, table 4-3");

struct acpi_mcfg {
	struct acpi_header header;
	uint64_t reserved;
	struct acpi_mcfg_entry entry[];
} __attribute__((packed));

struct acpi_hpet {
	struct acpi_header header;
	uint32_t event_timer_block_id;
	struct acpi_gas base;
} __attribute__((packed));
static_assert(offsetof(struct acpi_hpet, base) == 40, "IA-PC HPET 1.0a, 3.2.4");

/*
 * Resource descriptors (6.4.3), each a tag, the length of what follows in 16 bits, and that. A
 * template ends with the end tag.
 */
#define ACPI_END_TAG            0x79u
#define ACPI_MEMORY32_FIXED     0x86u /* 6.4.3.4: flags, base, length */
#define ACPI_EXTENDED_INTERRUPT 0x89u /* 6.4.3.6: flags, count, interrupts */

struct acpi_memory32_fixed {
	uint8_t tag;
	uint16_t length;
	uint8_t flags;
	uint32_t base, size;
} __attribute__((packed));
static_assert(sizeof(struct acpi_memory32_fixed) == 12, "6.4.3.4");

struct acpi_extended_interrupt {
	uint8_t tag;
	uint16_t length;
	uint8_t flags;            /* bit 1: edge-triggered, bit 2: active low */
	uint8_t count;
	uint32_t interrupt;       /* the first of count */
} __attribute__((packed));
static_assert(sizeof(struct acpi_extended_interrupt) == 9, "6.4.3.6");

struct acpi_dmar {                /* VT-d 4.1, 8.1; remapping structures follow */
	struct acpi_header header;
	uint8_t host_address_width, flags, reserved[10];
} __attribute__((packed));
static_assert(sizeof(struct acpi_dmar) == 48, "VT-d 4.1, 8.1");

struct acpi_drhd {                /* 8.3, a remapping unit: type 0 */
	uint16_t type, length;
	uint8_t flags, size;
	uint16_t segment;
	uint64_t registers;
} __attribute__((packed));
static_assert(sizeof(struct acpi_drhd) == 16, "VT-d 4.1, 8.3");
#define ACPI_DMAR_DRHD 0u

/*
 * The parsers (acpi_parse.c). Each gets a table whose length is at least a header and whose
 * checksum was right, and trusts nothing else in it.
 */
struct acpi_info;
struct acpi_device;
void acpi_parse_madt(struct acpi_info *, const struct acpi_header *);
void acpi_parse_mcfg(struct acpi_info *, const struct acpi_header *);
void acpi_parse_fadt(struct acpi_info *, const struct acpi_header *);
void acpi_parse_hpet(struct acpi_info *, const struct acpi_header *);
void acpi_parse_dmar(struct acpi_info *, const struct acpi_header *);
/* IVRS (AMD-Vi) and VIOT (virtio-iommu): that there is one */
void acpi_parse_other_iommu(struct acpi_info *, const struct acpi_header *);
void acpi_parse_s5(struct acpi_info *, const struct acpi_header *dsdt);
void acpi_parse_cba(struct acpi_info *, const struct acpi_header *dsdt);
void acpi_parse_devices(const struct acpi_header *dsdt, const char *hid,
			void (*found)(const struct acpi_device *));

/* The DSDT's address that a FADT gives; 0: none. */
uint64_t acpi_fadt_dsdt(const struct acpi_header *fadt);
