/* SPDX-License-Identifier: BSD-2-Clause */
/* See scsi_model.h. */
#include "tests/host/model/scsi_model.h"
#include "kernel/scsi.h"
#include "kernel/thread.h"
#include <stddef.h>

#define AT(field) offsetof(struct virtio_scsi_config, field)

static const struct model_field fields[] = {
	{ AT(num_queues), 4, 1, -1, false },
	{ AT(seg_max), 4, 1, -1, false },
	{ AT(max_sectors), 4, 1, -1, false },
	{ AT(cmd_per_lun), 4, 1, -1, false },
	{ AT(event_info_size), 4, 1, -1, false },
	{ AT(sense_size), 4, 1, -1, true },
	{ AT(cdb_size), 4, 1, -1, true },
	{ AT(max_channel), 2, 1, -1, false },
	{ AT(max_target), 2, 1, -1, false },
	{ AT(max_lun), 4, 1, -1, false },
	{ 0 },
};

/* --- the scan thread --- */

static struct {
	struct model_actor actor;
	struct scsi_host *host;
	struct model_scsi *model;
	bool runs;
} scanner;

static bool scan_step(struct model_actor *actor)
{
	uint64_t wanted = 0;

	(void)actor;
	for (unsigned i = 0; i < SCSI_TARGETS / 64; i++)
		wanted |= scanner.host->wanted[i];
	if (scanner.runs && scanner.model->release_soon) {
		scanner.model->release_soon = scanner.model->hold = false;
		model_scsi_release(scanner.model);
		return true;
	}
	if (scanner.runs || !wanted)
		return false;
	scanner.runs = true;
	scsi_scan(scanner.host);
	scanner.runs = false;
	scanner.model->scans++;
	return true;
}

struct thread *thread_create(const char *name, enum thread_priority priority, size_t stack_size, void (*entry)(void *), void *arg)
{
	static struct thread thread;

	(void)name, (void)priority, (void)stack_size, (void)entry;
	if (shim_fail_alloc && --shim_fail_alloc == 0)
		return NULL;
	scanner.host = arg;
	scanner.actor.step = scan_step;
	model_add_actor(&scanner.actor);
	return &thread;
}

/* --- commands --- */

struct virtio_scsi_config *model_scsi_config(struct model_scsi *m)
{
	return (struct virtio_scsi_config *)m->v.config;
}

static bool target_exists(const struct model_scsi *m, unsigned target)
{
	for (unsigned i = 0; i < MODEL_UNITS; i++)
		if (m->unit[i].present && m->unit[i].target == target)
			return true;
	return false;
}

static struct model_unit *unit_at(struct model_scsi *m, unsigned target, unsigned lun)
{
	for (unsigned i = 0; i < MODEL_UNITS; i++)
		if (m->unit[i].present && m->unit[i].target == target && m->unit[i].lun == lun)
			return &m->unit[i];
	return NULL;
}

static void put_sense(uint8_t *sense, uint32_t *len, bool descriptor, uint8_t key, uint16_t asc)
{
	memset(sense, 0, 18);
	sense[0] = descriptor ? SCSI_SENSE_DESCRIPTOR : SCSI_SENSE_FIXED;
	sense[descriptor ? 1 : 2] = key;
	scsi_put(sense + (descriptor ? 2 : 12), 2, asc);
	*len = descriptor ? 8 : 18;
}

void model_scsi_sense(struct model_scsi_fault *f, bool descriptor, uint8_t key, uint16_t asc)
{
	f->status = SCSI_STATUS_CHECK_CONDITION;
	put_sense(f->sense, &f->sense_len, descriptor, key, asc);
}

static void fail(struct virtio_scsi_cmd_resp *r, uint8_t key, uint16_t asc)
{
	r->status = SCSI_STATUS_CHECK_CONDITION;
	put_sense(r->sense, &r->sense_len, false, key, asc);
}

/* Data that goes in: as much as there is room for; the rest is the residual. */
static void give(const struct model_chain *c, struct virtio_scsi_cmd_resp *r, const uint8_t *data, uint64_t len)
{
	uint64_t room = c->writable_bytes - sizeof(*r), n = len < room ? len : room;

	model_chain_write(c, sizeof(*r), data, n);
	r->residual = (uint32_t)(room - n);
}

