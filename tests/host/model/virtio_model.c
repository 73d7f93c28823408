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

/* --- ring formats --- */

#define BIT(n)   (1ull << (n))
#define INDIRECT BIT(VIRTIO_F_INDIRECT_DESC)
#define EVENT    BIT(VIRTIO_F_EVENT_IDX)
#define PACKED   BIT(VIRTIO_F_RING_PACKED)
#define IN_ORDER BIT(VIRTIO_F_IN_ORDER)
#define OTHERS   (BIT(VIRTIO_F_ORDER_PLATFORM) | BIT(VIRTIO_F_RING_RESET))

static const struct ring_format {
	const char *name;
	uint64_t offered;
	uint16_t size;                /* 0: the device's own */
} formats[] = {
	{ "split", INDIRECT | EVENT, 0 },
	{ "split, plain", 0, 0 },
	{ "split, event index", EVENT, 4 },
	{ "split, indirect", INDIRECT, 1024 },
	{ "split, in order", INDIRECT | EVENT | IN_ORDER, 8 },
	{ "split, in order, no tables", IN_ORDER, 64 },
	{ "packed", PACKED | INDIRECT | EVENT | OTHERS, 0 },
	{ "packed, plain", PACKED, 0 },
	{ "packed, event index", PACKED | EVENT, 4 },
	{ "packed, event index, odd", PACKED | EVENT, 13 },
	{ "packed, indirect", PACKED | INDIRECT, 1024 },
	{ "packed, indirect, odd", PACKED | INDIRECT | EVENT, 100 },
	{ "packed, in order", PACKED | INDIRECT | EVENT | IN_ORDER, 8 },
	{ "packed, in order, no tables, odd", PACKED | IN_ORDER, 67 },
};

static const struct ring_format *format = formats;

void model_in_each_ring(void (*run)(void))
{
	int failures = test_failures;

	for (format = formats; format < formats + sizeof(formats) / sizeof(formats[0]); format++) {
		model_in_new_machine(run);
		if (test_failures > failures)
			fprintf(stderr, "  with a ring that is %s\n", format->name);
		failures = test_failures;
	}
	format = formats;
}

void model_virtio_init(struct model_virtio *m, unsigned type, unsigned nqueues, uint16_t queue_max)
{
	if (format->size)
		queue_max = format->size;
	m->type = type;
	m->offered = BIT(VIRTIO_F_VERSION_1) | format->offered;
	m->nqueues = nqueues;
	for (unsigned i = 0; i < nqueues; i++) {
		m->queue[i].max = queue_max;
		m->queue[i].notify_off = (uint16_t)i;
	}
	m->config_vector = VIRTIO_MSI_NO_VECTOR;
	m->width_rule = "PCI-05";
	m->actor.step = step;
	model_add_actor(&m->actor);
}

bool model_touch(struct model_virtio *m, const char *what)
{
	return RULE("PCI-19", !m->resetting, "%s before the reset was seen to end", what);
}

static void clear_queue(struct model_queue *q)
{
	*q = (struct model_queue){ .max = q->max, .notify_off = q->notify_off, .size = q->max, .vector = VIRTIO_MSI_NO_VECTOR,
				   .notifications = q->notifications, .interrupts = q->interrupts };
}

