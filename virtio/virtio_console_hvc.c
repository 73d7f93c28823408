/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports that are consoles: hvc0, hvc1, ... in the order of their coming. What the host does not
 * take waits in the channel's ring; when that is full, it is dropped, as a console never stops
 * anybody for long.
 *
 * Emergency writing (5.3.5) needs no queue: it serves before those are up, and with the system
 * frozen where their holder was stopped or the device takes nothing from them. It always goes to
 * port 0. It is the last choice, as the device cannot say "not so fast": QEMU drops what the host
 * is too slow to read.
 */
#include "kernel/clock.h"
#include "kernel/printf.h"
#include "virtio/virtio_console.h"

#define BUFFER_BYTES       256u
#define PATIENCE_NS        20000000ull   /* of the log */
#define FROZEN_PATIENCE_NS 1000000000ull /* with the system frozen: nothing else is to be done */

static struct vtcon_channel *channel_of(struct console *c)
{
	return container_of(c, struct vtcon_port, console)->channel;
}

bool vtcon_has_emergency(const struct vtcon *con)
{
	return !con->dev->lost && con->dev->offered >> VIRTIO_CONSOLE_F_EMERG_WRITE & 1;
}

static void write_emergency(struct vtcon *con, const char *text, size_t len)
{
	struct virtio_device *dev = con->dev;

	for (size_t i = 0; i < len; i++)
		dev->transport->config_write(dev, offsetof(struct virtio_console_config, emerg_wr),
					     &(uint32_t){ (unsigned char)text[i] }, 4);
}

/* Through the ring, behind what waits there; what may have got stuck in it is rather said twice. */
static void write_frozen(struct vtcon_channel *ch, const char *text, size_t len)
{
	struct vtcon_port *p = ch->port;
	bool out = false;

	if (ch->tx && p && vtcon_channel_idle(ch) && !ch->hung) {
		out = vtcon_channel_write_polled(ch, p, text, len, FROZEN_PATIENCE_NS) == len &&
		      vtcon_channel_flush(ch, FROZEN_PATIENCE_NS);
		ch->hung = !out;
	}
	if (!out && ch->id == 0 && vtcon_has_emergency(ch->con))
		write_emergency(ch->con, text, len);
}

static void hvc_write(struct console *c, const char *text, size_t len)
{
	struct vtcon_port *p = container_of(c, struct vtcon_port, console);
	struct vtcon_channel *ch = p->channel;
	size_t n;

	if (console_frozen()) {
		write_frozen(ch, text, len);
	} else if (!ch->out.data) {
		if (vtcon_has_emergency(ch->con))
			write_emergency(ch->con, text, len);
	} else if (ch->port == p) {
		n = vtcon_channel_write_polled(ch, p, text, len,
					       c->stalled || ch->hung ? 0 : PATIENCE_NS);
		ch->hung |= n < len;
		c->dropped += len - n;
	}
}

static size_t hvc_room(struct console *c)
{
	struct vtcon_channel *ch = channel_of(c);

	return ch->port && ch->out.data ? byte_ring_room(&ch->out) : SIZE_MAX;
}

static void hvc_start_input(struct console *c)
{
	(void)c; /* its buffers are the device's already */
}

static int hvc_poll(struct console *c)
{
	struct vtcon_channel *ch = channel_of(c);
	char byte;

	if (console_frozen() && ch->rx) {
		if (!vtcon_channel_idle(ch))
			return -1;
		virtqueue_reap(ch->rx, VIRTQUEUE_ALL);
	}
	return vtcon_channel_read(ch, ch->port, &byte, 1) ? (unsigned char)byte : -1;
}

static void be_a_console(struct vtcon_port *p)
{
	static unsigned count;

	ksnprintf(p->console_name, sizeof p->console_name, "hvc%u", count++ % 1000);
	p->port.claimed = true;
	p->console.name = p->console_name;
	p->console.write = hvc_write;
	p->console.room = hvc_room;
	p->console.start_input = hvc_start_input;
	p->console.poll = hvc_poll;
}

/* A console that was unplugged comes back as what it was. */
static struct vtcon_port *the_console(struct vtcon_port *p)
{
	struct vtcon_channel *ch = p->channel;

	if (!ch->hvc) {
		be_a_console(p);
		ch->hvc = p;
		ch->last = NULL;
	} else if (ch->hvc != p) {
		p->port.gone = true;
		vtcon_port_revive(ch->hvc);
	}
	return ch->hvc;
}

void vtcon_hvc_add(struct vtcon_port *p, bool without_queues)
{
	struct vtcon_channel *ch = p->channel;
	bool known = ch->hvc;

	if (p->port.claimed && p != ch->hvc)
		return; /* somebody was faster */
	p = the_console(p);
	if (!without_queues && vtcon_channel_open(ch, BUFFER_BYTES) == 0) {
		ch->open = true;
		vtcon_channel_start(ch);
	}
	if (!known)
		console_register(&p->console);
}

static void emergency_write(struct console *c, const char *text, size_t len)
{
	struct vtcon *con = container_of(c, struct vtcon, emergency);

	if (vtcon_has_emergency(con))
		write_emergency(con, text, len);
}

void vtcon_hvc_add_emergency(struct vtcon *con)
{
	con->emergency.name = con->name;
	con->emergency.write = emergency_write;
	con->emergency.last_resort = true;
	console_register(&con->emergency);
}