/* The allocation length that a command states is the room it brings along. */
static void check_allocation(const struct model_chain *c, uint64_t stated)
{
	uint64_t room = c->writable_bytes - sizeof(struct virtio_scsi_cmd_resp);

	if (stated != room)
		model_refuse("an allocation length of %llu with room for %llu", (unsigned long long)stated, (unsigned long long)room);
}

static void inquiry(const struct model_unit *u, const struct model_chain *c, const uint8_t *cdb, struct virtio_scsi_cmd_resp *r)
{
	uint8_t data[36] = { u ? u->type : 0x7f, 0, 6, 2, 31 };

	check_allocation(c, scsi_get(cdb + 3, 2));
	if (!(cdb[1] & 1)) {
		memcpy(data + 8, "MODEL   DISK            1.0 ", 28);
		give(c, r, data, sizeof(data));
		return;
	}
	if (!u || cdb[2] != SCSI_VPD_SERIAL || !u->serial) {
		fail(r, SCSI_KEY_ILLEGAL_REQUEST, SCSI_ASC_INVALID_FIELD_IN_CDB);
		return;
	}
	data[1] = cdb[2];
	data[2] = 0;
	data[3] = (uint8_t)strlen(u->serial);
	memcpy(data + 4, u->serial, strlen(u->serial));
	give(c, r, data, 4 + strlen(u->serial));
}

static void report_luns(struct model_scsi *m, unsigned target, const struct model_chain *c, const uint8_t *cdb, struct virtio_scsi_cmd_resp *r)
{
	uint8_t list[SCSI_LUN_LIST_HEADER + MODEL_UNITS * SCSI_LUN_BYTES] = { 0 };
	unsigned n = SCSI_LUN_LIST_HEADER;

	check_allocation(c, scsi_get(cdb + 6, 4));
	m->report_luns++;
	if (m->luns) {
		give(c, r, m->luns, m->luns_len);
		return;
	}
	for (unsigned i = 0; i < MODEL_UNITS; i++)
		if (m->unit[i].present && m->unit[i].target == target) {
			scsi_put(list + n, 2, m->unit[i].lun | (m->unit[i].lun > 255 ? SCSI_LUN_FLAT << 8 : 0));
			n += SCSI_LUN_BYTES;
		}
	scsi_put(list, 4, n - SCSI_LUN_LIST_HEADER);
	give(c, r, list, n);
}

static void read_capacity(const struct model_unit *u, const struct model_chain *c, const uint8_t *cdb, struct virtio_scsi_cmd_resp *r)
{
	bool claimed = u->claimed_last || u->claimed_size;
	uint64_t last = claimed ? u->claimed_last : u->blocks - 1;
	uint32_t size = claimed ? u->claimed_size : u->block_size;
	uint8_t data[32] = { 0 };

	if (cdb[0] == SCSI_READ_CAPACITY_10) {
		scsi_put(data, 4, last < UINT32_MAX ? last : UINT32_MAX);
		scsi_put(data + 4, 4, size);
		give(c, r, data, 8);
		return;
	}
	if ((cdb[1] & 0x1f) != SCSI_SAI_READ_CAPACITY_16)
		model_refuse("service action 0x%x", cdb[1]);
	check_allocation(c, scsi_get(cdb + 10, 4));
	scsi_put(data, 8, last);
	scsi_put(data + 8, 4, size);
	give(c, r, data, 32);
}

static void mode_sense(const struct model_unit *u, const struct model_chain *c, const uint8_t *cdb, struct virtio_scsi_cmd_resp *r)
{
	uint8_t data[32] = { 0 }, page = cdb[2] & SCSI_MODE_PAGE_CODE, *at = data + SCSI_MODE_HEADER;
	bool caching = !u->no_caching_page;

	check_allocation(c, cdb[4]);
	if (u->no_mode_sense || (page != SCSI_MODE_PAGE_ALL && (page != SCSI_MODE_PAGE_CACHING || !caching))) {
		fail(r, SCSI_KEY_ILLEGAL_REQUEST, SCSI_ASC_INVALID_FIELD_IN_CDB);
		return;
	}
	data[2] = u->read_only ? SCSI_MODE_WP : 0;
	if (!(cdb[1] & SCSI_MODE_DBD)) {
		data[3] = 8;
		at += 8;
	}
	if (caching) {
		at[0] = SCSI_MODE_PAGE_CACHING;
		at[1] = 6;
		at[2] = u->write_cache ? SCSI_MODE_WCE : 0;
		at += 8;
	}
	data[0] = (uint8_t)(at - data - 1);
	give(c, r, data, (uint64_t)(at - data));
}

