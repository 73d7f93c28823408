/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_model.h: the registers of section 4.1.4 and MSI-X. BAR 1 holds the MSI-X table, BAR 4 everything else. */
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
};

static bool check_register(unsigned off, unsigned width, bool write)
{
	for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		if (registers[i].off != off || registers[i].width != width)
			continue;
		if (write && !registers[i].writable)
			model_refuse("PCI-15: read-only register 0x%x written", off);
		return !write || registers[i].writable;
	}
	model_refuse("PCI-05: %s of %u bytes at 0x%x of the common configuration", write ? "write" : "read", width, off);
	return false;
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

static uint16_t vector_answer(struct model_virtio *m, uint16_t vector, bool refuse)
{
	if (vector != VIRTIO_MSI_NO_VECTOR && vector >= m->nvectors)
		model_refuse("PCI-33: vector %u of a table of %u", vector, m->nvectors);
	return refuse || vector >= m->nvectors ? VIRTIO_MSI_NO_VECTOR : vector;
}

static void queue_write(struct model_virtio *m, unsigned off, uint32_t value)
{
	struct model_queue *q = selected(m);

	if (m->queue_select >= m->nqueues)
		model_refuse("register 0x%x of queue %u written, which does not exist", off, m->queue_select);
	if (q->enabled)
		model_refuse("PCI-18: register 0x%x of enabled queue %u written", off, m->queue_select);
	switch (off) {
	case AT(queue_size): q->size = (uint16_t)value; break;
	case AT(queue_msix_vector): q->vector = vector_answer(m, (uint16_t)value, m->fault.refuse_queue_vectors); break;
	case AT(queue_enable):
		if (value != 1)
			model_refuse("PCI-20: queue_enable written with %u", value);
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
	case AT(config_msix_vector): m->config_vector = vector_answer(m, (uint16_t)value, m->fault.refuse_config_vector); break;
	case AT(queue_select): m->queue_select = (uint16_t)value; break;
	default: queue_write(m, off, value); break;
	}
}

/* --- the BARs --- */

static uint32_t bar_read(struct model_function *f, uint64_t off, unsigned width)
{
	struct model_virtio *m = device_of(f);

	switch (off / WINDOW) {
	case COMMON_AT / WINDOW:
		return common_read(m, (unsigned)off, width);
	case ISR_AT / WINDOW:
		if (m->nvectors)
			model_refuse("PCI-25: ISR read although MSI-X is on");
		return 0;
	case CONFIG_AT / WINDOW:
		return model_touch(m, "configuration read") ? model_config_read(m, (unsigned)(off - CONFIG_AT), width) : 0;
	default:
		model_refuse("notification register read");
		return 0;
	}
}

static void notify_write(struct model_virtio *m, unsigned off, uint32_t value, unsigned width)
{
	if (width != 2)
		model_refuse("PCI-36: notification of %u bytes", width);
	if (value >= m->nqueues || off != m->queue[value].notify_off * m->notify_multiplier)
		model_refuse("PCI-38: notification %u at offset 0x%x", value, off);
	else if (model_touch(m, "notification"))
		model_notify(m, value);
}

static void bar_write(struct model_function *f, uint64_t off, uint32_t value, unsigned width)
{
	struct model_virtio *m = device_of(f);

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

/* --- MSI-X --- */

static uint32_t msix_read(struct model_function *f, uint64_t off, unsigned width)
{
	if (width != 4 || off >= device_of(f)->nvectors * 16u) {
		model_refuse("MSI-X table read of %u bytes at 0x%llx", width, (unsigned long long)off);
		return 0xffffffffu;
	}
	return device_of(f)->msix[off / 4];
}

static void deliver(struct model_virtio *m, unsigned entry)
{
	uint16_t control = (uint16_t)(m->pci.config[m->msix_capability + 2] | m->pci.config[m->msix_capability + 3] << 8);

	m->msix_pending[entry] = true;
	if (!(control & 0x8000) || (control & 0x4000) || (m->msix[entry * 4 + 3] & 1))
		return;
	m->msix_pending[entry] = false;
	shim_irq_raise((int)m->msix[entry * 4 + 2]);
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
	if (vector < m->nvectors)
		deliver(m, vector);
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
	m->nvectors = m->nqueues + 1;
	m->notify_multiplier = 4;
	set_cap(m, 0, VIRTIO_PCI_CAP_COMMON_CFG, COMMON_AT, WINDOW);
	set_cap(m, 1, VIRTIO_PCI_CAP_ISR_CFG, ISR_AT, WINDOW);
	set_cap(m, 2, VIRTIO_PCI_CAP_DEVICE_CFG, CONFIG_AT, WINDOW);
	set_cap(m, 3, VIRTIO_PCI_CAP_NOTIFY_CFG, NOTIFY_AT, WINDOW);
	m->ncaps = 4;
}

void model_pci_plug(struct model_virtio *m)
{
	uint16_t control = (uint16_t)(m->nvectors - 1);

	for (unsigned i = 0; i < m->ncaps; i++)
		model_bus_add_capability(&m->pci, &m->cap[i], m->cap[i].cap_len < sizeof(m->cap[i]) ? m->cap[i].cap_len : sizeof(m->cap[i]));
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
