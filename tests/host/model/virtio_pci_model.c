/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See virtio_model.h: the registers of section 4.1.4 and interrupts. BAR 0 is the legacy interface's, BAR 1 holds the MSI-X
 * table, BAR 4 everything else, BAR 5 one notification register among the ports.
 */
#include "tests/host/model/virtio_model.h"
#include <stddef.h>

#define COMMON_AT 0x0000u
#define ISR_AT    0x1000u
#define CONFIG_AT 0x2000u
#define NOTIFY_AT 0x3000u
#define WINDOW    0x1000u
#define BAR_SIZE  0x4000u

static struct model_virtio *device_of(struct model_function *f)
{
	return f->device;
}

/* --- common configuration (4.1.4.3) --- */

#define AT(field) offsetof(struct virtio_pci_common_cfg, field)

/* Which registers exist, how wide they are, and whether the driver may write them. */
static const struct { uint8_t off, width; bool writable; } registers[] = {
	{ AT(device_feature_select), 4, true }, { AT(device_feature), 4, false },
	{ AT(driver_feature_select), 4, true }, { AT(driver_feature), 4, true },
	{ AT(config_msix_vector), 2, true },    { AT(num_queues), 2, false },
	{ AT(device_status), 1, true },         { AT(config_generation), 1, false },
	{ AT(queue_select), 2, true },          { AT(queue_size), 2, true },
	{ AT(queue_msix_vector), 2, true },     { AT(queue_enable), 2, true },
	{ AT(queue_notify_off), 2, false },
	{ AT(queue_desc), 4, true },            { AT(queue_desc) + 4, 4, true },
	{ AT(queue_driver), 4, true },          { AT(queue_driver) + 4, 4, true },
	{ AT(queue_device), 4, true },          { AT(queue_device) + 4, 4, true },
	{ AT(queue_notif_config_data), 2, false }, { AT(queue_reset), 2, true },
};

static bool check_register(unsigned off, unsigned width, bool write)
{
	for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		if (registers[i].off != off || registers[i].width != width)
			continue;
		if (registers[i].width == 4)
			RULE("PCI-06", true, "halves are halves");
		RULE("PCI-05", true, "a register of its width");
		return !write || RULE("PCI-15", registers[i].writable, "read-only register 0x%x written", off);
	}
	return RULE("PCI-05", false, "%s of %u bytes at 0x%x of the common configuration", write ? "write" : "read", width, off);
}

static struct model_queue *selected(struct model_virtio *m)
{
	static struct model_queue none;

	none = (struct model_queue){ .vector = VIRTIO_MSI_NO_VECTOR };
	return m->queue_select < m->nqueues ? &m->queue[m->queue_select] : &none;
}

static uint32_t address_half(const struct model_queue *q, unsigned off)
{
	uint64_t a = off < AT(queue_driver) ? q->desc : off < AT(queue_device) ? q->driver : q->device;

	return (uint32_t)(a >> (off & 4 ? 32 : 0));
}

/* 2.6.1: takes its time, as a reset of the whole device may. */
static uint32_t queue_reset_read(struct model_virtio *m, struct model_queue *q)
{
	if (q->reset_reads == 0)
		q->resetting = false;
	q->reset_reads -= q->reset_reads != 0;
	shim_now_ns += 1000;
	return q->resetting || m->fault.never_resets;
}

static void queue_reset_write(struct model_virtio *m, struct model_queue *q, uint32_t value)
{
	if (value != 1) {
		model_refuse("queue_reset written with %u", value);
		return;
	}
	model_queue_reset(m, m->queue_select);
	q->resetting = true;
	q->reset_reads = m->fault.slow_reset;
}

static uint32_t common_read(struct model_virtio *m, unsigned off, unsigned width)
{
	if (!check_register(off, width, false))
		return 0xffffffffu;
	if (off == AT(device_status))
		return model_status_read(m);
	if (!model_touch(m, "register read"))
		return 0;
	switch (off) {
	case AT(device_feature_select): return m->feature_select;
	case AT(device_feature): return model_features_read(m);
	case AT(driver_feature_select): return m->driver_feature_select;
	case AT(driver_feature): return m->driver_feature_select < 2 ? m->driver_feature[m->driver_feature_select] : 0;
	case AT(config_msix_vector): return m->config_vector;
	case AT(num_queues): return m->nqueues;
	case AT(config_generation): return m->generation;
	case AT(queue_select): return m->queue_select;
	case AT(queue_size): return selected(m)->size;
	case AT(queue_msix_vector): return selected(m)->vector;
	case AT(queue_enable): return selected(m)->enabled;
	case AT(queue_notify_off): return selected(m)->notify_off;
	case AT(queue_notif_config_data): return (uint16_t)(m->notif_config_data + m->queue_select);
	case AT(queue_reset): return queue_reset_read(m, selected(m));
	default: return address_half(selected(m), off);
	}
}