static void transfer(struct model_unit *u, const struct model_chain *c, const uint8_t *cdb, struct virtio_scsi_cmd_resp *r)
{
	bool is_long = cdb[0] >= SCSI_READ_16, write = (cdb[0] & 0x1f) == (SCSI_WRITE_10 & 0x1f);
	uint64_t lba = is_long ? scsi_get(cdb + 2, 8) : scsi_get(cdb + 2, 4);
	uint64_t blocks = is_long ? scsi_get(cdb + 10, 4) : scsi_get(cdb + 7, 2);
	uint64_t bytes = write ? c->readable_bytes - sizeof(struct virtio_scsi_cmd_req) : c->writable_bytes - sizeof(*r);

	u->long_cdbs += is_long;
	*(write ? &u->writes : &u->reads) += 1;
	if (cdb[1])
		model_refuse("flags 0x%x of a transfer", cdb[1]);
	if (bytes != blocks * u->block_size)
		model_refuse("%llu bytes for %llu blocks", (unsigned long long)bytes, (unsigned long long)blocks);
	if (lba > u->blocks || blocks > u->blocks - lba) {
		if (!u->claimed_size)
			model_refuse("blocks %llu + %llu", (unsigned long long)lba, (unsigned long long)blocks);
		fail(r, SCSI_KEY_ILLEGAL_REQUEST, SCSI_ASC_LBA_OUT_OF_RANGE);
	} else if (write && u->read_only) {
		model_refuse("a write to a write-protected unit");
		fail(r, SCSI_KEY_DATA_PROTECT, 0x2700);
	} else if (write) {
		model_chain_read(c, sizeof(struct virtio_scsi_cmd_req), u->data + lba * u->block_size, bytes);
	} else {
		model_chain_write(c, sizeof(*r), u->data + lba * u->block_size, bytes);
	}
}

static void execute_on_unit(struct model_unit *u, const struct model_chain *c, const uint8_t *cdb, struct virtio_scsi_cmd_resp *r)
{
	switch (cdb[0]) {
	case SCSI_TEST_UNIT_READY:
		break;
	case SCSI_READ_CAPACITY_10:
	case SCSI_SERVICE_ACTION_IN_16:
		read_capacity(u, c, cdb, r);
		break;
	case SCSI_MODE_SENSE_6:
		mode_sense(u, c, cdb, r);
		break;
	case SCSI_READ_10:
	case SCSI_WRITE_10:
	case SCSI_READ_16:
	case SCSI_WRITE_16:
		transfer(u, c, cdb, r);
		break;
	case SCSI_SYNCHRONIZE_CACHE_10:
		u->flushes++;
		break;
	default:
		model_refuse("operation code 0x%x", cdb[0]);
	}
}

static void execute(struct model_scsi *m, const struct model_chain *c, const struct virtio_scsi_cmd_req *q, struct virtio_scsi_cmd_resp *r)
{
	unsigned target = q->lun[1];
	struct model_unit *u = unit_at(m, target, (unsigned)scsi_get(q->lun + 2, 2) & 0x3fff);

	if (!target_exists(m, target)) {
		r->response = VIRTIO_SCSI_S_BAD_TARGET;
		return;
	}
	if (u)
		u->commands++;
	if (q->cdb[0] == SCSI_INQUIRY) {
		inquiry(u, c, q->cdb, r);
	} else if (q->cdb[0] == SCSI_REPORT_LUNS) {
		report_luns(m, target, c, q->cdb, r);
	} else if (!u) {
		fail(r, SCSI_KEY_ILLEGAL_REQUEST, SCSI_ASC_LUN_NOT_SUPPORTED);
	} else if (u->attention) {
		u->attention = false;
		fail(r, SCSI_KEY_UNIT_ATTENTION, u->attention_asc);
	} else {
		execute_on_unit(u, c, q->cdb, r);
	}
}

/* --- requests --- */

