/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_model.h: the registers of section 4.1.4.10, in BAR 0. */
#include "tests/host/model/virtio_model.h"
#include <stddef.h>

#define AT(field) offsetof(struct virtio_pci_legacy_cfg, field)

static const struct { uint8_t off, width; bool writable; } registers[] = {
	{ AT(device_feature), 4, false }, { AT(driver_feature), 4, true }, { AT(queue_address), 4, true },
	{ AT(queue_size), 2, false },     { AT(queue_select), 2, true },   { AT(queue_notify), 2, true },
	{ AT(device_status), 1, true },   { AT(isr_status), 1, false },    { AT(config_msix_vector), 2, true },
	{ AT(queue_msix_vector), 2, true },
};

/* 4.1.4.10: the device's configuration follows the header, which is longer while MSI-X is on. */
static unsigned header_len(const struct model_virtio *m)
{
	return model_pci_msix_on(m) ? sizeof(struct virtio_pci_legacy_cfg) : AT(config_msix_vector);
}

static bool check_register(unsigned off, unsigned width, bool write)
{
	for (unsigned i = 0; i < sizeof(registers) / sizeof(registers[0]); i++)
		if (registers[i].off == off && registers[i].width == width)
			return RULE("PCIL-01", !write || registers[i].writable, "read-only register %u written", off);
	return RULE("PCIL-03", false, "%s of %u bytes at %u of the legacy header", write ? "write" : "read", width, off);
}

static struct model_queue *selected(struct model_virtio *m)
{
	static struct model_queue none;

	none = (struct model_queue){ .vector = VIRTIO_MSI_NO_VECTOR };
	return m->queue_select < m->nqueues ? &m->queue[m->queue_select] : &none;
}

static uint32_t isr_read(struct model_virtio *m)
{
	uint8_t isr = m->isr | m->isr_noise;

	m->isr_reads++;
	m->isr = 0;
	return isr;
}

static uint32_t header_read(struct model_virtio *m, unsigned off)
{
	if (off == AT(device_status))
		return model_status_read(m);
	if (!model_touch(m, "register read"))
		return 0;
	m->feature_select = 0;
	switch (off) {
	case AT(device_feature): return model_features_read(m);
	case AT(driver_feature): return m->driver_feature[0];
	case AT(queue_address): return (uint32_t)(selected(m)->desc / 4096);
	case AT(queue_size): return selected(m)->max;
	case AT(queue_select): return m->queue_select;
	case AT(isr_status): return isr_read(m);
	case AT(config_msix_vector): return m->config_vector;
	case AT(queue_msix_vector): return selected(m)->vector;
	default: return 0;
	}
}

static uint32_t legacy_read(struct model_function *f, uint64_t off, unsigned width)
{
	struct model_virtio *m = f->device;

	m->legacy = true;
	m->legacy_accesses++;
	if (off < header_len(m))
		return check_register((unsigned)off, width, false) ? header_read(m, (unsigned)off) : 0xffffffffu;
	RULE("PCIL-03", true, "configuration behind the header");
	return model_touch(m, "configuration read") ? model_config_read(m, (unsigned)off - header_len(m), width) : 0;
}

/* 4.1.5.1.3.1: where the rings are follows from the page and the device's own size. */
static void queue_address_write(struct model_virtio *m, uint32_t page)
{
	struct model_queue *q = selected(m);
	uint64_t at = page * 4096ull, avail_end = at + q->max * 16u + 2u * (3u + q->max);

	if (page == 0) {
		q->enabled = false;
		q->desc = 0;
		return;
	}
	q->size = q->max;
	q->desc = at;
	q->driver = at + q->max * 16u;
	q->device = (avail_end + 4095) / 4096 * 4096;
	q->halves_written = 0x3f;
	RULE("FACT-14", q->desc % 4096 == 0, "a page is a page");
	model_queue_enable(m, m->queue_select);
}

static void header_write(struct model_virtio *m, unsigned off, uint32_t value)
{
	switch (off) {
	case AT(driver_feature):
		RULE("FACT-15", true, "one word of features");
		m->driver_feature_select = 0;
		model_features_write(m, value);
		break;
	case AT(queue_address): queue_address_write(m, value); break;
	case AT(queue_select): m->queue_select = (uint16_t)value; break;
	case AT(queue_notify):
		RULE("PCI-38", value < m->nqueues, "notification of %u", value);
		model_notify(m, value);
		break;
	case AT(config_msix_vector):
		m->config_vector = model_pci_vector_answer(m, (uint16_t)value, m->fault.refuse_config_vector);
		break;
	case AT(queue_msix_vector):
		selected(m)->vector = model_pci_vector_answer(m, (uint16_t)value, m->fault.refuse_queue_vectors);
		break;
	}
}

static void legacy_write(struct model_function *f, uint64_t off, uint32_t value, unsigned width)
{
	struct model_virtio *m = f->device;

	m->legacy = true;
	m->legacy_accesses++;
	if (off >= header_len(m)) {
		model_config_write(m, (unsigned)off - header_len(m), value, width);
		return;
	}
	if (!check_register((unsigned)off, width, true))
		return;
	if (off == AT(device_status))
		model_status_write(m, (uint8_t)value);
	else if (model_touch(m, "register written"))
		header_write(m, (unsigned)off, value);
}

const struct model_bar model_pci_legacy_bar = { .size = 0x80, .io = true, .read = legacy_read, .write = legacy_write };
