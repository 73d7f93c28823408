/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_model.h: the console device of section 5.3. Its control queue answers as QEMU's does. */
#include "tests/host/model/virtio_model.h"
#include <stddef.h>

#define AT(field) offsetof(struct virtio_console_config, field)

enum { CONTROL_RX = 2, CONTROL_TX = 3 };

static const struct model_field fields[] = {
	{ AT(cols), 2, 1, VIRTIO_CONSOLE_F_SIZE, false },
	{ AT(rows), 2, 1, VIRTIO_CONSOLE_F_SIZE, false },
	{ AT(max_nr_ports), 4, 1, VIRTIO_CONSOLE_F_MULTIPORT, false },
	{ AT(emerg_wr), 4, 1, VIRTIO_CONSOLE_F_EMERG_WRITE, true },
	{ 0 },
};

static bool multiport(const struct model_console *c)
{
	return model_accepted(&c->v, VIRTIO_CONSOLE_F_MULTIPORT);
}

static unsigned rx_queue(unsigned port)
{
	return port ? 2 * port + 2 : 0;
}

static unsigned port_of(unsigned queue)
{
	return queue < 2 ? 0 : queue / 2 - 1;
}

/* --- what it says --- */

static void speak(struct model_console *c)
{
	while (c->nto_say && c->ncontrol && !c->v.broken) {
		struct model_chain chain = c->control[0];
		size_t len = c->to_say[0].len, whole = sizeof(c->to_say[0].m);

		memmove(c->control, c->control + 1, --c->ncontrol * sizeof(chain));
		if (whole + len > chain.writable_bytes)
			len = chain.writable_bytes - whole;
		model_chain_write(&chain, 0, &c->to_say[0].m, whole);
		model_chain_write(&chain, whole, c->to_say[0].payload, len);
		memmove(c->to_say, c->to_say + 1, --c->nto_say * sizeof(c->to_say[0]));
		model_ring_push(&c->v, CONTROL_RX, &chain, (uint32_t)(whole + len));
	}
}

void model_console_say(struct model_console *c, uint32_t id, unsigned event, unsigned value,
		       const void *payload, size_t len)
{
	unsigned i = c->nto_say;

	if (i == sizeof(c->to_say) / sizeof(c->to_say[0]))
		return;
	c->to_say[i].m = (struct virtio_console_control){ id, (uint16_t)event, (uint16_t)value };
	c->to_say[i].len = len < sizeof(c->to_say[i].payload) ? len : sizeof(c->to_say[i].payload);
	memcpy(c->to_say[i].payload, payload, c->to_say[i].len);
	c->nto_say++;
	speak(c);
}

static void say(struct model_console *c, uint32_t id, unsigned event)
{
	model_console_say(c, id, event, 1, "", 0);
}

static void introduce(struct model_console *c, unsigned port)
{
	if (c->is_console[port])
		say(c, port, VIRTIO_CONSOLE_CONSOLE_PORT);
	if (c->name[port])
		model_console_say(c, port, VIRTIO_CONSOLE_PORT_NAME, 1, c->name[port], strlen(c->name[port]));
	if (c->connected[port])
		say(c, port, VIRTIO_CONSOLE_PORT_OPEN);
}

void model_console_plug(struct model_console *c, unsigned port, bool plugged)
{
	c->present[port] = plugged;
	say(c, port, plugged ? VIRTIO_CONSOLE_DEVICE_ADD : VIRTIO_CONSOLE_DEVICE_REMOVE);
}

/* --- what it hears --- */

static void hear(struct model_console *c, const struct model_chain *chain)
{
	struct virtio_console_control m = { 0 };

	RULE("CONL-04", chain->count == 1 && chain->n == 1, "a control message in %u pieces", chain->n);
	if (chain->readable_bytes != sizeof(m))
		model_refuse("a control message of %llu bytes", (unsigned long long)chain->readable_bytes);
	model_chain_read(chain, 0, &m, sizeof(m));
	c->said[c->nsaid++ % 200] = m;
	RULE("CONL-02", m.event < 8 && m.value < 2, "a message %u of value %u", m.event, m.value);
	if (m.event == VIRTIO_CONSOLE_DEVICE_READY)
		for (unsigned i = 0; i < MODEL_PORTS && m.value; i++)
			if (c->present[i])
				say(c, i, VIRTIO_CONSOLE_DEVICE_ADD);
	if (m.event == VIRTIO_CONSOLE_DEVICE_READY || m.id >= MODEL_PORTS)
		return;
	if (m.event == VIRTIO_CONSOLE_PORT_READY && m.value && c->present[m.id])
		introduce(c, m.id);
	if (m.event == VIRTIO_CONSOLE_PORT_OPEN)
		c->open[m.id] = m.value;
}

