/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model PCI bus: configuration space by ECAM or ports, bridges that forward only what their registers say, BARs that answer only where and while they are
 * decoded. Every access that no rule covers is refused.
 */
#pragma once

#include "kernel/acpi.h"
#include <stdbool.h>
#include <stdint.h>

#define MODEL_ECAM_BASE 0xe0000000ull

struct model_function;

struct model_bar {
	uint64_t size;       /* bytes, a power of two; 0: none */
	bool io, is64;
	uint32_t (*read)(struct model_function *, uint64_t off, unsigned width);
	void (*write)(struct model_function *, uint64_t off, uint32_t value, unsigned width);
};

struct model_function {
	struct model_function *bridge;   /* NULL: on the root bus */
	uint8_t slot, function;
	uint8_t config[256];
	uint8_t writable[256];           /* which bits software can change */
	struct model_bar bar[6];
	void (*config_written)(struct model_function *, unsigned off);
	unsigned capabilities_end;       /* where the next one goes */
	unsigned config_reads;           /* of the id register, to see that nobody probes twice */
	void *device;
	struct model_function *next;
};

void model_bus_use_ecam(void);           /* fills in acpi.ecam, as the MCFG would */
void model_bus_use_ports(void);
void model_bus_init_function(struct model_function *, uint16_t vendor, uint16_t device, uint32_t class_code);
void model_bus_init_bridge(struct model_function *, bool pcie_root_port);
void model_bus_add(struct model_function *);

/* Appends a capability to the list; bytes[0] is its id, bytes[1] is filled in. Returns its offset. */
unsigned model_bus_add_capability(struct model_function *, const void *bytes, unsigned len);

/* As firmware does it: writes an address into a BAR and turns decoding on. */
void model_bus_firmware_bar(struct model_function *, unsigned bar, uint64_t address);

/* The interrupt line: which ISA interrupt the firmware led it to. */
void model_bus_firmware_line(struct model_function *, uint8_t isa);

/*
 * A level-triggered interrupt, unless it is disabled: its handlers run as long as asserted() says so. Returns how often;
 * 0: nobody listens. The other is for a wire that is not PCI's.
 */
unsigned model_bus_interrupt(struct model_function *, bool (*asserted)(void *), void *arg);
unsigned model_wire_assert(unsigned gsi, bool (*asserted)(void *), void *arg);

/* Memory that belongs to no PCI function. */
struct model_region {
	uint64_t address, size;
	uint32_t (*read)(struct model_region *, uint64_t off, unsigned width);
	void (*write)(struct model_region *, uint64_t off, uint32_t value, unsigned width);
	struct model_region *next;
};
void model_bus_add_region(struct model_region *);

/* What the DSDT says. */
extern struct acpi_device model_acpi_devices[8];
extern unsigned model_acpi_ndevices;

uint64_t model_bus_bar_address(const struct model_function *, unsigned bar); /* as its registers say */
uint32_t model_config32(const struct model_function *, unsigned off);
