/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of one port of a virtio console (VIRTIO 1.4, section 5.3.6). What is received stays in
 * the device's buffers until it is read, so the host has to wait, and loses nothing. What is to be
 * sent goes through a ring, of which the device has one piece at a time.
 */
#include "kernel/clock.h"
#include "kernel/heap.h"
#include "kernel/tty.h"
#include "kernel/x86_64/cpu.h"
#include "virtio/virtio_console.h"
#include <errno.h>
#include <string.h>

/* Buffers that the queue refuses are given when the device has recovered. */
static void give(struct vtcon_channel *ch, struct vtcon_buffer *b)
{
	struct sg sg = { b->data, ch->buffer_size };

	b->len = b->at = 0;
	b->given = virtqueue_add(ch->rx, &sg, 1, 0, b) == 0;
}

/* The device has one piece at a time, so that they cannot come back in disorder. */
static void send(struct vtcon_channel *ch)
{
	size_t n;
	const char *piece = byte_ring_front(&ch->out, &n);
	struct sg sg = { (void *)piece, (uint32_t)n };

	if (ch->in_flight || n == 0 || virtqueue_add(ch->tx, &sg, 1, 1, ch) != 0)
		return;
	ch->in_flight = (uint32_t)n;
	virtqueue_kick(ch->tx);
}

int vtcon_channel_open(struct vtcon_channel *ch, uint32_t buffer_size)
{
	int error = byte_ring_init(&ch->out, VTCON_OUT_BYTES);

	if (ch->buffer_size == 0)
		ch->buffer_size = buffer_size;
	for (unsigned i = 0; i < VTCON_RX_BUFFERS && !error; i++) {
		if (!ch->buffer[i].data)
			ch->buffer[i].data = kmalloc(ch->buffer_size);
		error = ch->buffer[i].data ? 0 : -ENOMEM;
	}
	return error;
}

/* After a reset as well: all that is not filled is the device's again. */
void vtcon_channel_start(struct vtcon_channel *ch)
{
	irq_state s = spin_lock(&ch->lock);

	for (unsigned i = 0; i < VTCON_RX_BUFFERS; i++)
		if (ch->open && ch->buffer[i].len == 0 && !ch->buffer[i].given)
			give(ch, &ch->buffer[i]);
	virtqueue_kick(ch->rx);
	send(ch);
	spin_unlock(&ch->lock, s);
}

static void drop_first(struct vtcon_channel *ch)
{
	struct vtcon_buffer *b = &ch->buffer[ch->filled[ch->first]];

	ch->first = (uint8_t)((ch->first + 1) % VTCON_RX_BUFFERS);
	ch->nfilled--;
	give(ch, b);
}

void vtcon_channel_forget(struct vtcon_channel *ch, bool unsent)
{
	irq_state s = spin_lock(&ch->lock);

	while (ch->nfilled)
		drop_first(ch);
	virtqueue_kick(ch->rx);
	if (unsent)
		ch->out.put = ch->out.taken + ch->in_flight;
	spin_unlock(&ch->lock, s);
}

size_t vtcon_channel_read(struct vtcon_channel *ch, const struct vtcon_port *p, char *buf,
			  size_t len)
{
	irq_state s = spin_lock(&ch->lock);
	size_t total = 0;

	while (ch->port == p && total < len && ch->nfilled) {
		struct vtcon_buffer *b = &ch->buffer[ch->filled[ch->first]];
		size_t n = b->len - b->at < len - total ? b->len - b->at : len - total;

		memcpy(buf + total, b->data + b->at, n);
		b->at += (uint32_t)n;
		total += n;
		if (b->at < b->len)
			break;
		drop_first(ch);
		virtqueue_kick(ch->rx);
	}
	spin_unlock(&ch->lock, s);
	return total;
}

size_t vtcon_channel_write(struct vtcon_channel *ch, const struct vtcon_port *p, const char *text,
			   size_t len)
{
	irq_state s = spin_lock(&ch->lock);
	size_t n = ch->port == p ? byte_ring_put(&ch->out, text, len) : 0;

	send(ch);
	spin_unlock(&ch->lock, s);
	return n;
}

/* False: time is up. Progress gives more of it. */
static bool go_on(struct vtcon_channel *ch, uint64_t *deadline, uint64_t patience_ns)
{
	uint64_t now = clock_now_ns();

	if (virtqueue_reap(ch->tx, VIRTQUEUE_ALL))
		*deadline = now + patience_ns;
	cpu_relax();
	return now < *deadline && !ch->tx->broken;
}

size_t vtcon_channel_write_polled(struct vtcon_channel *ch, const struct vtcon_port *p,
				  const char *text, size_t len, uint64_t patience_ns)
{
	uint64_t deadline = clock_now_ns() + patience_ns;
	size_t done = 0;

	do
		done += vtcon_channel_write(ch, p, text + done, len - done);
	while (done < len && go_on(ch, &deadline, patience_ns));
	return done;
}

bool vtcon_channel_flush(struct vtcon_channel *ch, uint64_t patience_ns)
{
	uint64_t deadline = clock_now_ns() + patience_ns;

	while (byte_ring_used(&ch->out))
		if (!go_on(ch, &deadline, patience_ns))
			return false;
	return true;
}

bool vtcon_channel_idle(const struct vtcon_channel *ch)
{
	return !ch->lock.held && !ch->rx->lock.held && !ch->tx->lock.held && !ch->rx->handlers &&
	       !ch->tx->handlers;
}

void vtcon_received(struct virtqueue *vq, void *token, uint32_t len)
{
	struct vtcon_channel *ch = vq->spec.driver;
	struct vtcon_buffer *b = token;
	irq_state s = spin_lock(&ch->lock);
	struct vtcon_port *p = ch->port;

	b->given = false;
	if (len && ch->open) {
		b->len = len;
		ch->filled[(ch->first + ch->nfilled++) % VTCON_RX_BUFFERS] =
			(uint8_t)(b - ch->buffer);
	} else {
		give(ch, b);
		virtqueue_kick(vq);
	}
	spin_unlock(&ch->lock, s);
	if (!p || console_frozen())
		return;
	if (p->console_name[0])
		tty_input(&p->console);
	else
		port_arrived(&p->port);
}

void vtcon_sent(struct virtqueue *vq, void *token, uint32_t len)
{
	struct vtcon_channel *ch = token;
	irq_state s = spin_lock(&ch->lock);
	struct vtcon_port *p = ch->port;

	(void)vq, (void)len;
	byte_ring_skip(&ch->out, ch->in_flight);
	ch->in_flight = 0;
	ch->hung = false;
	send(ch);
	spin_unlock(&ch->lock, s);
	if (!p)
		return;
	if (p->console_name[0])
		console_drained(&p->console);
	else
		port_drained(&p->port);
}