static bool apply_fault(struct model_scsi *m, const uint8_t *cdb, struct virtio_scsi_cmd_resp *r)
{
	struct model_scsi_fault *f = &m->fault;

	if (!f->times || (f->opcode != ANY_OPCODE && f->opcode != cdb[0]))
		return false;
	f->times--;
	m->faulted++;
	r->response = f->response;
	r->status = f->status;
	r->residual = f->residual;
	r->sense_len = f->sense_len;
	memcpy(r->sense, f->sense, sizeof(f->sense));
	return true;
}

static void answer(struct model_scsi *m, const struct model_chain *c)
{
	struct virtio_scsi_cmd_resp r = { 0 };
	struct virtio_scsi_cmd_req q;
	struct model_unit *u;

	model_chain_read(c, 0, &q, sizeof(q));
	u = unit_at(m, q.lun[1], (unsigned)scsi_get(q.lun + 2, 2) & 0x3fff);
	if (u && u->linked)
		u->linked--;
	if (!apply_fault(m, q.cdb, &r))
		execute(m, c, &q, &r);
	else if (m->fault.executes)
		execute(m, c, &q, &(struct virtio_scsi_cmd_resp){ 0 });
	model_chain_write(c, 0, &r, sizeof(r));
	model_ring_push(&m->v, VIRTIO_SCSI_REQUESTQ, c, m->lengths ? m->lengths : (uint32_t)c->writable_bytes - r.residual);
}

/* After a lie in the ring the driver may have used what is held for something else. */
void model_scsi_release(struct model_scsi *m)
{
	while (m->nheld && !m->v.broken)
		answer(m, &m->held[--m->nheld]);
	m->nheld = 0;
}

static void check_lun(const uint8_t *lun)
{
	RULE("FACT-30", lun[0] == 1 && (lun[2] & 0xc0) == 0x40 && scsi_get(lun + 4, 4) == 0, "logical unit %016llx",
	     (unsigned long long)scsi_get(lun, 8));
}

static void check_request(struct model_scsi *m, const struct model_chain *c, const struct virtio_scsi_cmd_req *q)
{
	bool at_head = q->cdb[0] == SCSI_INQUIRY || q->cdb[0] == SCSI_REPORT_LUNS;

	check_lun(q->lun);
	RULE("SCSIL-06", c->piece[0].len == sizeof(*q), "a request header of %u bytes", c->piece[0].len);
	RULE("SCSIL-07", c->piece[c->readable].len >= offsetof(struct virtio_scsi_cmd_resp, sense), "a response header of %u bytes",
	     c->piece[c->readable].len);
	RULE("SCSI-10", !q->task_attr && !q->prio && !q->crn, "task_attr %u, prio %u, crn %u", q->task_attr, q->prio, q->crn);
	RULE("SCSI-09", !at_head || q->task_attr != 2, "ORDERED on opcode 0x%x", q->cdb[0]);
	RULE("SCSI-06", m->v.queue[VIRTIO_SCSI_EVENTQ].enabled, "a request before the event queue was found");
	RULE("SCSI-08", m->v.status & VIRTIO_STATUS_DRIVER_OK, "a request before DRIVER_OK");
	RULE("SCSI-19", !m->v.queue[VIRTIO_SCSI_REQUESTQ + 1].enabled, "more than one request queue");
	RULE("SCSI-07", m->nevents > 0, "no buffer in the event queue");
	if (c->n - 2 > model_scsi_config(m)->seg_max)
		model_refuse("%u segments", c->n - 2);
	for (unsigned i = SCSI_CDB_BYTES; i < sizeof(q->cdb); i++)
		if (q->cdb[i])
			model_refuse("byte %u of a CDB is set", i);
}

static void count_linked(struct model_scsi *m, const struct virtio_scsi_cmd_req *q)
{
	struct model_unit *u = unit_at(m, q->lun[1], (unsigned)scsi_get(q->lun + 2, 2) & 0x3fff);

	if (!u)
		return;
	u->linked++;
	RULE("SCSI-04", u->linked <= model_scsi_config(m)->cmd_per_lun, "%u linked commands", u->linked);
	RULE("SCSI-05", u->linked <= m->v.queue[VIRTIO_SCSI_REQUESTQ].size, "%u linked commands", u->linked);
}

static bool is_transfer(uint8_t opcode)
{
	return opcode == SCSI_READ_10 || opcode == SCSI_WRITE_10 || opcode == SCSI_READ_16 || opcode == SCSI_WRITE_16;
}