static void reset(struct model_virtio *m)
{
	m->accepted = 0;
	m->status = 0;
	m->features_ok_seen = m->broken = m->config_pending = false;
	m->feature_words_written = m->feature_words_read = 0;
	m->driver_feature[0] = m->driver_feature[1] = 0;
	m->config_vector = VIRTIO_MSI_NO_VECTOR;
	m->isr = 0;
	for (unsigned i = 0; i < m->nqueues; i++)
		clear_queue(&m->queue[i]);
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

/* Bits that no driver may accept: undefined or reserved ones, and what belongs to another transport. */
#define RESERVED (1ull << 30 | 1ull << VIRTIO_F_ADMIN_VQ | 1ull << VIRTIO_F_SR_IOV | 0xffffull << 44 | 0xfffull << 50)

static void check_features(struct model_virtio *m, uint64_t accepted)
{
	RULE("FEAT-01", !(accepted & ~m->offered), "features 0x%llx were never offered", (unsigned long long)(accepted & ~m->offered));
	if (m->offered >> VIRTIO_F_VERSION_1 & 1 && !m->legacy)
		RULE("RESV-01", accepted >> VIRTIO_F_VERSION_1 & 1, "VERSION_1 was offered and not accepted");
	if (m->offered & PACKED)
		RULE("RESV-06", accepted & PACKED, "RING_PACKED was offered and not accepted");
	if (m->offered & BIT(VIRTIO_F_ORDER_PLATFORM))
		RULE("RESV-07", accepted & BIT(VIRTIO_F_ORDER_PLATFORM), "ORDER_PLATFORM was offered and not accepted");
	if (m->offered & RESERVED)
		RULE("FEAT-05", !(accepted & RESERVED), "reserved features in 0x%llx", (unsigned long long)accepted);
	if (m->legacy && (m->offered >> VIRTIO_F_ANY_LAYOUT & 1))
		RULE("LEG-09", accepted >> VIRTIO_F_ANY_LAYOUT & 1, "ANY_LAYOUT was offered and not accepted");
	for (unsigned i = 0; i < 64; i++)
		if ((accepted >> i & 1) && m->needs_any[i])
			RULE("FEAT-02", accepted & m->needs_any[i], "feature %u without what it needs", i);
	model_rule_features(m->type, accepted);
	m->accepted = accepted;
}

/* 3.1.1: one bit at a time, in order; FAILED at any time and then nothing but a reset. */
static void check_step(struct model_virtio *m, uint8_t added)
{
	uint8_t before = m->status & (ACK | DRV | FOK | DOK);
	bool in_order = (added == ACK && before == 0) || (added == DRV && before == ACK) ||
		(added == FOK && before == (ACK | DRV) && !m->legacy) ||
		(added == DOK && before == (ACK | DRV | (m->legacy ? 0 : FOK)));

	RULE("STAT-03", !(m->status & FAIL), "status written after FAILED");
	if (added == FAIL)
		return;
	RULE("STAT-01", in_order, "status bit 0x%x set at status 0x%x", added, m->status);
	RULE(m->legacy ? "LEG-08" : "INIT-01", in_order, "status bit 0x%x set at status 0x%x", added, m->status);
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
	RULE("STAT-02", !(m->status & ~value & ~VIRTIO_STATUS_DEVICE_NEEDS_RESET), "status 0x%x drops bits of 0x%x", value, m->status);
	check_step(m, added);
	if (added == FOK) {
		RULE("INIT-01", m->feature_words_written == 3, "FEATURES_OK before both feature words were written");
		RULE("INIT-03", true, "a configuration write before this would have been refused");
		check_features(m, (uint64_t)m->driver_feature[1] << 32 | m->driver_feature[0]);
		if (m->fault.refuse_features_ok)
			return;
	}
	if (added == DOK && !m->legacy)
		RULE("INIT-05", m->features_ok_seen, "DRIVER_OK without reading FEATURES_OK back");
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
	RULE("INIT-04", (m->status & DRV) && !(m->status & (FOK | DOK)), "features written at status 0x%x", m->status);
	RULE("FEAT-03", m->feature_words_read == (m->legacy ? 1 : 3), "features written before all that are offered were read");
	if (m->driver_feature_select > (m->legacy ? 0 : 1))
		return;
	if (m->legacy)
		check_features(m, word);
	m->feature_words_written |= 1u << m->driver_feature_select;
	m->driver_feature[m->driver_feature_select] = word;
}

void model_queue_enable(struct model_virtio *m, unsigned index)
{
	struct model_queue *q = &m->queue[index];

	if (q->resets)
		RULE("VQR-03", q->halves_written == 0x3f, "queue %u enabled again without all of its set-up", index);
	else
		RULE("INIT-01", (m->legacy || m->features_ok_seen) && (m->status & DRV) && !(m->status & (DOK | FAIL)),
		     "queue %u enabled at status 0x%x", index, m->status);
	if (q->enabled)
		model_refuse("queue %u enabled twice", index);
	if (!RULE("PCI-18", q->halves_written == 0x3f, "queue %u enabled before its addresses were written", index))
		return;
	if (q->size > q->max)
		model_refuse("queue %u has size %u of %u", index, q->size, q->max);
	if (model_accepted(m, VIRTIO_F_RING_PACKED))
		RULE("PCI-16", q->size, "queue %u has size 0", index);
	else
		RULE("PCI-17", q->size && !(q->size & (q->size - 1)), "queue %u has size %u", index, q->size);
	q->enabled = true;
	model_ring_enabled(m, index);
}

bool model_queue_reset(struct model_virtio *m, unsigned index)
{
	struct model_queue *q = &m->queue[index];
	unsigned resets;

	if (!model_accepted(m, VIRTIO_F_RING_RESET) || !q->enabled || !(m->status & DOK))
		model_refuse("queue %u reset at status 0x%x", index, m->status);
	if (m->fault.queue_never_resets)
		return false;
	resets = q->resets + 1;
	clear_queue(q);
	q->resets = resets;
	if (m->queue_reset)
		m->queue_reset(m, index);
	return true;
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

	RULE(m->width_rule, f, "configuration read of %u bytes at %u", width, off);
	if (f && f->feature >= 0)
		RULE("CFG-03", m->offered >> f->feature & 1, "field at %u read, whose feature %d is not offered", off, f->feature);
	if (!(m->status & FOK) && !m->legacy)
		RULE("INIT-02", m->status & DRV, "configuration read at status 0x%x", m->status);
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

	if (m->config_written && m->config_written(m, off, value))
		return;
	if (m->type == VIRTIO_ID_NET)
		RULE("NET-01", false, "configuration written at %u", off);
	if (!f || !f->writable) {
		model_refuse("read-only configuration written at %u", off);
		return;
	}
	if (!m->legacy)
		RULE("INIT-03", m->status & FOK, "configuration written before FEATURES_OK");
	memcpy(m->config + off, &value, width);
	if (m->config_stored)
		m->config_stored(m, off, width);
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
	RULE("INIT-08", m->status & DOK, "queue %u notified before DRIVER_OK", index);
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
		model_config_interrupt(m);
		any = true;
	}
	for (unsigned i = 0; i < m->nqueues && !m->broken; i++)
		any |= m->queue[i].enabled && serve_queue(m, i);
	return any;
}
