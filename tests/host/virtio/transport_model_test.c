/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who watches the watcher, for the registers of MMIO and of legacy PCI: a driver that breaks the rules, one at a time.
 * Links: tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c tests/host/model/virtio*.c tests/host/model/ring*.c tests/host/model/rng*.c
 * Links: tests/host/model/disk*.c kernel/pci_config.c kernel/pci_scan.c kernel/pci_bar.c kernel/pci_assign.c kernel/pci_cap.c kernel/pci_msix.c kernel/pci_intx.c kernel/pci_hotplug.c kernel/pci.c
 */
#include "tests/host/model/breach.h"
#include "tests/host/model/virtio_model.h"
#include "kernel/irq.h"
#include "kernel/pci.h"
#include "kernel/pci_priv.h"
#include "kernel/x86_64/io.h"
#include <stddef.h>
#include <sys/mman.h>

#define ACK VIRTIO_STATUS_ACKNOWLEDGE
#define DRV VIRTIO_STATUS_DRIVER
#define FOK VIRTIO_STATUS_FEATURES_OK
#define DOK VIRTIO_STATUS_DRIVER_OK
#define V1  (1ull << VIRTIO_F_VERSION_1)

static struct model_disk *d;
static uint8_t *memory; /* zeroed, and below 4 GiB */

static void get_memory(void)
{
	memory = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
}

/* --- MMIO --- */

static volatile uint8_t *reg(unsigned off)
{
	return (volatile uint8_t *)MODEL_MMIO_BASE + off;
}

static uint32_t get(unsigned off)
{
	return mmio_read32(reg(off));
}

static void set(unsigned off, uint32_t value)
{
	mmio_write32(reg(off), value);
}

static void plug(bool legacy)
{
	get_memory();
	d = model_disk_new(64, 1ull << VIRTIO_BLK_F_SEG_MAX);
	d->v.legacy = legacy;
	model_mmio_plug(&d->v, 0, 5);
}

static void identify(bool legacy)
{
	plug(legacy);
	get(VIRTIO_MMIO_MAGIC_VALUE);
	get(VIRTIO_MMIO_VERSION);
	get(VIRTIO_MMIO_DEVICE_ID);
	set(VIRTIO_MMIO_STATUS, 0);
	get(VIRTIO_MMIO_STATUS);
}

static void negotiate(bool legacy, uint64_t features)
{
	identify(legacy);
	set(VIRTIO_MMIO_STATUS, ACK);
	set(VIRTIO_MMIO_STATUS, ACK | DRV);
	for (unsigned i = 0; i < (legacy ? 1 : 2); i++) {
		set(VIRTIO_MMIO_DEVICE_FEATURES_SEL, i);
		get(VIRTIO_MMIO_DEVICE_FEATURES);
	}
	for (unsigned i = 0; i < (legacy ? 1 : 2); i++) {
		set(VIRTIO_MMIO_DRIVER_FEATURES_SEL, i);
		set(VIRTIO_MMIO_DRIVER_FEATURES, (uint32_t)(features >> 32 * i));
	}
	if (!legacy) {
		set(VIRTIO_MMIO_STATUS, ACK | DRV | FOK);
		get(VIRTIO_MMIO_STATUS);
	}
}

static void queue(uint32_t size)
{
	set(VIRTIO_MMIO_QUEUE_SEL, 0);
	get(VIRTIO_MMIO_QUEUE_READY);
	set(VIRTIO_MMIO_QUEUE_SIZE, size);
	for (unsigned i = 0; i < 3; i++) {
		set(VIRTIO_MMIO_QUEUE_DESC_LOW + 16 * i, (uint32_t)(uintptr_t)memory + 8192 * i);
		set(VIRTIO_MMIO_QUEUE_DESC_LOW + 16 * i + 4, 0);
	}
	set(VIRTIO_MMIO_QUEUE_READY, 1);
}

static void live(void)
{
	negotiate(false, V1);
	queue(64);
	set(VIRTIO_MMIO_STATUS, ACK | DRV | FOK | DOK);
}

static void legacy_queue(void)
{
	set(VIRTIO_MMIO_QUEUE_SEL, 0);
	get(VIRTIO_MMIO_QUEUE_PFN);
	set(VIRTIO_MMIO_QUEUE_SIZE, 64);
	set(VIRTIO_MMIO_QUEUE_ALIGN, 4096);
	set(VIRTIO_MMIO_QUEUE_PFN, (uint32_t)((uintptr_t)memory / 4096));
}

MACHINE_TEST(an_mmio_driver_that_keeps_the_rules)
{
	live();
	get(VIRTIO_MMIO_CONFIG);
	CHECK_EQ(model_refusals, 0);
}

MACHINE_TEST(a_legacy_mmio_driver_that_keeps_the_rules)
{
	negotiate(true, 0);
	set(VIRTIO_MMIO_GUEST_PAGE_SIZE, 4096);
	legacy_queue();
	set(VIRTIO_MMIO_STATUS, ACK | DRV | DOK);
	CHECK_EQ(model_refusals, 0);
}