static void serve_request(struct model_scsi *m, const struct model_chain *c)
{
	struct virtio_scsi_cmd_req q;

	if (c->readable_bytes < sizeof(q) || c->writable_bytes < sizeof(struct virtio_scsi_cmd_resp)) {
		model_refuse("a request without header or response");
		return;
	}
	model_chain_read(c, 0, &q, sizeof(q));
	check_request(m, c, &q);
	count_linked(m, &q);
	if (m->hold && is_transfer(q.cdb[0]))
		m->held[m->nheld++] = *c;
	else
		answer(m, c);
}

/* --- events --- */

static void take_event_buffer(struct model_scsi *m, const struct model_chain *c)
{
	RULE("SCSI-13", c->readable == 0, "an event buffer with device-readable pieces");
	RULE("SCSI-14", c->writable_bytes >= model_scsi_config(m)->event_info_size || c->writable_bytes >= 256,
	     "an event buffer of %llu bytes", (unsigned long long)c->writable_bytes);
	RULE("SCSI-15", c->writable_bytes >= sizeof(struct virtio_scsi_event), "an event buffer of %llu bytes", (unsigned long long)c->writable_bytes);
	m->event[m->nevents++] = *c;
}

bool model_scsi_event(struct model_scsi *m, uint32_t event, uint8_t target, uint16_t lun, uint32_t reason)
{
	struct virtio_scsi_event e = {
		.event = event | m->missed, .lun = { 1, target, (uint8_t)(0x40 | lun >> 8), (uint8_t)lun }, .reason = reason,
	};
	struct model_chain c = m->event[0];

	if (!m->nevents) {
		m->missed = VIRTIO_SCSI_T_EVENTS_MISSED;
		return false;
	}
	m->missed = 0;
	memmove(m->event, m->event + 1, --m->nevents * sizeof(m->event[0]));
	model_chain_write(&c, 0, &e, sizeof(e));
	model_ring_push(&m->v, VIRTIO_SCSI_EVENTQ, &c, m->lengths ? m->lengths : sizeof(e));
	model_run();
	RULE("SCSI-12", m->nevents > 0, "the event queue is empty");
	return true;
}

static void serve(struct model_virtio *v, unsigned queue, struct model_chain *c)
{
	struct model_scsi *m = (struct model_scsi *)v;

	if (queue == VIRTIO_SCSI_EVENTQ)
		take_event_buffer(m, c);
	else if (queue == VIRTIO_SCSI_REQUESTQ)
		serve_request(m, c);
	else
		model_refuse("a buffer in queue %u", queue);
}

static void reset(struct model_virtio *v)
{
	struct model_scsi *m = (struct model_scsi *)v;

	m->nheld = m->nevents = 0;
	for (unsigned i = 0; i < MODEL_UNITS; i++)
		m->unit[i].linked = 0;
}

struct model_unit *model_unit_add(struct model_scsi *m, uint8_t target, uint16_t lun, uint64_t blocks, uint32_t block_size)
{
	struct model_unit *u = m->unit;

	while (u->present)
		u++;
	*u = (struct model_unit){ .present = true, .target = target, .lun = lun, .blocks = blocks, .block_size = block_size,
				  .write_cache = true };
	u->data = malloc(blocks * block_size);
	for (uint64_t i = 0; i < blocks * block_size; i++)
		u->data[i] = (uint8_t)(i / 512 * 7 + i + target * 17u + lun * 31u);
	return u;
}

struct model_scsi *model_scsi_new(uint64_t features)
{
	struct model_scsi *m = calloc(1, sizeof(*m));

	model_virtio_init(&m->v, VIRTIO_ID_SCSI, 4, 128);
	m->v.offered |= features;
	m->v.fields = fields;
	m->v.config_len = sizeof(struct virtio_scsi_config);
	m->v.serve = serve;
	m->v.reset = reset;
	*model_scsi_config(m) = (struct virtio_scsi_config){
		.num_queues = 2, .seg_max = 126, .max_sectors = 0xffff, .cmd_per_lun = 128,
		.event_info_size = sizeof(struct virtio_scsi_event), .sense_size = VIRTIO_SCSI_SENSE_SIZE,
		.cdb_size = VIRTIO_SCSI_CDB_SIZE, .max_target = 7, .max_lun = 16383,
	};
	scanner.model = m;
	model_pci_init(&m->v, false);
	return m;
}
