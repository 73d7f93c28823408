/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_model.h: the registers of section 4.2.2, and of 4.2.4 for version 1. */
#include "tests/host/model/virtio_model.h"
#include <stddef.h>

#define SHM_FIRST 0x0acu
#define SHM_LAST  0x0bcu
#define READ      1
#define WRITE     2
#define V1        4
#define V2        8
#define BOTH      (V1 | V2)

static const struct { uint16_t off; uint8_t how; } registers[] = {
	{ VIRTIO_MMIO_MAGIC_VALUE, READ | BOTH },      { VIRTIO_MMIO_VERSION, READ | BOTH },
	{ VIRTIO_MMIO_DEVICE_ID, READ | BOTH },        { VIRTIO_MMIO_VENDOR_ID, READ | BOTH },
	{ VIRTIO_MMIO_DEVICE_FEATURES, READ | BOTH },  { VIRTIO_MMIO_DEVICE_FEATURES_SEL, WRITE | BOTH },
	{ VIRTIO_MMIO_DRIVER_FEATURES, WRITE | BOTH }, { VIRTIO_MMIO_DRIVER_FEATURES_SEL, WRITE | BOTH },
	{ VIRTIO_MMIO_GUEST_PAGE_SIZE, WRITE | V1 },   { VIRTIO_MMIO_QUEUE_SEL, WRITE | BOTH },
	{ VIRTIO_MMIO_QUEUE_SIZE_MAX, READ | BOTH },   { VIRTIO_MMIO_QUEUE_SIZE, WRITE | BOTH },
	{ VIRTIO_MMIO_QUEUE_ALIGN, WRITE | V1 },       { VIRTIO_MMIO_QUEUE_PFN, READ | WRITE | V1 },
	{ VIRTIO_MMIO_QUEUE_READY, READ | WRITE | V2 },{ VIRTIO_MMIO_QUEUE_NOTIFY, WRITE | BOTH },
	{ VIRTIO_MMIO_INTERRUPT_STATUS, READ | BOTH }, { VIRTIO_MMIO_INTERRUPT_ACK, WRITE | BOTH },
	{ VIRTIO_MMIO_STATUS, READ | WRITE | BOTH },
	{ VIRTIO_MMIO_QUEUE_DESC_LOW, WRITE | V2 },    { VIRTIO_MMIO_QUEUE_DESC_LOW + 4, WRITE | V2 },
	{ VIRTIO_MMIO_QUEUE_DRIVER_LOW, WRITE | V2 },  { VIRTIO_MMIO_QUEUE_DRIVER_LOW + 4, WRITE | V2 },
	{ VIRTIO_MMIO_QUEUE_DEVICE_LOW, WRITE | V2 },  { VIRTIO_MMIO_QUEUE_DEVICE_LOW + 4, WRITE | V2 },
	{ VIRTIO_MMIO_QUEUE_RESET, READ | WRITE | V2 },{ VIRTIO_MMIO_CONFIG_GENERATION, READ | V2 },
};

static struct model_virtio *device_of(struct model_region *r)
{
	return (struct model_virtio *)((char *)r - offsetof(struct model_virtio, mmio.region));
}

/* --- which register, and may it be touched --- */

static bool check_register(const struct model_virtio *m, unsigned off, unsigned width, int how)
{
	RULE("MMIO-24", off < SHM_FIRST || off > SHM_LAST, "a shared memory register");
	if (!RULE("MMIO-04", width == 4 && off % 4 == 0, "access of %u bytes at 0x%x", width, off))
		return false;
	for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		if (registers[i].off != off || !(registers[i].how & (m->mmio.version == 1 ? V1 : V2)))
			continue;
		if (how == WRITE)
			return RULE("MMIO-02", registers[i].how & WRITE, "read-only register 0x%x written", off);
		return RULE("MMIO-03", registers[i].how & READ, "write-only register 0x%x read", off);
	}
	return RULE("MMIO-01", false, "access at 0x%x, where no register is", off);
}

/* 4.2.3.1.1: magic and version, then the type, then the rest, and only where there is a device. */
static void check_order(struct model_virtio *m, unsigned off)
{
	unsigned seen = m->mmio.seen;

	if (off == VIRTIO_MMIO_DEVICE_ID)
		RULE("MMIO-21", (seen & 3) == 3, "the device id before magic and version");
	if (off <= VIRTIO_MMIO_DEVICE_ID) {
		m->mmio.seen |= 1u << off / 4;
		return;
	}
	RULE("MMIO-22", seen == 7, "register 0x%x before the device id", off);
	RULE("MMIO-23", !m->mmio.empty, "register 0x%x of a slot without a device", off);
}

static struct model_queue *selected(struct model_virtio *m)
{
	static struct model_queue none;

