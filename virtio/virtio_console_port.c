/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ports of a virtio console as kernel/port.h offers them. As in Linux, what is written while the
 * host's side is closed waits for it to open, and reading gives what is left and then the end.
 */
#include "kernel/clock.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/printf.h"
#include "virtio/virtio_console.h"
#include <errno.h>
#include <string.h>

#define BUFFER_BYTES   4096u
#define FROZEN_WAIT_NS 100000000ull /* for a host that takes nothing */

static struct vtcon_port *of(struct port *port)
{
	return container_of(port, struct vtcon_port, port);
}

static ssize_t port_read(struct port *port, void *buf, size_t len)
{
	struct vtcon_channel *ch = of(port)->channel;
	size_t n = vtcon_channel_read(ch, of(port), buf, len);

	if (n)
		return (ssize_t)n;
	if (port->gone)
		return -ENODEV;
	return port->connected && !ch->nfilled ? -EAGAIN : 0;
}

static ssize_t port_write(struct port *port, const void *buf, size_t len)
{
	struct vtcon_channel *ch = of(port)->channel;
	size_t n;

	if (port->gone)
		return -ENODEV;
	if (!port->connected)
		return -EAGAIN;
	n = vtcon_channel_write(ch, of(port), buf, len);
	return n || (!len && byte_ring_room(&ch->out)) ? (ssize_t)n : -EAGAIN;
}

static ssize_t port_frozen_read(struct port *port, void *buf, size_t len)
{
	struct vtcon_channel *ch = of(port)->channel;

	if (!vtcon_channel_idle(ch))
		return -EBUSY;
	virtqueue_reap(ch->rx, VIRTQUEUE_ALL);
	return port_read(port, buf, len);
}

static ssize_t port_frozen_write(struct port *port, const void *buf, size_t len)
{
	struct vtcon_channel *ch = of(port)->channel;
	size_t n;

	if (!vtcon_channel_idle(ch))
		return -EBUSY;
	if (port->gone || !port->connected)
		return port_write(port, buf, len);
	n = vtcon_channel_write_polled(ch, of(port), buf, len, ch->hung ? 0 : FROZEN_WAIT_NS);
	ch->hung = n < len || !vtcon_channel_flush(ch, ch->hung ? 0 : FROZEN_WAIT_NS);
	return n || !len ? (ssize_t)n : -EAGAIN;
}

static int port_opened(struct port *port, bool open)
{
	struct vtcon_channel *ch = of(port)->channel;
	int error = open ? vtcon_channel_open(ch, BUFFER_BYTES) : 0;

	if (error || ch->port != of(port))
		return error;
	ch->open = open;
	if (open)
		vtcon_channel_start(ch);
	else
		vtcon_channel_forget(ch, false);
	vtcon_control_owe(ch, VIRTIO_CONSOLE_PORT_OPEN);
	return 0;
}

static const struct port_ops ops = {
	.read = port_read,
	.write = port_write,
	.frozen_read = port_frozen_read,
	.frozen_write = port_frozen_write,
	.opened = port_opened,
};

static void wake(struct port *port)
{
	if (console_frozen())
		return;
	wait_queue_wake(&port->readable);
	wait_queue_wake(&port->writable);
}

struct vtcon_port *vtcon_port_revive(struct vtcon_port *p)
{
	p->port.alias[0] = '\0';
	p->port.gone = false;
	p->channel->port = p;
	wait_queue_wake(&port_changes);
	return p;
}

static struct vtcon_port *create(struct vtcon_channel *ch)
{
	struct vtcon_port *p = kzalloc(sizeof *p);

	if (!p)
		return NULL;
	ksnprintf(p->port.name, sizeof p->port.name, "vport%up%u", ch->con->index, ch->id);
	p->port.ops = &ops;
	p->channel = ch;
	ch->last = p;
	ch->port = p;
	port_init(&p->port);
	port_register(&p->port);
	return p;
}

struct vtcon_port *vtcon_port_plug(struct vtcon_channel *ch)
{
	if (ch->port)
		return ch->port;
	return ch->last && !ch->last->port.claimed ? vtcon_port_revive(ch->last) : create(ch);
}

void vtcon_port_unplug(struct vtcon_port *p)
{
	struct vtcon_channel *ch = p->channel;

	p->port.gone = true;
	p->port.connected = false;
	ch->port = NULL;
	ch->open = false;
	vtcon_channel_forget(ch, true);
	wake(&p->port);
}

/* It becomes a file's name. */
void vtcon_port_set_name(struct vtcon_port *p, const char *name, size_t len)
{
	char *alias = p->port.alias;
	size_t n = strnlen(name, len < sizeof p->port.alias ? len : sizeof p->port.alias - 1);

	for (size_t i = 0; i < n; i++)
		alias[i] = name[i] > ' ' && name[i] < 0x7f && name[i] != '/' ? name[i] : '_';
	alias[n] = '\0';
	if (!strcmp(alias, ".") || !strcmp(alias, ".."))
		alias[0] = '_';
	log_info("%s: %s is %s", p->channel->con->name, p->port.name, alias);
	wait_queue_wake(&port_changes);
}

void vtcon_port_set_connected(struct vtcon_port *p, bool connected)
{
	p->port.connected = connected;
	wake(&p->port);
}
