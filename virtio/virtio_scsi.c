/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SCSI host device (VIRTIO 1.4, section 5.6): carries the commands of kernel/scsi.c to the
 * device and its answers and events back. What the commands mean is not looked at here.
 *
 * One request queue is used, whatever there are (5.6.4), and of the other two the event queue; the
 * control queue stays disabled, as nothing asks for task management. Used lengths say nothing:
 * some devices count the data they read too, others always say 0.
 */
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/printf.h"
#include "kernel/scsi.h"
#include "virtio/virtio.h"
#include <errno.h>
#include <string.h>

#define SLOTS_WANTED    128u
#define DATA_PIECES_MAX 64u
#define PIECES_MAX      (DATA_PIECES_MAX + 2) /* with request and response */
#define SECTORS_MAX     (1u << 22)            /* a chain's length is a 32-bit number of bytes */
#define EVENTS          8u
#define EVENT_BYTES_MAX 256u
#define RESPONSE_UNSET  0xffu

struct slot {
	struct scsi_cmd cmd;
	struct virtio_scsi_cmd_req req;
	struct virtio_scsi_cmd_resp resp;
};

struct vtscsi {
	struct scsi_host host;
	struct virtio_device *dev;
	struct virtqueue *requests, *events;
	struct slot *slots;
	unsigned nslots;
	uint8_t *event_buffers;  /* EVENTS of them */
	uint32_t event_bytes;    /* of each */
	char name[12];
};

/* --- requests --- */

static unsigned add_data(struct sg *sg, const struct scsi_cmd *c)
{
	for (unsigned i = 0; i < c->nsg; i++)
		sg[i] = c->sg[i];
	return c->nsg;
}

/* 5.6.6.1: request, data out, response, data in; each header in one piece (5.6.6.4). */
static int vtscsi_queue(struct scsi_host *host, struct scsi_cmd *c)
{
	struct vtscsi *v = container_of(host, struct vtscsi, host);
	struct slot *s = container_of(c, struct slot, cmd);
	struct sg sg[PIECES_MAX];
	unsigned n = 0, readable;

	s->req = (struct virtio_scsi_cmd_req){
		.lun = { 1, c->lun->target, (uint8_t)(VIRTIO_SCSI_LUN_FLAT | c->lun->lun >> 8),
			 (uint8_t)c->lun->lun },
		.id = (uint64_t)(s - v->slots),
	};
	memcpy(s->req.cdb, c->cdb, sizeof c->cdb);
	s->resp.response = RESPONSE_UNSET;
	sg[n++] = (struct sg){ &s->req, sizeof s->req };
	if (c->to_device)
		n += add_data(sg + n, c);
	readable = n;
	sg[n++] = (struct sg){ &s->resp, sizeof s->resp };
	if (!c->to_device)
		n += add_data(sg + n, c);
	return virtqueue_add(v->requests, sg, n, readable, s);
}

static void vtscsi_kick(struct scsi_host *host)
{
	virtqueue_kick(container_of(host, struct vtscsi, host)->requests);
}

static enum scsi_delivery delivery(uint8_t response)
{
	switch (response) {
	case VIRTIO_SCSI_S_OK:
		return SCSI_DELIVERED;
	case VIRTIO_SCSI_S_BAD_TARGET:
		return SCSI_NO_DEVICE;
	case VIRTIO_SCSI_S_BUSY:
		return SCSI_NOT_NOW;
	case VIRTIO_SCSI_S_ABORTED:
	case VIRTIO_SCSI_S_RESET:
	case VIRTIO_SCSI_S_TRANSPORT_FAILURE:
	case VIRTIO_SCSI_S_FAILURE:
		return SCSI_DISTURBED;
	}
	return SCSI_FAILED;
}

static void completed(struct virtqueue *vq, void *token, uint32_t len)
{
	struct slot *s = token;
	uint32_t sense_len = s->resp.sense_len;

	(void)vq, (void)len;
	s->cmd.delivery = delivery(s->resp.response);
	s->cmd.status = s->resp.status;
	s->cmd.residual = s->resp.residual;
	s->cmd.sense = s->resp.sense;
	s->cmd.sense_len = sense_len < SCSI_SENSE_BYTES ? sense_len : SCSI_SENSE_BYTES;
	scsi_complete(&s->cmd);
}

/* --- events --- */

/* Zeros are no event: a device that writes less, or nothing, tells nothing. */
static void offer_event_buffer(struct vtscsi *v, void *buffer)
{
	struct sg sg = { buffer, v->event_bytes };

	memset(buffer, 0, v->event_bytes);
	virtqueue_add(v->events, &sg, 1, 0, buffer);
}

/* 5.6.6.3. An event of another kind, or about another bus, is none. */
static void handle_event(struct vtscsi *v, const struct virtio_scsi_event *e)
{
	unsigned target = e->lun[1], lun = (e->lun[2] & 0x3fu) << 8 | e->lun[3];
	uint32_t kind = e->event & ~VIRTIO_SCSI_T_EVENTS_MISSED;

	if (e->event & VIRTIO_SCSI_T_EVENTS_MISSED)
		scsi_rescan(&v->host, 0, v->host.targets);
	if (kind == VIRTIO_SCSI_T_NO_EVENT || e->lun[0] != 1)
		return;
	if (kind == VIRTIO_SCSI_T_TRANSPORT_RESET && e->reason == VIRTIO_SCSI_EVT_RESET_REMOVED)
		scsi_lun_removed(&v->host, target, lun);
	else
		scsi_rescan(&v->host, target, 1);
}