static void write_address_half(struct model_queue *q, unsigned off, uint32_t value)
{
	uint64_t *a = off < AT(queue_driver) ? &q->desc : off < AT(queue_device) ? &q->driver : &q->device;
	unsigned shift = off & 4 ? 32 : 0;

	*a = (*a & ~(0xffffffffull << shift)) | (uint64_t)value << shift;
	q->halves_written |= 1u << (off - AT(queue_desc)) / 4;
}

uint16_t model_pci_vector_answer(struct model_virtio *m, uint16_t vector, bool refuse)
{
	RULE("PCI-33", vector == VIRTIO_MSI_NO_VECTOR || vector < m->nvectors, "vector %u of a table of %u", vector, m->nvectors);
	refuse |= m->fault.refuse_vectors_from && vector >= m->fault.refuse_vectors_from;
	return refuse || vector >= m->nvectors ? VIRTIO_MSI_NO_VECTOR : vector;
}

static void queue_write(struct model_virtio *m, unsigned off, uint32_t value)
{
	struct model_queue *q = selected(m);

	if (m->queue_select >= m->nqueues)
		model_refuse("register 0x%x of queue %u written, which does not exist", off, m->queue_select);
	if (off == AT(queue_reset)) {
		queue_reset_write(m, q, value);
		return;
	}
	RULE("PCI-18", !q->enabled, "register 0x%x of enabled queue %u written", off, m->queue_select);
	if (model_accepted(m, VIRTIO_F_RING_RESET))
		RULE("PCI-21", !q->resetting, "queue %u used before its reset was seen to end", m->queue_select);
	switch (off) {
	case AT(queue_size): q->size = (uint16_t)value; break;
	case AT(queue_msix_vector): q->vector = model_pci_vector_answer(m, (uint16_t)value, m->fault.refuse_queue_vectors); break;
	case AT(queue_enable):
		RULE("PCI-20", value == 1, "queue_enable written with %u", value);
		if (q->resets)
			RULE("PCI-22", true, "a queue that was reset is enabled again");
		model_queue_enable(m, m->queue_select);
		break;
	default: write_address_half(q, off, value); break;
	}
}

static void common_write(struct model_virtio *m, unsigned off, uint32_t value, unsigned width)
{
	if (!check_register(off, width, true))
		return;
	if (off == AT(device_status)) {
		model_status_write(m, (uint8_t)value);
		return;
	}
	if (!model_touch(m, "register written"))
		return;
	switch (off) {
	case AT(device_feature_select): m->feature_select = value; break;
	case AT(driver_feature_select): m->driver_feature_select = value; break;
	case AT(driver_feature): model_features_write(m, value); break;
	case AT(config_msix_vector): m->config_vector = model_pci_vector_answer(m, (uint16_t)value, m->fault.refuse_config_vector); break;
	case AT(queue_select): m->queue_select = (uint16_t)value; break;
	default: queue_write(m, off, value); break;
	}
}

/* --- the BARs --- */

static uint32_t isr_read(struct model_virtio *m)
{
	uint8_t isr = m->isr | m->isr_noise;

	RULE("PCI-25", !model_pci_msix_on(m), "ISR read although MSI-X is on");
	m->isr_reads++;
	m->isr = 0;
	return isr;
}

static uint32_t bar_read(struct model_function *f, uint64_t off, unsigned width)
{
	struct model_virtio *m = device_of(f);

	m->modern_accesses++;
	switch (off / WINDOW) {
	case COMMON_AT / WINDOW:
		return common_read(m, (unsigned)off, width);
	case ISR_AT / WINDOW:
		return RULE("PCI-05", width == 1 && off == ISR_AT, "ISR read with %u bytes", width) ? isr_read(m) : 0;
	case CONFIG_AT / WINDOW:
		return model_touch(m, "configuration read") ? model_config_read(m, (unsigned)(off - CONFIG_AT), width) : 0;
	default:
		model_refuse("notification register read");
		return 0;
	}
}

/* 4.1.5.2.1: how wide, and what names the queue. */
static const char *notification_rule(const struct model_virtio *m, bool wide)
{
	if (model_accepted(m, VIRTIO_F_NOTIF_CONFIG_DATA))
		return wide ? "PCI-41" : "PCI-40";
	return wide ? "PCI-39" : "PCI-38";
}