NOTICED(mmio_no_such_register, identify(false); get(0x01c))
NOTICED(mmio_behind_the_configuration, identify(false); get(0x1f0))
NOTICED(mmio_read_only, identify(false); set(VIRTIO_MMIO_DEVICE_FEATURES, 1))
NOTICED(mmio_write_only, identify(false); get(VIRTIO_MMIO_QUEUE_NOTIFY))
NOTICED(mmio_narrow, identify(false); mmio_read8(reg(VIRTIO_MMIO_STATUS)))
NOTICED(mmio_configuration_width, identify(false); mmio_read16(reg(VIRTIO_MMIO_CONFIG)))
NOTICED(mmio_id_first, plug(false); get(VIRTIO_MMIO_DEVICE_ID))
NOTICED(mmio_register_first, plug(false); get(VIRTIO_MMIO_MAGIC_VALUE); get(VIRTIO_MMIO_VERSION); get(VIRTIO_MMIO_STATUS))
NOTICED(mmio_empty_slot, plug(false); d->v.mmio.empty = true; get(VIRTIO_MMIO_MAGIC_VALUE); get(VIRTIO_MMIO_VERSION);
	get(VIRTIO_MMIO_DEVICE_ID); get(VIRTIO_MMIO_VENDOR_ID))
NOTICED(mmio_shared_memory, identify(false); get(0x0b0))
NOTICED(mmio_features_not_selected, identify(false); set(VIRTIO_MMIO_STATUS, ACK); set(VIRTIO_MMIO_STATUS, ACK | DRV);
	get(VIRTIO_MMIO_DEVICE_FEATURES))
NOTICED(mmio_driver_features_not_selected, identify(false); set(VIRTIO_MMIO_STATUS, ACK); set(VIRTIO_MMIO_STATUS, ACK | DRV);
	set(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0); get(VIRTIO_MMIO_DEVICE_FEATURES); set(VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	get(VIRTIO_MMIO_DEVICE_FEATURES); set(VIRTIO_MMIO_DRIVER_FEATURES, 0))
NOTICED(mmio_queue_too_large, negotiate(false, V1); queue(256))
NOTICED(mmio_queue_that_is_ready, negotiate(false, V1); queue(64); set(VIRTIO_MMIO_QUEUE_SIZE, 32))
NOTICED(mmio_queue_in_use, negotiate(false, V1); set(VIRTIO_MMIO_QUEUE_SEL, 0); set(VIRTIO_MMIO_QUEUE_READY, 1))
NOTICED(mmio_driver_ok_too_early, identify(false); set(VIRTIO_MMIO_STATUS, ACK | DRV | DOK))
NOTICED(mmio_undefined_ack, live(); set(VIRTIO_MMIO_INTERRUPT_ACK, 4))
NOTICED(mmio_notification_of_no_queue, live(); set(VIRTIO_MMIO_QUEUE_NOTIFY, 1))
NOTICED(mmio_no_page_size, negotiate(true, 0); legacy_queue())
NOTICED(mmio_size_of_a_queue_in_use, negotiate(true, 0); set(VIRTIO_MMIO_GUEST_PAGE_SIZE, 4096); legacy_queue(); get(VIRTIO_MMIO_QUEUE_SIZE_MAX))
NOTICED(mmio_ready_of_a_legacy_device, negotiate(true, 0); get(VIRTIO_MMIO_QUEUE_READY))

static void deaf(void *arg)
{
	(void)arg;
}

NOTICED(mmio_interrupt_not_looked_at, live(); irq_connect_gsi(5, false, deaf, NULL, "deaf"); model_interrupt(&d->v, 0))

/* --- legacy PCI --- */

static uint16_t port;

#define PORT(field) (uint16_t)(port + offsetof(struct virtio_pci_legacy_cfg, field))

static struct pci_dev *find(void)
{
	struct pci_dev *dev;

	get_memory();
	d = model_disk_new(64, 1ull << VIRTIO_BLK_F_SEG_MAX);
	model_pci_legacy(&d->v, false);
	model_bus_use_ecam();
	model_pci_plug(&d->v);
	pci_init();
	dev = container_of(pci_devices.next, struct pci_dev, node);
	pci_bars_size(dev);
	pci_enable(dev);
	port = (uint16_t)dev->bar[0].address;
	outb(PORT(device_status), 0);
	inb(PORT(device_status));
	return dev;
}

static void negotiate_legacy(uint32_t features)
{
	find();
	outb(PORT(device_status), ACK);
	outb(PORT(device_status), ACK | DRV);
	inl(PORT(device_feature));
	outl(PORT(driver_feature), features);
}

static void page(void)
{
	outw(PORT(queue_select), 0);
	outl(PORT(queue_address), (uint32_t)((uintptr_t)memory / 4096));
}

MACHINE_TEST(a_legacy_driver_that_keeps_the_rules)
{
	negotiate_legacy(0);
	page();
	outb(PORT(device_status), ACK | DRV | DOK);
	CHECK_EQ(inl((uint16_t)(port + 20)), 64);
	CHECK_EQ(model_refusals, 0);
}

NOTICED(legacy_width, find(); inb(PORT(queue_size)))
NOTICED(legacy_read_only, find(); outw(PORT(queue_size), 8))
NOTICED(legacy_configuration_that_moved, pci_msix_enable(find()); inl((uint16_t)(port + 20)))
NOTICED(legacy_vector_without_messages, find(); outw(PORT(config_msix_vector), 0))
NOTICED(legacy_feature_not_offered, negotiate_legacy(1u << 30))
NOTICED(legacy_features_ok, negotiate_legacy(0); outb(PORT(device_status), ACK | DRV | FOK))
NOTICED(legacy_notification_of_no_queue, negotiate_legacy(0); page(); outb(PORT(device_status), ACK | DRV | DOK); outw(PORT(queue_notify), 1))

static void deaf_line(void)
{
	model_bus_firmware_line(&d->v.pci, 11);
	irq_connect_gsi(11, true, deaf, NULL, "deaf");
	model_interrupt(&d->v, 0);
}

NOTICED(legacy_line_nobody_cares_for, negotiate_legacy(0); deaf_line())

TEST_MAIN