static void event_came(struct virtqueue *vq, void *buffer, uint32_t len)
{
	struct vtscsi *v = vq->spec.driver;
	struct virtio_scsi_event e;

	(void)len;
	memcpy(&e, buffer, sizeof e);
	offer_event_buffer(v, buffer);
	virtqueue_kick(vq);
	handle_event(v, &e);
}

/* --- life --- */

static int make_slots(struct vtscsi *v)
{
	if (v->slots)
		return 0;
	v->slots = kzalloc(v->requests->size * sizeof *v->slots);
	if (!v->slots)
		return -ENOMEM;
	v->nslots = v->requests->size;
	for (unsigned i = 0; i < v->nslots; i++)
		scsi_add_cmd(&v->host, &v->slots[i].cmd);
	return 0;
}

/* 5.6.6.3.1: each at least as large as the device asks, if that is reasonable. */
static int make_event_buffers(struct virtio_device *dev, struct vtscsi *v)
{
	uint32_t size = virtio_config(dev, struct virtio_scsi_config, event_info_size);

	if (v->event_buffers)
		return 0;
	if (size < sizeof(struct virtio_scsi_event))
		size = sizeof(struct virtio_scsi_event);
	v->event_bytes = size < EVENT_BYTES_MAX ? size : EVENT_BYTES_MAX;
	v->event_buffers = kmalloc(EVENTS * v->event_bytes);
	return v->event_buffers ? 0 : -ENOMEM;
}

static int make_queues(struct virtio_device *dev, struct vtscsi *v)
{
	size_t bytes_each = sizeof(struct slot) + PIECES_MAX * sizeof(struct virtq_desc);

	v->events = virtio_queue(dev, &(struct virtqueue_spec){
		.index = VIRTIO_SCSI_EVENTQ, .size = EVENTS, .pieces = 1, .no_lengths = true,
		.used = event_came, .driver = v,
	});
	v->requests = virtio_queue(dev, &(struct virtqueue_spec){
		.index = VIRTIO_SCSI_REQUESTQ, .size = virtio_queue_size(SLOTS_WANTED, bytes_each),
		.pieces = PIECES_MAX, .no_lengths = true, .used = completed, .driver = v,
	});
	if (!v->events || !v->requests)
		return -ENXIO;
	return make_slots(v);
}

static int read_limits(struct virtio_device *dev, struct vtscsi *v)
{
	uint32_t seg_max = virtio_config(dev, struct virtio_scsi_config, seg_max);
	uint32_t sectors = virtio_config(dev, struct virtio_scsi_config, max_sectors);
	uint32_t commands = virtio_config(dev, struct virtio_scsi_config, cmd_per_lun);
	uint16_t target = virtio_config(dev, struct virtio_scsi_config, max_target);
	uint32_t room = v->requests->size < PIECES_MAX ? v->requests->size : PIECES_MAX;

	room = room > 2 ? room - 2 : 0;
	v->host.max_sg = seg_max < room ? seg_max : room;
	v->host.max_sectors = sectors < SECTORS_MAX ? sectors : SECTORS_MAX;
	v->host.cmd_per_lun = commands ? commands : 1;
	v->host.targets = target < SCSI_TARGETS ? target + 1u : SCSI_TARGETS;
	if (v->host.max_sg)
		return 0;
	log_err("%s: seg_max %u and a queue of %u leave no room for data", dev->where, seg_max,
		v->requests->size);
	return -EINVAL;
}

static struct vtscsi *allocate(struct virtio_device *dev)
{
	static unsigned number;
	struct vtscsi *v = kzalloc(sizeof *v);

	if (!v)
		return NULL;
	v->dev = dev;
	ksnprintf(v->name, sizeof v->name, "scsi%u", number++);
	v->host.name = v->name;
	v->host.queue = vtscsi_queue;
	v->host.kick = vtscsi_kick;
	scsi_host_init(&v->host);
	return dev->driver_data = v;
}

static int scsi_probe(struct virtio_device *dev)
{
	struct vtscsi *v = dev->driver_data ? dev->driver_data : allocate(dev);
	int error = v ? make_queues(dev, v) : -ENOMEM;

	if (!error)
		error = make_event_buffers(dev, v);
	if (!error)
		error = read_limits(dev, v);
	if (!error)
		dev->name = v->name;
	return error;
}

static void scsi_start(struct virtio_device *dev)
{
	struct vtscsi *v = dev->driver_data;

	for (unsigned i = 0; i < EVENTS; i++)
		offer_event_buffer(v, v->event_buffers + i * v->event_bytes);
	virtqueue_kick(v->events);
	scsi_host_start(&v->host);
}

static void scsi_remove(struct virtio_device *dev)
{
	struct vtscsi *v = dev->driver_data;

	if (!v) /* the first probe found no memory */
		return;
	for (unsigned i = 0; i < v->nslots; i++)
		scsi_abandon(&v->slots[i].cmd);
	if (dev->lost)
		scsi_host_lost(&v->host);
}

static const struct virtio_feature scsi_features[] = {
	{ "INOUT",   VIRTIO_SCSI_F_INOUT,   false, 0 },
	{ "HOTPLUG", VIRTIO_SCSI_F_HOTPLUG, true,  0 },
	{ "CHANGE",  VIRTIO_SCSI_F_CHANGE,  true,  0 },
	{ "T10_PI",  VIRTIO_SCSI_F_T10_PI,  false, 0 },
	{ 0 },
};

static const struct virtio_driver scsi_driver = {
	.name = "virtio-scsi",
	.id = VIRTIO_ID_SCSI,
	.features = scsi_features,
	.probe = scsi_probe,
	.start = scsi_start,
	.remove = scsi_remove,
};
VIRTIO_DRIVER(scsi_driver);