static void notify_write(struct model_virtio *m, unsigned off, uint32_t value, unsigned width)
{
	bool wide = model_accepted(m, VIRTIO_F_NOTIFICATION_DATA);
	uint16_t name = (uint16_t)value, index = name;

	RULE(wide ? "PCI-37" : "PCI-36", width == (wide ? 4 : 2), "notification of %u bytes", width);
	if (model_accepted(m, VIRTIO_F_NOTIF_CONFIG_DATA))
		index = (uint16_t)(name - m->notif_config_data);
	if (!RULE(notification_rule(m, wide), index < m->nqueues, "notification of 0x%x", value) ||
	    !RULE("FACT-11", off == m->queue[index].notify_off * m->notify_multiplier, "notification %u at offset 0x%x", index, off))
		return;
	if (wide)
		model_ring_notification_data(m, index, (uint16_t)(value >> 16));
	if (model_touch(m, "notification"))
		model_notify(m, index);
}

static void bar_write(struct model_function *f, uint64_t off, uint32_t value, unsigned width)
{
	struct model_virtio *m = device_of(f);

	m->modern_accesses++;
	switch (off / WINDOW) {
	case COMMON_AT / WINDOW:
		common_write(m, (unsigned)off, value, width);
		break;
	case CONFIG_AT / WINDOW:
		if (model_touch(m, "configuration written"))
			model_config_write(m, (unsigned)(off - CONFIG_AT), value, width);
		break;
	case NOTIFY_AT / WINDOW:
		notify_write(m, (unsigned)(off - NOTIFY_AT), value, width);
		break;
	default:
		model_refuse("ISR written");
	}
}

static void port_notify_write(struct model_function *f, uint64_t off, uint32_t value, unsigned width)
{
	notify_write(device_of(f), (unsigned)off, value, width);
	device_of(f)->port_notifications++;
}

/* 4.1.4: nothing of a capability is written. Nobody here needs the window into the BARs. */
static void config_written(struct model_function *f, unsigned off)
{
	unsigned at = f->config[0x34];

	for (unsigned n = 0; at && n < 48; n++, at = f->config[at + 1])
		if (f->config[at] == 0x09)
			RULE("PCI-14", off < at || off >= at + f->config[at + 2], "a capability written at 0x%x", off);
}

/* --- MSI-X --- */

static uint32_t msix_read(struct model_function *f, uint64_t off, unsigned width)
{
	if (width != 4 || off >= device_of(f)->nvectors * 16u) {
		model_refuse("MSI-X table read of %u bytes at 0x%llx", width, (unsigned long long)off);
		return 0xffffffffu;
	}
	return device_of(f)->msix[off / 4];
}

bool model_pci_msix_on(const struct model_virtio *m)
{
	return m->nvectors && m->pci.config[m->msix_capability + 3] & 0x80;
}

static void deliver(struct model_virtio *m, unsigned entry)
{
	bool masked = m->pci.config[m->msix_capability + 3] & 0x40 || (m->msix[entry * 4 + 3] & 1);
	unsigned isr_reads = m->isr_reads;

	m->msix_pending[entry] = masked;
	if (masked)
		return;
	shim_irq_raise((int)m->msix[entry * 4 + 2]);
	RULE("PCI-25", m->isr_reads == isr_reads, "ISR read for a message");
}

static bool line_asserted(void *arg)
{
	return ((struct model_virtio *)arg)->isr;
}

/* FACT-12: once read, the cause is forgotten and the line drops. */
static void assert_line(struct model_virtio *m, uint8_t cause)
{
	unsigned reads = m->isr_reads, raised;

	m->isr |= cause;
	raised = model_bus_interrupt(&m->pci, line_asserted, m);
	if (raised)
		RULE("FACT-12", m->isr_reads - reads == raised, "ISR read %u times for %u interrupts", m->isr_reads - reads, raised);
}

static void raise(struct model_virtio *m, uint16_t vector, uint8_t cause)
{
	if (!model_pci_msix_on(m))
		assert_line(m, cause);
	else if (vector < m->nvectors)
		deliver(m, vector);
}

static void msix_write(struct model_function *f, uint64_t off, uint32_t value, unsigned width)
{
	struct model_virtio *m = device_of(f);

	if (width != 4 || off >= m->nvectors * 16u) {
		model_refuse("MSI-X table written with %u bytes at 0x%llx", width, (unsigned long long)off);
		return;
	}
	m->msix[off / 4] = value;
	if (off % 16 == 12 && m->msix_pending[off / 16])
		deliver(m, (unsigned)(off / 16));
}

