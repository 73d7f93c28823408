/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who watches the watcher: a driver that breaks the rules, one at a time, and a model that has to notice.
 * Links: tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c tests/host/model/virtio*.c tests/host/model/ring*.c tests/host/model/rng*.c
 * Links: tests/host/model/disk*.c kernel/pci_config.c kernel/pci_scan.c kernel/pci_bar.c kernel/pci_assign.c kernel/pci_cap.c kernel/pci_msix.c kernel/pci_intx.c kernel/pci_hotplug.c kernel/pci.c
 */
#include "tests/host/model/breach.h"
#include "tests/host/model/virtio_model.h"
#include "kernel/pci.h"
#include "kernel/pci_priv.h"
#include "kernel/x86_64/io.h"
#include <stddef.h>

#define ACK VIRTIO_STATUS_ACKNOWLEDGE
#define DRV VIRTIO_STATUS_DRIVER
#define FOK VIRTIO_STATUS_FEATURES_OK
#define DOK VIRTIO_STATUS_DRIVER_OK
#define COMMON(field) (common + offsetof(struct virtio_pci_common_cfg, field))

static struct model_rng *r;
static struct pci_dev *function;
static volatile uint8_t *common;
static struct {
	struct virtq_desc desc[8] __attribute__((aligned(16)));
	struct { uint16_t flags, idx, ring[9]; } avail;
	struct { uint16_t flags, idx; struct virtq_used_elem ring[8]; uint16_t event; } used __attribute__((aligned(4)));
	struct virtq_desc table[8] __attribute__((aligned(16)));
	uint8_t buffer[64];
} ring;

static struct {
	struct pvirtq_desc desc[8] __attribute__((aligned(16)));
	uint32_t driver, device; /* event suppression */
	struct pvirtq_desc table[9] __attribute__((aligned(16)));
} packed;

/* A device found, its registers mapped, reset. */
static void find(void)
{
	r = model_rng_new();
	model_bus_use_ecam();
	model_pci_plug(&r->v);
	pci_init();
	function = container_of(pci_devices.next, struct pci_dev, node);
	pci_bars_size(function);
	pci_enable(function);
	common = pci_bar_map(function, 4, 0, 0x1000);
	mmio_write8(COMMON(device_status), 0);
	CHECK_EQ(mmio_read8(COMMON(device_status)), 0);
}

static void status(uint8_t s)
{
	mmio_write8(COMMON(device_status), s);
}

static void features(uint64_t accepted)
{
	for (unsigned i = 0; i < 2; i++) {
		mmio_write32(COMMON(device_feature_select), i);
		mmio_read32(COMMON(device_feature));
	}
	for (unsigned i = 0; i < 2; i++) {
		mmio_write32(COMMON(driver_feature_select), i);
		mmio_write32(COMMON(driver_feature), (uint32_t)(accepted >> 32 * i));
	}
}

static void negotiated(uint64_t accepted)
{
	status(ACK);
	status(ACK | DRV);
	features(accepted);
	status(ACK | DRV | FOK);
	CHECK(mmio_read8(COMMON(device_status)) & FOK);
}

static void address(volatile uint8_t *at, const void *p)
{
	mmio_write32(at, (uint32_t)(uintptr_t)p);
	mmio_write32(at + 4, (uint32_t)((uintptr_t)p >> 32));
}

static void queue_at(uint16_t size, const void *desc, const void *driver, const void *device)
{
	mmio_write16(COMMON(queue_select), 0);
	mmio_write16(COMMON(queue_size), size);
	address(COMMON(queue_desc), desc);
	address(COMMON(queue_driver), driver);
	address(COMMON(queue_device), device);
	mmio_write16(COMMON(queue_enable), 1);
}

static void queue_of(uint16_t size)
{
	queue_at(size, ring.desc, &ring.avail, &ring.used);
}

static void queue(void)
{
	queue_of(8);
}

static void live(uint64_t more)
{
	find();
	negotiated(1ull << VIRTIO_F_VERSION_1 | more);
	queue();
	status(ACK | DRV | FOK | DOK);
}

static void describe(unsigned i, void *addr, uint32_t len, uint16_t flags, uint16_t next)
{
	ring.desc[i] = (struct virtq_desc){ (uintptr_t)addr, len, flags, next };
}

static void notify(void)
{
	mmio_write16(common + 0x3000, 0);
	model_run();
}

static void offer(uint16_t head)
{
	ring.avail.ring[ring.avail.idx % 8] = head;
	ring.avail.idx++;
	notify();
}

