/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_model.h: the rules of sections 2.1 to 2.6 and 3.1, whatever the transport. */
#include "tests/host/model/virtio_model.h"

#define ACK  VIRTIO_STATUS_ACKNOWLEDGE
#define DRV  VIRTIO_STATUS_DRIVER
#define FOK  VIRTIO_STATUS_FEATURES_OK
#define DOK  VIRTIO_STATUS_DRIVER_OK
#define FAIL VIRTIO_STATUS_FAILED
#define READ_TIME_NS 1000 /* what a register read takes, so that deadlines pass */

static bool step(struct model_actor *actor);

void model_virtio_init(struct model_virtio *m, unsigned type, unsigned nqueues, uint16_t queue_max)
{
	m->type = type;
	m->offered = 1ull << VIRTIO_F_VERSION_1 | 1ull << VIRTIO_F_INDIRECT_DESC | 1ull << VIRTIO_F_EVENT_IDX;
	m->nqueues = nqueues;
	for (unsigned i = 0; i < nqueues; i++) {
		m->queue[i].max = queue_max;
		m->queue[i].notify_off = (uint16_t)i;
	}
	m->config_vector = VIRTIO_MSI_NO_VECTOR;
	m->actor.step = step;
	model_add_actor(&m->actor);
}

bool model_touch(struct model_virtio *m, const char *what)
{
	if (m->resetting)
		model_refuse("PCI-19: %s before the reset was seen to end", what);
	return !m->resetting;
}

static void reset(struct model_virtio *m)
{
	m->accepted = 0;
	m->status = 0;
	m->features_ok_seen = m->broken = m->config_pending = false;
	m->feature_words_written = m->feature_words_read = 0;
	m->driver_feature[0] = m->driver_feature[1] = 0;
	m->config_vector = VIRTIO_MSI_NO_VECTOR;
	for (unsigned i = 0; i < m->nqueues; i++) {
		struct model_queue *q = &m->queue[i];

		*q = (struct model_queue){ .max = q->max, .notify_off = q->notify_off, .size = q->max, .vector = VIRTIO_MSI_NO_VECTOR,
					   .notifications = q->notifications, .interrupts = q->interrupts };
	}
	m->resetting = true;
	m->reset_reads = m->fault.slow_reset;
	m->resets++;
	if (m->reset)
		m->reset(m);
}

uint8_t model_status_read(struct model_virtio *m)
{
	shim_now_ns += READ_TIME_NS;
	if (m->resetting) {
		if (m->fault.never_resets || m->reset_reads) {
			m->reset_reads -= m->reset_reads != 0;
			return DRV;
		}
		m->resetting = false;
		return 0;
	}
	if (m->status & FOK)
		m->features_ok_seen = true;
	return m->status;
}

static void check_features(struct model_virtio *m)
{
	uint64_t accepted = (uint64_t)m->driver_feature[1] << 32 | m->driver_feature[0];

	if (m->feature_words_written != 3)
		model_refuse("INIT-01: FEATURES_OK before both feature words were written");
	if (accepted & ~m->offered)
		model_refuse("FEAT-01: features 0x%llx were never offered", (unsigned long long)(accepted & ~m->offered));
	if ((m->offered >> VIRTIO_F_VERSION_1 & 1) && !(accepted >> VIRTIO_F_VERSION_1 & 1))
		model_refuse("RESV-01: VERSION_1 was offered and not accepted");
	if (accepted & (1ull << 30 | 1ull << VIRTIO_F_ADMIN_VQ | 1ull << VIRTIO_F_SR_IOV | 0xffffull << 44 | 0xfffull << 50))
		model_refuse("FEAT-05: reserved features in 0x%llx", (unsigned long long)accepted);
	for (unsigned i = 0; i < 64; i++)
		if ((accepted >> i & 1) && m->needs_any[i] && !(accepted & m->needs_any[i]))
			model_refuse("FEAT-02: feature %u without what it needs", i);
	model_rule_features(m->type, accepted);
	m->accepted = accepted;
}

/* 3.1.1: one bit at a time, in order; FAILED at any time and then nothing but a reset. */
static void check_step(struct model_virtio *m, uint8_t added)
{
	static const struct { uint8_t bit, before; } order[] = {
		{ ACK, 0 }, { DRV, ACK }, { FOK, ACK | DRV }, { DOK, ACK | DRV | FOK },
	};

	if (m->status & FAIL)
		model_refuse("STAT-03: status written after FAILED");
	if (added == FAIL)
		return;
	for (unsigned i = 0; i < 4; i++)
		if (order[i].bit == added && (m->status & 0xf) == order[i].before)
			return;
	model_refuse("INIT-01: status bit 0x%x set at status 0x%x", added, m->status);
}

void model_status_write(struct model_virtio *m, uint8_t value)
{
	uint8_t added = value & ~m->status;

	if (value == 0) {
		reset(m);
		return;
	}
	if (!model_touch(m, "status written"))
		return;
	if (m->status & ~value & ~VIRTIO_STATUS_DEVICE_NEEDS_RESET)
		model_refuse("STAT-02: status 0x%x drops bits of 0x%x", value, m->status);
	check_step(m, added);
	if (added == FOK) {
		check_features(m);
		if (m->fault.refuse_features_ok)
			return;
	}
	if (added == DOK && !m->features_ok_seen)
		model_refuse("INIT-05: DRIVER_OK without reading FEATURES_OK back");
	m->status |= added;
}