void model_interrupt(struct model_virtio *m, uint16_t vector)
{
	m->raise(m, vector, 1);
}

void model_config_interrupt(struct model_virtio *m)
{
	m->raise(m, m->config_vector, 2);
}

/* --- building --- */

static void set_cap(struct model_virtio *m, unsigned i, uint8_t type, uint32_t offset, uint32_t length)
{
	m->cap[i] = (struct virtio_pci_cap){
		.cap_vndr = 0x09, .cap_len = type == VIRTIO_PCI_CAP_NOTIFY_CFG ? 20 : 16, .cfg_type = type, .bar = 4, .offset = offset, .length = length,
		.notify_off_multiplier = m->notify_multiplier,
	};
}

void model_pci_init(struct model_virtio *m, bool transitional_id)
{
	static const uint16_t transitional[] = {
		[VIRTIO_ID_NET] = 0x1000, [VIRTIO_ID_BLOCK] = 0x1001, [VIRTIO_ID_CONSOLE] = 0x1003, [VIRTIO_ID_ENTROPY] = 0x1005,
		[VIRTIO_ID_BALLOON] = 0x1002, [VIRTIO_ID_SCSI] = 0x1004,
	};

	model_bus_init_function(&m->pci, VIRTIO_PCI_VENDOR, transitional_id ? transitional[m->type] : (uint16_t)(0x1040 + m->type), 0x00ff00);
	m->pci.slot = 1;
	m->pci.device = m;
	m->pci.bar[1] = (struct model_bar){ .size = 0x1000, .read = msix_read, .write = msix_write };
	m->pci.bar[4] = (struct model_bar){ .size = BAR_SIZE, .is64 = true, .read = bar_read, .write = bar_write };
	m->pci.config_written = config_written;
	m->raise = raise;
	model_bus_firmware_line(&m->pci, 10);
	m->nvectors = m->nqueues + 1;
	m->notify_multiplier = 4;
	set_cap(m, 0, VIRTIO_PCI_CAP_COMMON_CFG, COMMON_AT, WINDOW);
	set_cap(m, 1, VIRTIO_PCI_CAP_ISR_CFG, ISR_AT, WINDOW);
	set_cap(m, 2, VIRTIO_PCI_CAP_DEVICE_CFG, CONFIG_AT, WINDOW);
	set_cap(m, 3, VIRTIO_PCI_CAP_NOTIFY_CFG, NOTIFY_AT, WINDOW);
	m->ncaps = 4;
}

/* As modern-pio-notify does it: first in the list, in ports, and the same register for all queues. */
void model_pci_port_notify(struct model_virtio *m)
{
	m->pci.bar[4].is64 = false;
	m->pci.bar[5] = (struct model_bar){ .size = 4, .io = true, .write = port_notify_write };
	memmove(&m->cap[1], &m->cap[0], m->ncaps++ * sizeof m->cap[0]);
	set_cap(m, 0, VIRTIO_PCI_CAP_NOTIFY_CFG, 0, 4);
	m->cap[0].bar = 5;
	m->cap[0].notify_off_multiplier = m->notify_multiplier = 0;
}

void model_pci_legacy(struct model_virtio *m, bool modern)
{
	uint8_t slot = m->pci.slot;

	memset(&m->pci, 0, sizeof m->pci);
	model_pci_init(m, true);
	m->pci.slot = slot;
	m->pci.bar[0] = model_pci_legacy_bar;
	if (!modern) {
		m->ncaps = 0;
		m->pci.bar[4] = (struct model_bar){ 0 };
		m->offered &= 0xffffffffu;
	}
}

void model_pci_plug(struct model_virtio *m)
{
	uint16_t control = (uint16_t)(m->nvectors - 1);

	for (unsigned i = 0; i < m->ncaps; i++) {
		uint8_t bytes[32] = { 0 }; /* what is longer than was defined ends with zeros */

		memcpy(bytes, &m->cap[i], sizeof(m->cap[i]));
		model_bus_add_capability(&m->pci, bytes, m->cap[i].cap_len < sizeof(bytes) ? m->cap[i].cap_len : sizeof(bytes));
	}
	if (m->nvectors) {
		m->msix_capability = model_bus_add_capability(&m->pci, (uint8_t[12]){ 0x11, 0, (uint8_t)control, (uint8_t)(control >> 8), 1 }, 12);
		m->pci.writable[m->msix_capability + 3] = 0xc0;
		for (unsigned i = 0; i < m->nvectors; i++)
			m->msix[i * 4 + 3] = 1;
	} else {
		m->pci.bar[1].size = 0;
	}
	model_bus_add(&m->pci);
}
