/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From an unknown PCI bus to running drivers: configuration space, capability lists, BARs, MSI-X and registers are what
 * the input says, by ECAM or ports, modern, transitional and legacy.
 *
 * Links: virtio/v*.c kernel/byte_ring.c kernel/wait.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/mutex.c kernel/sg.c kernel/shutdown.c tests/fuzz/loose.c tests/host/model/work.c
 */
#include "tests/fuzz/loose.h"
#include "kernel/acpi.h"
#include "kernel/pci_priv.h"
#include "kernel/vm.h"
#include "kernel/x86_64/io.h"
#include <string.h>

#define ECAM      0xb0000000ull
#define FUNCTIONS 4
#define CAPS      12

struct acpi_info acpi;

static struct function {
	uint8_t config[256], writable[256];
} functions[FUNCTIONS];
static unsigned nfunctions;
static uint32_t config_address;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

void acpi_find_ecam(void)
{
}

void acpi_find_devices(const char *hid, void (*found)(const struct acpi_device *))
{
	(void)hid, (void)found;
}

uint64_t vm_low_memory_end(void)
{
	return 0x8000000;
}

/* --- configuration space --- */

/* On the root bus one per slot, behind a bridge one. */
static struct function *locate(unsigned bus, unsigned slot, unsigned function)
{
	unsigned i = bus ? bus % FUNCTIONS : slot;

	return i < nfunctions && function == 0 && (bus == 0 || slot == 0) ? &functions[i] : NULL;
}

static uint32_t config_read(struct function *f, unsigned off, unsigned width)
{
	uint32_t value = 0;

	shim_now_ns += 1000;
	if (!f || off + width > sizeof f->config)
		return 0xffffffffu;
	memcpy(&value, f->config + off, width);
	return value;
}

static void config_write(struct function *f, unsigned off, uint32_t value, unsigned width)
{
	for (unsigned i = 0; f && i < width && off + i < sizeof f->config; i++) {
		uint8_t mask = f->writable[off + i];

		f->config[off + i] = (uint8_t)((f->config[off + i] & ~mask) | (value >> 8 * i & mask));
	}
}

static void put(uint8_t *at, uint64_t value, unsigned width)
{
	memcpy(at, &value, width);
}

/* A size, whether it has an address already, and which kind it is. */
static void build_bar(struct steer *s, struct function *f, unsigned i)
{
	unsigned how = steer_byte(s), off = 0x10 + 4 * i, size = how & 31;
	uint32_t kind = how >> 5 & 1 ? 1 : how >> 6 & 1 ? 4 : 0, mask = size ? ~0u << size : 0;

	put(f->writable + off, mask & (kind == 1 ? ~3u : ~0xfu), 4);
	f->config[off] = (uint8_t)(size ? kind : 0);
	if (how >> 7)
		put(f->config + off, ((uint32_t)steer_word(s) << 16 & mask) | kind, 4);
}

static unsigned build_virtio_cap(struct steer *s, uint8_t *at, uint8_t type)
{
	put(at + 2, 16, 1);
	put(at + 3, type, 1);
	put(at + 4, steer_byte(s), 1);
	put(at + 8, steer_word(s) * 4u, 4);
	put(at + 12, steer_word(s), 4);
	if (type != 2)
		return 16;
	put(at + 16, steer_byte(s), 4);
	return 20;
}

/* One capability at a place with room for it; returns how long it is. */
static unsigned build_cap(struct steer *s, uint8_t *at)
{
	unsigned kind = steer_byte(s);

	switch (kind % 8) {
	case 0:
		for (unsigned i = 0; i < 16; i++)
			at[i] = steer_byte(s);
		return 16;
	case 6:
		at[0] = PCI_CAP_MSIX;
		put(at + 2, steer_word(s), 2);
		put(at + 4, steer_word(s), 4);
		return 12;
	case 7:
		at[0] = PCI_CAP_PCIE;
		put(at + 2, steer_word(s), 2);
		return 4;
	default:
		at[0] = PCI_CAP_VENDOR;
		return build_virtio_cap(s, at, (uint8_t)(kind % 8));
	}
}

static void build_caps(struct steer *s, struct function *f)
{
	unsigned n = steer_byte(s) % CAPS, at = 0x40;
	uint8_t *link = &f->config[PCI_CAPABILITIES];

	f->config[PCI_STATUS] |= n ? PCI_STATUS_CAPABILITIES : 0;
	while (n-- && at + 20 <= sizeof f->config) {
		unsigned len = build_cap(s, f->config + at);

		*link = (uint8_t)at;
		link = &f->config[at + 1];
		at += len;
	}
	for (n = steer_byte(s) % 8; n--;) {
		at = steer_byte(s);
		f->config[at] = steer_byte(s);
	}
}