MACHINE_TEST(a_driver_that_keeps_the_rules)
{
	live(1ull << VIRTIO_F_INDIRECT_DESC);
	describe(0, ring.buffer, 64, VIRTQ_DESC_F_WRITE, 0);
	offer(0);
	CHECK_EQ(ring.used.idx, 1);
	CHECK_EQ(ring.used.ring[0].len, 64);
	CHECK_EQ(ring.buffer[63], 0x5a);
	ring.table[0] = (struct virtq_desc){ (uintptr_t)ring.buffer, 32, VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_NEXT, 1 };
	ring.table[1] = (struct virtq_desc){ (uintptr_t)ring.buffer, 32, VIRTQ_DESC_F_WRITE, 0 };
	describe(3, ring.table, 32, VIRTQ_DESC_F_INDIRECT, 0);
	offer(3);
	CHECK_EQ(ring.used.idx, 2);
}

NOTICED(status_out_of_order, find(); status(DRV))
NOTICED(status_two_bits_at_once, find(); status(ACK | DRV))
NOTICED(status_bit_dropped, find(); status(ACK); status(DRV))
NOTICED(status_after_failed, find(); status(ACK | VIRTIO_STATUS_FAILED); status(ACK | DRV | VIRTIO_STATUS_FAILED))
NOTICED(register_before_reset_ended, find(); status(0); mmio_read32(COMMON(device_feature)))
NOTICED(features_not_read, find(); status(ACK); status(ACK | DRV); mmio_write32(COMMON(driver_feature), 0))
NOTICED(feature_not_offered, find(); negotiated(1ull << VIRTIO_F_VERSION_1 | 1))
NOTICED(version_1_not_accepted, find(); negotiated(0))
NOTICED(feature_bit_30, find(); r->v.offered |= 1u << 30; negotiated(1ull << VIRTIO_F_VERSION_1 | 1u << 30))
NOTICED(features_after_features_ok, find(); negotiated(1ull << VIRTIO_F_VERSION_1); features(1ull << VIRTIO_F_VERSION_1))
NOTICED(features_ok_not_read_back, find(); status(ACK); status(ACK | DRV); features(1ull << VIRTIO_F_VERSION_1); status(ACK | DRV | FOK);
	status(ACK | DRV | FOK | DOK))
NOTICED(queue_before_features, find(); status(ACK); status(ACK | DRV); queue())
NOTICED(queue_after_driver_ok, find(); negotiated(1ull << VIRTIO_F_VERSION_1); status(ACK | DRV | FOK | DOK); queue())
NOTICED(queue_twice, find(); negotiated(1ull << VIRTIO_F_VERSION_1); queue(); queue())
NOTICED(queue_size_odd, find(); negotiated(1ull << VIRTIO_F_VERSION_1); queue_of(7))
NOTICED(queue_without_addresses, find(); negotiated(1ull << VIRTIO_F_VERSION_1); mmio_write16(COMMON(queue_enable), 1))
NOTICED(queue_disabled, find(); negotiated(1ull << VIRTIO_F_VERSION_1); mmio_write16(COMMON(queue_enable), 0))
NOTICED(used_ring_not_zeroed, ring.used.idx = 1; find(); negotiated(1ull << VIRTIO_F_VERSION_1); queue())
NOTICED(register_width, find(); mmio_read16(COMMON(device_status)))
NOTICED(register_half, find(); mmio_read16(COMMON(device_feature)))
NOTICED(read_only_register, find(); mmio_write8(COMMON(config_generation), 1))
NOTICED(isr_with_msix, find(); pci_msix_enable(function); mmio_read8(common + 0x1000))
NOTICED(vector_beyond_the_table, find(); mmio_write16(COMMON(config_msix_vector), 9))
NOTICED(nobody_there, find(); mmio_read8(common + 0x100000))
NOTICED(notify_before_driver_ok, find(); negotiated(1ull << VIRTIO_F_VERSION_1); queue(); mmio_write16(common + 0x3000, 0))
NOTICED(notify_of_another_queue, live(0); mmio_write16(common + 0x3000, 1))
NOTICED(notify_32_bits_wide, live(0); mmio_write32(common + 0x3000, 0))
NOTICED(notify_not_wanted, live(0); ring.used.flags = VIRTQ_USED_F_NO_NOTIFY; notify())
NOTICED(notify_for_nothing, live(1ull << VIRTIO_F_EVENT_IDX); notify())
NOTICED(filled_and_not_notified, live(0); describe(0, ring.buffer, 64, VIRTQ_DESC_F_WRITE, 0); ring.avail.idx++; model_run())
NOTICED(readable_behind_writable, live(0); describe(0, ring.buffer, 8, VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_NEXT, 1); describe(1, ring.buffer, 8, 0, 0);
	offer(0))