static void transmit(struct model_console *c, unsigned queue, const struct model_chain *chain)
{
	unsigned port = port_of(queue);
	size_t room = sizeof(c->sent[port]) - c->nsent[port];
	size_t n = chain->readable_bytes < room ? chain->readable_bytes : room;

	RULE("CON-02", chain->n == chain->readable, "a device-writable piece to transmit");
	if (c->hold) {
		c->held[port][c->nheld[port]++ % 16] = *chain;
		return;
	}
	model_chain_read(chain, 0, c->sent[port] + c->nsent[port], n);
	c->nsent[port] += n;
	/* CONL-03: what it says it wrote means nothing */
	model_ring_push(&c->v, queue, chain, c->v.legacy ? 77 : 0);
}

static void serve(struct model_virtio *v, unsigned queue, struct model_chain *chain)
{
	struct model_console *c = (struct model_console *)v;

	if (multiport(c) && queue == CONTROL_TX) {
		hear(c, chain);
		model_ring_push(v, queue, chain, v->legacy ? 77 : 0);
	} else if (multiport(c) && queue == CONTROL_RX) {
		RULE("CONL-04", chain->count == 1 && chain->n == 1, "a control buffer in %u pieces", chain->n);
		c->control[c->ncontrol++ % 1024] = *chain;
		speak(c);
	} else if (queue % 2 == 0) {
		RULE("CON-01", chain->readable == 0, "a device-readable piece to receive into");
		c->rx[port_of(queue)][c->nrx[port_of(queue)]++ % 16] = *chain;
	} else {
		transmit(c, queue, chain);
	}
}

size_t model_console_deliver(struct model_console *c, unsigned port, const void *data, size_t len)
{
	size_t done = 0;

	while (done < len && c->nrx[port] && !c->v.broken) {
		struct model_chain chain = c->rx[port][0];
		size_t n = len - done < chain.writable_bytes ? len - done : chain.writable_bytes;

		memmove(c->rx[port], c->rx[port] + 1, --c->nrx[port] * sizeof(chain));
		model_chain_write(&chain, 0, (const char *)data + done, n);
		model_ring_push(&c->v, rx_queue(port), &chain, (uint32_t)n);
		done += n;
	}
	return done;
}

void model_console_release(struct model_console *c)
{
	c->hold = false;
	for (unsigned port = 0; port < MODEL_PORTS; port++) {
		unsigned n = c->nheld[port];

		c->nheld[port] = 0;
		for (unsigned i = 0; i < n && !c->v.broken; i++)
			transmit(c, rx_queue(port) + 1, &c->held[port][i]);
	}
}

static void reset(struct model_virtio *v)
{
	struct model_console *c = (struct model_console *)v;

	c->ncontrol = c->nto_say = 0;
	memset(c->nrx, 0, sizeof(c->nrx));
	memset(c->nheld, 0, sizeof(c->nheld));
	memset(c->open, 0, sizeof(c->open));
}

static bool config_written(struct model_virtio *v, unsigned off, uint32_t value)
{
	struct model_console *c = (struct model_console *)v;

	if (off != AT(emerg_wr))
		return false;
	RULE("FACT-25", v->offered >> VIRTIO_CONSOLE_F_EMERG_WRITE & 1, "emerg_wr written, which is not there");
	c->emergency[c->nemergency++ % sizeof(c->emergency)] = (char)value;
	return true;
}

struct model_console *model_console_new(uint64_t features)
{
	struct model_console *c = calloc(1, sizeof(*c));
	unsigned ports = features >> VIRTIO_CONSOLE_F_MULTIPORT & 1 ? MODEL_PORTS : 1;

	model_virtio_init(&c->v, VIRTIO_ID_CONSOLE, ports == 1 ? 2 : 2 * ports + 2, 128);
	c->v.offered |= features;
	c->v.fields = fields;
	c->v.config_len = sizeof(struct virtio_console_config);
	c->v.serve = serve;
	c->v.reset = reset;
	c->v.config_written = config_written;
	*(struct virtio_console_config *)c->v.config = (struct virtio_console_config){
		.cols = 80, .rows = 25, .max_nr_ports = ports,
	};
	model_pci_init(&c->v, false);
	return c;
}