static void build_function(struct steer *s, struct function *f)
{
	static const uint16_t ids[] = { 0x1041, 0x1042, 0x1044, 0x1048, 0x1000, 0x1001, 0x1004, 0x1005 };
	unsigned what = steer_byte(s);

	memset(f, 0, sizeof *f);
	put(f->config, 0x1af4, 2);
	put(f->config + 2, what & 0x40 ? 0x1000u + steer_byte(s) : ids[what % 8], 2);
	put(f->config + PCI_IRQ, steer_word(s), 2);
	put(f->writable + PCI_COMMAND, 0x0407, 2);
	if (what & 0x20) {
		f->config[PCI_HEADER_TYPE] = 1;
		put(f->config + PCI_CLASS_REV, 0x06040000, 4);
		memset(f->writable + PCI_BUS_NUMBERS, 0xff, 16);
		put(f->config + PCI_BUS_NUMBERS, steer_dword(s), 4);
	}
	put(f->config + PCI_COMMAND, what & 0x10 ? 3 : 0, 2);
	for (unsigned i = 0; i < (what & 0x20 ? 2 : 6); i++)
		build_bar(s, f, i);
	if (!(what & 0x80))
		build_caps(s, f);
}

/* --- the processor's accesses --- */

static struct function *in_ecam(uint64_t a)
{
	a -= ECAM;
	return locate((unsigned)(a >> 20), a >> 15 & 31, a >> 12 & 7);
}

static bool is_ecam(uint64_t a)
{
	return acpi.necam && a >= ECAM && a - ECAM < 256u << 20;
}

static uint32_t mmio_read(const volatile void *at, unsigned width)
{
	uint64_t a = (uintptr_t)at;

	return is_ecam(a) ? config_read(in_ecam(a), a & 0xfff, width) : loose_read(a, width);
}

static void mmio_write(volatile void *at, uint32_t value, unsigned width)
{
	uint64_t a = (uintptr_t)at;

	if (is_ecam(a))
		config_write(in_ecam(a), a & 0xfff, value, width);
	else
		loose_write(a, value, width);
}

static struct function *selected(void)
{
	return locate(config_address >> 16 & 0xff, config_address >> 11 & 31, config_address >> 8 & 7);
}

static uint32_t port_read(uint16_t port, unsigned width)
{
	if (port == 0xcf8)
		return config_address;
	if ((port & ~3) == 0xcfc)
		return config_read(selected(), (config_address & 0xfc) + (port & 3), width);
	return loose_read(port, width);
}

static void port_write(uint16_t port, uint32_t value, unsigned width)
{
	if (port == 0xcf8)
		config_address = value;
	else if ((port & ~3) == 0xcfc)
		config_write(selected(), (config_address & 0xfc) + (port & 3), value, width);
	else
		loose_write(port, value, width);
}

static void each_device(void (*visit)(struct virtio_device *))
{
	pci_for_each(pci)
		if (pci->driver_data)
			visit(pci->driver_data); /* struct virtio_pci begins with it */
}

static void build(struct steer *s)
{
	unsigned what = steer_byte(s);

	memset(&acpi, 0, sizeof acpi);
	acpi.necam = what & 1;
	acpi.ecam[0].address = ECAM;
	acpi.ecam[0].bus_last = 255;
	loose_set_param("hw.virtio.legacy", what >> 1 & 1);
	loose_set_param("hw.virtio.packed", what >> 2 & 1);
	if (what & 0x80)
		loose_banked(offsetof(struct virtio_pci_legacy_cfg, queue_select), offsetof(struct virtio_pci_legacy_cfg, queue_address));
	nfunctions = 1 + (what >> 3 & 15) % FUNCTIONS;
	for (unsigned i = 0; i < nfunctions; i++)
		build_function(s, &functions[i]);
	for (unsigned n = steer_byte(s); n--;)
		loose_preset(steer_byte(s) * 2u, steer_word(s), 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	loose_on(data, len);
	loose_each_device = each_device;
	shim_io = (struct shim_io){ port_read, port_write, mmio_read, mmio_write };
	build(&loose_input);
	list_init(&pci_devices);
	pci_init();
	loose_run();
	loose_off();
	return 0;
}
