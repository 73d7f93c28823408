/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console device (VIRTIO 1.4, section 5.3): see virtio_console.h for its parts. Without
 * MULTIPORT it is one console. All queues there may be are set up before DRIVER_OK; they are short,
 * and buffers come with a port's first use.
 */
#include "virtio/virtio_console.h"
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/printf.h"
#include "kernel/tty.h"
#include <errno.h>

#define QUEUE_SIZE   VTCON_RX_BUFFERS
#define CONTROL_SIZE 32u
#define DRAIN_NS     1000000000ull /* at the machine's end, for a host that takes nothing */

static const struct virtio_feature features[] = {
	{ "SIZE",        VIRTIO_CONSOLE_F_SIZE,        true, 0 },
	{ "MULTIPORT",   VIRTIO_CONSOLE_F_MULTIPORT,   true, 0 },
	{ "EMERG_WRITE", VIRTIO_CONSOLE_F_EMERG_WRITE, true, 0 },
	{ 0 },
};

/* What is in the rings still gets out. Before the device is reset, as this was added after that. */
static void shut_down(struct shutdown *shutdown)
{
	struct vtcon *con = container_of(shutdown, struct vtcon, shutdown);

	for (struct vtcon_channel *ch = con->channel; ch < con->channel + con->nports; ch++)
		if (ch->tx && ch->port && !con->dev->lost)
			vtcon_channel_flush(ch, DRAIN_NS);
}

static unsigned count_ports(struct virtio_device *dev)
{
	uint32_t n = virtio_has(dev, VIRTIO_CONSOLE_F_MULTIPORT)
			     ? virtio_config(dev, struct virtio_console_config, max_nr_ports) : 1;

	if (n > VTCON_PORTS_MAX)
		log_info("%s: %u of its %u ports can be used", dev->where, VTCON_PORTS_MAX, n);
	return n == 0 ? 1 : n < VTCON_PORTS_MAX ? n : VTCON_PORTS_MAX;
}

static struct vtcon *allocate(struct virtio_device *dev)
{
	static unsigned count;
	struct vtcon *con = kzalloc(sizeof *con);

	if (!con)
		return NULL;
	con->nports = count_ports(dev);
	con->channel = kzalloc(con->nports * sizeof *con->channel);
	if (!con->channel) {
		kfree(con);
		return NULL;
	}
	for (unsigned i = 0; i < con->nports; i++) {
		con->channel[i].con = con;
		con->channel[i].id = (uint16_t)i;
	}
	con->dev = dev;
	dev->driver_data = con;
	con->index = count++;
	ksnprintf(con->name, sizeof con->name, "vtcon%u", con->index);
	con->shutdown.run = shut_down;
	shutdown_add(&con->shutdown);
	return con;
}

static int make_channel(struct virtio_device *dev, struct vtcon_channel *ch)
{
	uint16_t index = (uint16_t)(ch->id ? 2 * ch->id + 2 : 0);

	ch->rx = virtio_queue(dev, &(struct virtqueue_spec){
		.index = index, .size = QUEUE_SIZE, .used = vtcon_received, .driver = ch });
	ch->tx = virtio_queue(dev, &(struct virtqueue_spec){
		.index = index + 1, .size = QUEUE_SIZE, .used = vtcon_sent, .driver = ch });
	return ch->rx && ch->tx ? 0 : -ENXIO;
}

static int make_control(struct virtio_device *dev, struct vtcon *con)
{
	con->control_rx = virtio_queue(dev, &(struct virtqueue_spec){
		.index = VIRTIO_CONSOLE_CONTROL_RECEIVEQ, .size = CONTROL_SIZE,
		.used = vtcon_control_received, .driver = con });
	con->control_tx = virtio_queue(dev, &(struct virtqueue_spec){
		.index = VIRTIO_CONSOLE_CONTROL_TRANSMITQ, .size = CONTROL_SIZE,
		.used = vtcon_control_sent, .driver = con });
	if (!con->control_rx || !con->control_tx)
		return -ENXIO;
	if (!con->control_in)
		con->control_in = kmalloc(con->control_rx->size * sizeof *con->control_in);
	return con->control_in ? 0 : -ENOMEM;
}

/* What there is to write to before the queues are up. */
static void use_emergency(struct vtcon *con, bool multiport)
{
	struct vtcon_port *p;

	if (multiport)
		vtcon_hvc_add_emergency(con);
	else if ((p = vtcon_port_plug(con->channel)))
		vtcon_hvc_add(p, true);
}

static int console_probe(struct virtio_device *dev)
{
	bool again = dev->driver_data, multiport = virtio_has(dev, VIRTIO_CONSOLE_F_MULTIPORT);
	struct vtcon *con = again ? dev->driver_data : allocate(dev);
	int error = 0;

	if (!con)
		return -ENOMEM;
	dev->name = con->name;
	if (!again && vtcon_has_emergency(con))
		use_emergency(con, multiport);
	for (unsigned i = 0; i < con->nports && !error; i++)
		error = make_channel(dev, &con->channel[i]);
	if (multiport && !error)
		error = make_control(dev, con);
	return error;
}

static void read_size(struct virtio_device *dev)
{
	if (virtio_has(dev, VIRTIO_CONSOLE_F_SIZE))
		tty_set_window(virtio_config(dev, struct virtio_console_config, cols),
			       virtio_config(dev, struct virtio_console_config, rows));
}

static void console_start(struct virtio_device *dev)
{
	struct vtcon *con = dev->driver_data;
	struct vtcon_port *p;

	read_size(dev);
	for (unsigned i = 0; i < con->nports; i++)
		vtcon_channel_start(&con->channel[i]);
	if (con->control_rx) {
		console_expect();
		vtcon_control_start(con);
	} else if ((p = vtcon_port_plug(con->channel))) {
		vtcon_hvc_add(p, false);
		vtcon_port_set_connected(con->channel->port, true);
	}
}

/* What the device had to send and did not say it took is sent again. */
static void take_back(struct vtcon_channel *ch)
{
	irq_state s = spin_lock(&ch->lock);

	ch->in_flight = 0;
	for (unsigned i = 0; i < VTCON_RX_BUFFERS; i++)
		ch->buffer[i].given = false;
	spin_unlock(&ch->lock, s);
}

static void console_remove(struct virtio_device *dev)
{
	struct vtcon *con = dev->driver_data;

	if (!con)
		return;
	con->out_busy = 0;
	for (struct vtcon_channel *ch = con->channel; ch < con->channel + con->nports; ch++) {
		take_back(ch);
		if (dev->lost && ch->port && ch->rx && ch->tx)
			vtcon_port_unplug(ch->port);
	}
}

static const struct virtio_driver console_driver = {
	.name = "virtio-console",
	.id = VIRTIO_ID_CONSOLE,
	.features = features,
	.probe = console_probe,
	.start = console_start,
	.config_changed = read_size,
	.remove = console_remove,
};
VIRTIO_DRIVER(console_driver);
