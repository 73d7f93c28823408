/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI tables (no AML): what the kernel takes from MADT, MCFG, FADT and HPET. Source: ACPI 6.5,
 * chapter 5.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define ACPI_MAX_CPUS    64
#define ACPI_MAX_IOAPICS 8
#define ACPI_MAX_ECAM    8
#define ACPI_MAX_IOMMUS  8

struct acpi_info {
	bool present;
	uint64_t lapic_address;                 /* MADT, 0xfee00000 when absent */
	/* enabled ones: those listed here, and those there was no room for */
	unsigned ncpus, ncpus_beyond;
	uint32_t cpu_apic_id[ACPI_MAX_CPUS];    /* the boot CPU not necessarily first */
	unsigned nioapics;
	struct { uint64_t address; uint32_t gsi_base; } ioapic[ACPI_MAX_IOAPICS];
	/* identity unless overridden */
	struct { uint32_t gsi; bool level, active_low; } isa_irq[16];
	unsigned necam;
	struct {
		uint64_t address;
		uint16_t segment;
		uint8_t bus_first, bus_last;
	} ecam[ACPI_MAX_ECAM];
	/* IOMMUs: VT-d ones with their registers' address, others with 0 */
	unsigned niommus;
	uint64_t iommu[ACPI_MAX_IOMMUS];
	uint16_t pm_timer_port;                 /* 0: none */
	bool pm_timer_32bit;
	uint64_t hpet_address;                  /* 0: none */
	uint16_t pm1a_control, pm1b_control;    /* ports, 0: none */
	bool s5_known;                          /* acpi_find_s5() found \_S5 in the DSDT */
	uint8_t s5_type_a, s5_type_b;
	/* FADT flag: sleep through the sleep control register */
	bool hw_reduced;
	/* space: 0 memory, 1 port; address 0: none */
	struct { uint8_t space; uint64_t address; uint8_t value; } reset, sleep_control;
	uint8_t century_register;               /* RTC, 0: none */
	bool rtc_absent;                        /* IA-PC boot architecture: CMOS RTC not present */
};

extern struct acpi_info acpi;

/*
 * rsdp 0: search the BIOS area. A missing or broken table costs what it would have told, one log
 * line, never more.
 */
void acpi_init(uint64_t rsdp);

/*
 * Looks for the \_S5 package in the DSDT and fills in s5_known and s5_type_*. The largest table is
 * read by who wants to power off, not by every boot.
 */
void acpi_find_s5(void);

/*
 * Calls found for every device in the DSDT with this hardware id (_HID, 8 characters) whose _CRS
 * names one 32-bit memory range and one interrupt, both as constants.
 */
struct acpi_device {
	uint32_t address, size;
	uint32_t gsi;
	bool active_low;
};
void acpi_find_devices(const char *hid, void (*found)(const struct acpi_device *));

/*
 * Looks there for the ECAM's address, where no MCFG tells it (QEMU's microvm): fills in ecam[0] and
 * necam.
 */
void acpi_find_ecam(void);