	none = (struct model_queue){ 0 };
	return m->queue_select < m->nqueues ? &m->queue[m->queue_select] : &none;
}

/* --- reading --- */

static uint32_t in_use_read(struct model_virtio *m, uint32_t value)
{
	m->mmio.in_use_read = true;
	return value;
}

static uint32_t size_max_read(struct model_virtio *m)
{
	if (m->mmio.version == 1)
		RULE("FACT-20", !selected(m)->enabled, "QueueSizeMax read while QueuePFN is not 0");
	return selected(m)->max;
}

static uint32_t isr_read(struct model_virtio *m)
{
	m->isr_reads++;
	return m->isr | m->isr_noise;
}

static uint32_t read_register(struct model_virtio *m, unsigned off)
{
	switch (off) {
	case VIRTIO_MMIO_MAGIC_VALUE: return m->mmio.magic;
	case VIRTIO_MMIO_VERSION: return m->mmio.version;
	case VIRTIO_MMIO_DEVICE_ID: return m->mmio.empty ? 0 : m->type;
	case VIRTIO_MMIO_STATUS: return model_status_read(m);
	}
	if (!model_touch(m, "register read"))
		return 0;
	switch (off) {
	case VIRTIO_MMIO_DEVICE_FEATURES:
		RULE("MMIO-10", m->mmio.feature_select_written, "features read without a selection");
		return model_features_read(m);
	case VIRTIO_MMIO_QUEUE_SIZE_MAX: return size_max_read(m);
	case VIRTIO_MMIO_QUEUE_PFN: return in_use_read(m, (uint32_t)(selected(m)->desc / 4096));
	case VIRTIO_MMIO_QUEUE_READY: return in_use_read(m, selected(m)->enabled);
	case VIRTIO_MMIO_INTERRUPT_STATUS: return isr_read(m);
	case VIRTIO_MMIO_CONFIG_GENERATION: return m->generation;
	default: return 0;
	}
}

static uint32_t region_read(struct model_region *r, uint64_t off, unsigned width)
{
	struct model_virtio *m = device_of(r);

	check_order(m, (unsigned)off);
	if (off >= VIRTIO_MMIO_CONFIG) {
		RULE("MMIO-01", off - VIRTIO_MMIO_CONFIG + width <= m->config_len, "a read behind the configuration");
		return model_touch(m, "configuration read") ? model_config_read(m, (unsigned)off - VIRTIO_MMIO_CONFIG, width) : 0;
	}
	RULE("MMIO-01", true, "a register");
	return check_register(m, (unsigned)off, width, READ) ? read_register(m, (unsigned)off) : 0xffffffffu;
}

/* --- writing --- */

static void write_address_half(struct model_queue *q, unsigned off, uint32_t value)
{
	unsigned which = off / 16 - VIRTIO_MMIO_QUEUE_DESC_LOW / 16, half = off / 4 & 1;
	uint64_t *a = which == 0 ? &q->desc : which == 1 ? &q->driver : &q->device;

	*a = (*a & ~(0xffffffffull << 32 * half)) | (uint64_t)value << 32 * half;
	q->halves_written |= 1u << (2 * which + half);
}

/* 4.2.4: where the rings are follows from page, size and alignment. */
static void pfn_write(struct model_virtio *m, uint32_t page)
{
	struct model_queue *q = selected(m);
	uint64_t at = page * 4096ull, avail_end = at + q->size * 16u + 2u * (3u + q->size);

	RULE("FACT-20", m->mmio.page_size_written && m->mmio.align_written, "QueuePFN before GuestPageSize and QueueAlign");
	q->desc = at;
	q->driver = at + q->size * 16u;
	q->device = (avail_end + 4095) / 4096 * 4096;
	q->halves_written = 0x3f;
	q->max = q->size; /* what LEG-04 compares: here a driver may choose */
	model_queue_enable(m, m->queue_select);
}

static void queue_write(struct model_virtio *m, unsigned off, uint32_t value)
{
	struct model_queue *q = selected(m);

	if (m->queue_select >= m->nqueues)
		model_refuse("register 0x%x of queue %u written, which does not exist", off, m->queue_select);
	if (m->mmio.version == 2)
		RULE("MMIO-13", !q->enabled, "register 0x%x of queue %u written, which is ready", off, m->queue_select);
	switch (off) {
	case VIRTIO_MMIO_QUEUE_SIZE:
		RULE("MMIO-12", value <= q->max, "QueueSize %u of %u", value, q->max);
		q->size = (uint16_t)value;
		break;
	case VIRTIO_MMIO_QUEUE_ALIGN:
		m->mmio.align_written = value == 4096;
		break;
	case VIRTIO_MMIO_QUEUE_PFN:
	case VIRTIO_MMIO_QUEUE_READY:
		RULE("FACT-16", m->mmio.in_use_read, "queue %u set up without a look whether it is in use", m->queue_select);
		if (off == VIRTIO_MMIO_QUEUE_PFN)
			pfn_write(m, value);
		else
			model_queue_enable(m, m->queue_select);
		break;
	default: write_address_half(q, off, value); break;
	}
}

