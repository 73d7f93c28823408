/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control queues of a virtio console with MULTIPORT (VIRTIO 1.4, section 5.3.6.2): the device
 * says which ports there are, the driver that it is ready for them and which it has open.
 *
 * What is to be said is kept as a bit for each channel and message, and said when the queue has
 * room: so nothing is lost, however slowly the device takes it.
 */
#include "kernel/log.h"
#include "kernel/tty.h"
#include "virtio/virtio_console.h"
#include <string.h>

#define BIT(event) (1u << (event))

/* --- to the device --- */

/* The next message that is owed; false: none. Readiness comes before opening. */
static bool next_owed(struct vtcon *con, struct virtio_console_control *m)
{
	if (con->ready_owed) {
		con->ready_owed = false;
		*m = (struct virtio_console_control){ 0, VIRTIO_CONSOLE_DEVICE_READY, 1 };
		return true;
	}
	for (struct vtcon_channel *ch = con->channel; ch < con->channel + con->nports; ch++) {
		unsigned owed = ch->owed, event = (unsigned)__builtin_ctz(owed | 1u << 31);

		if (!owed)
			continue;
		atomic_fetch_and(&ch->owed, ~BIT(event));
		*m = (struct virtio_console_control){ ch->id, (uint16_t)event, 1 };
		if (event == VIRTIO_CONSOLE_PORT_OPEN)
			m->value = ch->open;
		else if (!ch->port)
			m->value = 0;
		return true;
	}
	return false;
}

static void flush(struct vtcon *con)
{
	irq_state s = spin_lock(&con->lock);
	unsigned i;

	while (con->control_tx &&
	       (i = (unsigned)__builtin_ctz(~con->out_busy)) < VTCON_CONTROL_OUT &&
	       con->control_tx->num_free && next_owed(con, &con->control_out[i])) {
		struct sg sg = { &con->control_out[i], sizeof con->control_out[i] };

		if (virtqueue_add(con->control_tx, &sg, 1, 1, &con->control_out[i]) == 0)
			con->out_busy |= 1u << i;
	}
	if (con->control_tx)
		virtqueue_kick(con->control_tx);
	spin_unlock(&con->lock, s);
}

void vtcon_control_owe(struct vtcon_channel *ch, enum virtio_console_event event)
{
	atomic_fetch_or(&ch->owed, BIT(event));
	flush(ch->con);
}

void vtcon_control_sent(struct virtqueue *vq, void *token, uint32_t len)
{
	struct vtcon *con = vq->spec.driver;
	irq_state s = spin_lock(&con->lock);

	(void)len;
	con->out_busy &= ~(1u << ((struct virtio_console_control *)token - con->control_out));
	spin_unlock(&con->lock, s);
	flush(con);
}

/* --- from the device --- */

/* A port that is there already was announced again, after a reset: it is as open as before. */
static void add_port(struct vtcon_channel *ch)
{
	if (!vtcon_port_plug(ch))
		log_warn("%s: no memory for port %u", ch->con->name, ch->id);
	atomic_fetch_or(&ch->owed, BIT(VIRTIO_CONSOLE_PORT_READY));
	if (ch->open)
		atomic_fetch_or(&ch->owed, BIT(VIRTIO_CONSOLE_PORT_OPEN));
}

static void resize(const void *payload, size_t len)
{
	struct virtio_console_resize size;

	if (len < sizeof size)
		return;
	memcpy(&size, payload, sizeof size);
	tty_set_window(size.cols, size.rows);
}

/* Of a port that is plugged in. */
static void handle(struct vtcon_port *p, const struct virtio_console_control *m, size_t len)
{
	switch (m->event) {
	case VIRTIO_CONSOLE_DEVICE_REMOVE:
		vtcon_port_unplug(p);
		break;
	case VIRTIO_CONSOLE_CONSOLE_PORT:
		vtcon_hvc_add(p, false);
		atomic_fetch_or(&p->channel->owed, BIT(VIRTIO_CONSOLE_PORT_OPEN));
		break;
	case VIRTIO_CONSOLE_RESIZE:
		if (p->console_name[0])
			resize(m + 1, len);
		break;
	case VIRTIO_CONSOLE_PORT_OPEN:
		vtcon_port_set_connected(p, m->value);
		break;
	case VIRTIO_CONSOLE_PORT_NAME:
		vtcon_port_set_name(p, (const char *)(m + 1), len);
		break;
	}
}

static void dispatch(struct vtcon *con, const struct virtio_console_control *m, size_t len)
{
	struct vtcon_channel *ch = &con->channel[m->id];

	if (m->id >= con->nports)
		log_warn("%s: port %u is one more than the %u there may be", con->name, m->id,
			 con->nports);
	else if (m->event == VIRTIO_CONSOLE_DEVICE_ADD)
		add_port(ch);
	else if (ch->port)
		handle(ch->port, m, len);
}

static void give(struct vtcon *con, void *message)
{
	struct sg sg = { message, sizeof *con->control_in };

	(void)virtqueue_add(con->control_rx, &sg, 1, 0, message);
}

void vtcon_control_received(struct virtqueue *vq, void *token, uint32_t len)
{
	struct vtcon *con = vq->spec.driver;
	const struct virtio_console_control *m = token;

	if (len >= sizeof *m)
		dispatch(con, m, len - sizeof *m);
	give(con, token);
	virtqueue_kick(vq);
	flush(con);
}

void vtcon_control_start(struct vtcon *con)
{
	for (unsigned i = 0; i < con->control_rx->size; i++)
		give(con, con->control_in[i]);
	virtqueue_kick(con->control_rx);
	con->ready_owed = true;
	flush(con);
}