NOTICED(readable_for_the_entropy_device, live(0); describe(0, ring.buffer, 8, 0, 0); offer(0))
NOTICED(chain_that_loops, live(0); describe(0, ring.buffer, 8, VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_NEXT, 0); offer(0))
NOTICED(index_beyond_the_ring, live(0); offer(8))
NOTICED(index_still_in_flight, live(0); r->give = 0; describe(0, ring.buffer, 8, VIRTQ_DESC_F_WRITE, 0); offer(0); offer(0))
NOTICED(avail_goes_back, live(0); ring.avail.idx = 0xfff0; notify())
NOTICED(avail_flags, live(0); ring.avail.flags = 2; describe(0, ring.buffer, 8, VIRTQ_DESC_F_WRITE, 0); offer(0))
NOTICED(avail_flags_with_event_idx, live(1ull << VIRTIO_F_EVENT_IDX); ring.avail.flags = 1; describe(0, ring.buffer, 8, VIRTQ_DESC_F_WRITE, 0); offer(0))
NOTICED(indirect_not_negotiated, live(0); describe(0, ring.table, 16, VIRTQ_DESC_F_INDIRECT, 0); offer(0))
NOTICED(indirect_and_next, live(1ull << VIRTIO_F_INDIRECT_DESC); describe(0, ring.table, 16, VIRTQ_DESC_F_INDIRECT | VIRTQ_DESC_F_NEXT, 1); offer(0))
NOTICED(indirect_in_indirect, live(1ull << VIRTIO_F_INDIRECT_DESC); ring.table[0].flags = VIRTQ_DESC_F_INDIRECT;
	describe(0, ring.table, 16, VIRTQ_DESC_F_INDIRECT, 0); offer(0))
NOTICED(indirect_too_long, live(1ull << VIRTIO_F_INDIRECT_DESC); describe(0, ring.table, 9 * 16, VIRTQ_DESC_F_INDIRECT, 0); offer(0))
NOTICED(indirect_uneven, live(1ull << VIRTIO_F_INDIRECT_DESC); describe(0, ring.table, 17, VIRTQ_DESC_F_INDIRECT, 0); offer(0))

/* --- packed rings --- */

#define PACKED (1ull << VIRTIO_F_VERSION_1 | 1ull << VIRTIO_F_RING_PACKED)

static void find_packed(uint64_t more)
{
	find();
	r->v.offered |= 1ull << VIRTIO_F_RING_PACKED;
	negotiated(PACKED | more);
}

static void live_packed(uint64_t more)
{
	find_packed(more);
	queue_at(8, packed.desc, &packed.driver, &packed.device);
	status(ACK | DRV | FOK | DOK);
}

/* On the ring's first lap. */
static void put(unsigned slot, void *addr, uint32_t len, uint16_t flags, uint16_t id)
{
	packed.desc[slot] = (struct pvirtq_desc){ (uintptr_t)addr, len, id, (uint16_t)(flags | PVIRTQ_DESC_F_AVAIL) };
}

static void offer_packed(unsigned slot, void *addr, uint32_t len, uint16_t flags, uint16_t id)
{
	put(slot, addr, len, flags, id);
	notify();
}

MACHINE_TEST(a_driver_that_keeps_the_packed_rules)
{
	const uint16_t used = PVIRTQ_DESC_F_AVAIL | PVIRTQ_DESC_F_USED | VIRTQ_DESC_F_WRITE;

	live_packed(1ull << VIRTIO_F_INDIRECT_DESC);
	offer_packed(0, ring.buffer, 64, VIRTQ_DESC_F_WRITE, 3);
	CHECK_EQ(packed.desc[0].flags, used);
	CHECK_EQ(packed.desc[0].id, 3);
	CHECK_EQ(packed.desc[0].len, 64);
	put(2, ring.buffer + 32, 32, VIRTQ_DESC_F_WRITE, 5);
	offer_packed(1, ring.buffer, 32, VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_NEXT, 5);
	CHECK_EQ(packed.desc[1].flags, used);
	CHECK_EQ(packed.desc[1].id, 5);
	packed.table[0] = (struct pvirtq_desc){ (uintptr_t)ring.buffer, 32, 0, VIRTQ_DESC_F_WRITE };
	packed.table[1] = (struct pvirtq_desc){ (uintptr_t)ring.buffer, 32, 0, VIRTQ_DESC_F_WRITE };
	offer_packed(3, packed.table, 32, VIRTQ_DESC_F_INDIRECT, 0);
	CHECK_EQ(packed.desc[3].flags, used);
	CHECK_EQ(packed.desc[3].len, 64);
}