/* 4.2.3.4.1: what was reported and handled, and nothing else. */
static void ack_write(struct model_virtio *m, uint32_t value)
{
	RULE("MMIO-18", !(value & ~3u), "InterruptACK written with 0x%x", value);
	m->mmio.acked |= value;
	m->isr &= (uint8_t)~value;
}

static void notify_write(struct model_virtio *m, uint32_t value)
{
	bool wide = model_accepted(m, VIRTIO_F_NOTIFICATION_DATA);
	unsigned index = wide ? value & 0xffff : value;

	if (index >= m->nqueues) {
		model_refuse("notification of 0x%x", value);
		return;
	}
	if (wide)
		model_ring_notification_data(m, index, (uint16_t)(value >> 16));
	model_notify(m, index);
}

static void status_write(struct model_virtio *m, uint32_t value)
{
	if (value == 0)
		m->mmio.feature_select_written = m->mmio.driver_select_written = m->mmio.page_size_written =
			m->mmio.align_written = m->mmio.in_use_read = false;
	if (value & VIRTIO_STATUS_DRIVER_OK)
		RULE("MMIO-25", m->features_ok_seen || m->legacy, "DRIVER_OK at status 0x%x", m->status);
	model_status_write(m, (uint8_t)value);
	RULE("FACT-19", !model_accepted(m, VIRTIO_F_ADMIN_VQ), "ADMIN_VQ accepted");
}

static void write_register(struct model_virtio *m, unsigned off, uint32_t value)
{
	if (off == VIRTIO_MMIO_STATUS) {
		status_write(m, value);
		return;
	}
	if (!model_touch(m, "register written"))
		return;
	switch (off) {
	case VIRTIO_MMIO_DEVICE_FEATURES_SEL:
		m->feature_select = value;
		m->mmio.feature_select_written = true;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES_SEL:
		m->driver_feature_select = value;
		m->mmio.driver_select_written = true;
		break;
	case VIRTIO_MMIO_DRIVER_FEATURES:
		RULE("MMIO-11", m->mmio.driver_select_written, "features written without a selection");
		model_features_write(m, value);
		break;
	case VIRTIO_MMIO_GUEST_PAGE_SIZE: m->mmio.page_size_written = value == 4096; break;
	case VIRTIO_MMIO_QUEUE_SEL: m->queue_select = (uint16_t)value; break;
	case VIRTIO_MMIO_QUEUE_NOTIFY: notify_write(m, value); break;
	case VIRTIO_MMIO_INTERRUPT_ACK: ack_write(m, value); break;
	default: queue_write(m, off, value); break;
	}
}

static void region_write(struct model_region *r, uint64_t off, uint32_t value, unsigned width)
{
	struct model_virtio *m = device_of(r);

	check_order(m, (unsigned)off);
	if (off >= VIRTIO_MMIO_CONFIG)
		model_config_write(m, (unsigned)off - VIRTIO_MMIO_CONFIG, value, width);
	else if (check_register(m, (unsigned)off, width, WRITE))
		write_register(m, (unsigned)off, value);
}

/* --- interrupts --- */

static bool asserted(void *arg)
{
	return ((struct model_virtio *)arg)->isr;
}

static void raise(struct model_virtio *m, uint16_t vector, uint8_t cause)
{
	unsigned reads = m->isr_reads;

	(void)vector;
	m->isr |= cause;
	m->mmio.acked = 0;
	if (!model_wire_assert(m->mmio.gsi, asserted, m))
		return;
	RULE("MMIO-26", m->isr_reads > reads, "an interrupt without a look at InterruptStatus");
	RULE("MMIO-17", m->mmio.acked & cause, "an interrupt that is not acknowledged");
	RULE("MMIO-28", m->mmio.acked & cause, "an interrupt that is not acknowledged");
}

void model_mmio_plug(struct model_virtio *m, unsigned slot, unsigned gsi)
{
	m->mmio.region = (struct model_region){ .address = MODEL_MMIO_BASE + slot * 0x200, .size = 0x200,
						.read = region_read, .write = region_write };
	m->mmio.magic = VIRTIO_MMIO_MAGIC;
	m->mmio.version = m->legacy ? 1 : 2;
	m->mmio.gsi = gsi;
	m->raise = raise;
	m->width_rule = "MMIO-05";
	if (m->legacy)
		m->offered &= 0xffffffffu;
	model_bus_add_region(&m->mmio.region);
}