uint32_t model_features_read(struct model_virtio *m)
{
	if (m->feature_select > 1)
		return 0;
	m->feature_words_read |= 1u << m->feature_select;
	return (uint32_t)(m->offered >> 32 * m->feature_select);
}

void model_features_write(struct model_virtio *m, uint32_t word)
{
	if (!(m->status & DRV) || (m->status & FOK))
		model_refuse("INIT-04: features written at status 0x%x", m->status);
	if (m->feature_words_read != 3)
		model_refuse("FEAT-03: features written before all that are offered were read");
	if (m->driver_feature_select > 1)
		return;
	m->feature_words_written |= 1u << m->driver_feature_select;
	m->driver_feature[m->driver_feature_select] = word;
}

void model_queue_enable(struct model_virtio *m, unsigned index)
{
	struct model_queue *q = &m->queue[index];

	if (!(m->status & FOK) || !m->features_ok_seen || (m->status & (DOK | FAIL)))
		model_refuse("INIT-01: queue %u enabled at status 0x%x", index, m->status);
	if (q->enabled)
		model_refuse("queue %u enabled twice", index);
	if (q->halves_written != 0x3f) {
		model_refuse("PCI-18: queue %u enabled before its addresses were written", index);
		return;
	}
	if (q->size == 0 || q->size > q->max || (q->size & (q->size - 1)))
		model_refuse("PCI-17: queue %u has size %u of %u", index, q->size, q->max);
	q->enabled = true;
	model_ring_enabled(m, index);
}

/* --- configuration --- */

static const struct model_field *field_at(struct model_virtio *m, unsigned off, unsigned width)
{
	for (const struct model_field *f = m->fields; f && f->width; f++) {
		unsigned unit = f->width == 8 ? 4 : f->width; /* 64-bit fields are read as two halves */

		if (off >= f->off && off - f->off < (unsigned)f->width * f->count && width == unit && (off - f->off) % unit == 0)
			return f;
	}
	return NULL;
}

uint32_t model_config_read(struct model_virtio *m, unsigned off, unsigned width)
{
	const struct model_field *f = field_at(m, off, width);
	uint32_t value = 0xffffffffu;

	if (!f)
		model_refuse("PCI-05: configuration read of %u bytes at %u", width, off);
	else if (f->feature >= 0 && !(m->offered >> f->feature & 1))
		model_refuse("CFG-03: field at %u read, whose feature %d is not offered", off, f->feature);
	if (m->config_watch)
		m->config_watch(m, off);
	if (off + width <= m->config_len)
		memcpy(&value, m->config + off, width);
	if (m->fault.config_tears) {
		m->fault.config_tears--;
		m->generation++;
		if (m->config_read_hook)
			m->config_read_hook(m, off);
	}
	return value;
}

void model_config_write(struct model_virtio *m, unsigned off, uint32_t value, unsigned width)
{
	const struct model_field *f = field_at(m, off, width);

	if (m->type == VIRTIO_ID_NET)
		RULE("NET-01", false, "configuration written at %u", off);
	if (!f || !f->writable) {
		model_refuse("read-only configuration written at %u", off);
		return;
	}
	if (!(m->status & FOK))
		model_refuse("INIT-03: configuration written before FEATURES_OK");
	memcpy(m->config + off, &value, width);
}

void model_config_changed(struct model_virtio *m)
{
	m->generation++;
	m->config_pending = true;
}

void model_needs_reset(struct model_virtio *m)
{
	m->status |= VIRTIO_STATUS_DEVICE_NEEDS_RESET;
	m->config_pending = true;
}

/* --- serving --- */

void model_notify(struct model_virtio *m, unsigned index)
{
	if (index >= m->nqueues || !m->queue[index].enabled) {
		model_refuse("notification of queue %u, which is not enabled", index);
		return;
	}
	if (!(m->status & DOK))
		model_refuse("INIT-08: queue %u notified before DRIVER_OK", index);
	if (!m->broken) /* else its ring does not say any more whether it wants that */
		model_ring_notified(m, index);
	m->queue[index].notified = true;
	m->queue[index].notifications++;
}

static bool serve_queue(struct model_virtio *m, unsigned index)
{
	static struct model_chain chain;
	bool any = false;

	if (!model_ring_wants_service(m, index))
		return false;
	m->queue[index].notified = false;
	while (!m->broken && !m->resetting && model_ring_pop(m, index, &chain)) {
		m->serve(m, index, &chain);
		any = true;
	}
	if (!m->broken && !m->resetting)
		model_ring_wait(m, index);
	return any;
}

static bool step(struct model_actor *actor)
{
	struct model_virtio *m = (struct model_virtio *)actor;
	bool any = false;

	if (m->resetting || !(m->status & DOK))
		return false;
	if (m->config_pending) {
		m->config_pending = false;
		model_interrupt(m, m->config_vector);
		any = true;
	}
	for (unsigned i = 0; i < m->nqueues && !m->broken; i++)
		any |= m->queue[i].enabled && serve_queue(m, i);
	return any;
}