NOTICED(packed_ring_misaligned, find_packed(0); queue_at(4, &packed.desc[0].len, &packed.driver, &packed.device))
NOTICED(packed_events_misaligned, find_packed(0); queue_at(8, packed.desc, (uint8_t *)&packed.driver + 2, &packed.device))
NOTICED(packed_ring_not_zeroed, packed.desc[2].len = 1; find_packed(0); queue_at(8, packed.desc, &packed.driver, &packed.device))
NOTICED(packed_descriptor_changed, live_packed(0); r->give = 0; offer_packed(0, ring.buffer, 64, VIRTQ_DESC_F_WRITE, 0); packed.desc[0].len = 8;
	offer_packed(1, ring.buffer, 64, VIRTQ_DESC_F_WRITE, 1))
NOTICED(packed_avail_with_used, live_packed(0); offer_packed(0, ring.buffer, 64, VIRTQ_DESC_F_WRITE | PVIRTQ_DESC_F_USED, 0))
NOTICED(packed_id_still_in_flight, live_packed(0); r->give = 0; offer_packed(0, ring.buffer, 8, VIRTQ_DESC_F_WRITE, 0);
	offer_packed(1, ring.buffer, 8, VIRTQ_DESC_F_WRITE, 0))
NOTICED(packed_list_cut_short, live_packed(0); offer_packed(0, ring.buffer, 8, VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_NEXT, 0))
NOTICED(packed_list_without_end, live_packed(0); for (unsigned i = 0; i < 8; i++) put(i, ring.buffer, 8, VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_NEXT, 0);
	notify())
NOTICED(packed_readable_behind_writable, live_packed(0); put(1, ring.buffer, 8, 0, 0);
	offer_packed(0, ring.buffer, 8, VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_NEXT, 0))
NOTICED(packed_readable_for_the_entropy_device, live_packed(0); offer_packed(0, ring.buffer, 8, 0, 0))
NOTICED(packed_indirect_not_negotiated, live_packed(0); offer_packed(0, packed.table, 16, VIRTQ_DESC_F_INDIRECT, 0))
NOTICED(packed_indirect_and_next, live_packed(1ull << VIRTIO_F_INDIRECT_DESC);
	offer_packed(0, packed.table, 16, VIRTQ_DESC_F_INDIRECT | VIRTQ_DESC_F_NEXT, 0))
NOTICED(packed_indirect_in_a_list, live_packed(1ull << VIRTIO_F_INDIRECT_DESC); put(1, packed.table, 16, VIRTQ_DESC_F_INDIRECT, 0);
	offer_packed(0, ring.buffer, 8, VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_NEXT, 0))
NOTICED(packed_next_in_indirect, live_packed(1ull << VIRTIO_F_INDIRECT_DESC);
	packed.table[0] = (struct pvirtq_desc){ (uintptr_t)ring.buffer, 8, 0, VIRTQ_DESC_F_WRITE | VIRTQ_DESC_F_NEXT };
	offer_packed(0, packed.table, 16, VIRTQ_DESC_F_INDIRECT, 0))
NOTICED(packed_indirect_too_long, live_packed(1ull << VIRTIO_F_INDIRECT_DESC); offer_packed(0, packed.table, 9 * 16, VIRTQ_DESC_F_INDIRECT, 0))
NOTICED(packed_indirect_uneven, live_packed(1ull << VIRTIO_F_INDIRECT_DESC); offer_packed(0, packed.table, 17, VIRTQ_DESC_F_INDIRECT, 0))
NOTICED(packed_notify_not_wanted, live_packed(0); packed.device = PVIRTQ_EVENT_WORD(0, 0, PVIRTQ_EVENT_DISABLE); notify())
NOTICED(packed_filled_and_not_notified, live_packed(0); put(0, ring.buffer, 64, VIRTQ_DESC_F_WRITE, 0); model_run())
NOTICED(packed_event_without_the_feature, live_packed(0); packed.driver = PVIRTQ_EVENT_WORD(0, 1, PVIRTQ_EVENT_DESC);
	offer_packed(0, ring.buffer, 64, VIRTQ_DESC_F_WRITE, 0))
NOTICED(packed_event_flags_reserved, live_packed(0); packed.driver = PVIRTQ_EVENT_WORD(0, 0, 3);
	offer_packed(0, ring.buffer, 64, VIRTQ_DESC_F_WRITE, 0))

TEST_MAIN
