/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The receive queue and the waits of UDP and raw sockets. Under net_lock. Received data stays in
 * the device's buffer until it is read.
 */
#include "net/datagram.h"
#include "kernel/heap.h"
#include "kernel/page.h"
#include "lwip/udp.h"
#include <errno.h>
#include <poll.h>

struct datagram {
	struct list node;
	struct pbuf *p;
	struct endpoint from;
};

/* What an empty datagram costs, so that a flood of them is bounded too. */
#define OVERHEAD (sizeof(struct datagram) + sizeof(struct pbuf))

struct datagram_socket *datagram_alloc(const struct socket_ops *ops, int type, int protocol,
				       datagram_transmit *transmit, size_t payload_max)
{
	struct datagram_socket *d = (void *)socket_alloc(sizeof(*d), ops, type, protocol);

	if (d == NULL)
		return NULL;
	list_init(&d->queue);
	d->transmit = transmit;
	d->payload_max = payload_max;
	return d;
}

/* --- Receiving --- */

void datagram_arrived(struct datagram_socket *d, struct pbuf *p, const ip_addr_t *from, u16_t port)
{
	size_t total = d->queued_bytes + p->tot_len + OVERHEAD;
	struct datagram *g = NULL;

	if (!d->receive_shut && total <= d->s.options.receive_buffer)
		g = kmalloc(sizeof(*g));
	if (g == NULL) {
		pbuf_free(p);
		return;
	}
	g->p = p;
	g->from = (struct endpoint){ *from, port };
	list_push_back(&d->queue, &g->node);
	d->queued_bytes = total;
	wait_queue_wake(&d->s.wait);
}

static struct datagram *first(struct datagram_socket *d)
{
	return list_empty(&d->queue) ? NULL : container_of(d->queue.next, struct datagram, node);
}

static void drop(struct datagram_socket *d, struct datagram *g)
{
	list_remove(&g->node);
	d->queued_bytes -= g->p->tot_len + OVERHEAD;
	pbuf_free(g->p);
	kfree(g);
}

void datagram_drop_all(struct datagram_socket *d)
{
	struct datagram *g;

	while ((g = first(d)) != NULL)
		drop(d, g);
}

static bool receive_settled(struct socket *s)
{
	struct datagram_socket *d = datagram_socket_of(s);

	return first(d) != NULL || d->receive_shut || s->error;
}

static size_t copy_out(const struct datagram *g, struct iov *iov)
{
	size_t done = 0;

	for (const struct pbuf *p = g->p; p != NULL; p = p->next)
		done += iov_copy_to(iov, p->payload, p->len);
	return done;
}

ssize_t datagram_recv(struct socket *s, struct iov *iov, int flags, struct received *info)
{
	struct datagram_socket *d = datagram_socket_of(s);
	uint64_t deadline_ns = socket_deadline(flags, s->options.receive_timeout_ns);
	int error = socket_wait(s, receive_settled, deadline_ns);
	struct datagram *g = first(d);
	size_t copied, whole;

	if (error)
		return error;
	if (g == NULL)
		return socket_take_error(s); /* or 0: shut down */
	whole = g->p->tot_len;
	copied = copy_out(g, iov);
	info->from = g->from;
	if (copied < whole)
		info->flags |= MSG_TRUNC;
	if (!(flags & MSG_PEEK))
		drop(d, g);
	return (ssize_t)(flags & MSG_TRUNC ? whole : copied);
}

size_t datagram_readable(struct socket *s)
{
	const struct datagram *g = first(datagram_socket_of(s));

	return g ? g->p->tot_len : 0;
}

/* --- Sending --- */

struct pbuf *datagram_build(pbuf_layer layer, struct iov iov)
{
	struct pbuf *p = pbuf_alloc(layer, (u16_t)iov_left(&iov), PBUF_RAM);

	if (p != NULL)
		iov_copy_from(&iov, p->payload, p->len);
	return p;
}

static int destination(struct datagram_socket *d, const struct endpoint *to, struct endpoint *out)
{
	if (d->s.error)
		return socket_take_error(&d->s);
	if (d->send_shut)
		return -EPIPE;
	if (to == NULL && !d->connected)
		return -EDESTADDRREQ;
	*out = to ? *to : d->remote;
	return 0;
}

static bool unhindered(void *unused)
{
	(void)unused;
	return !iface_stalled() && !config_pending();
}

/*
 * Waits for a lease, or for room in a transmit ring, when that is what was missing: 0, -EAGAIN, or
 * the error itself.
 */
static int await(err_t error, uint64_t deadline_ns)
{
	bool may_pass = (error == ERR_RTE && config_pending()) ||
			(error == ERR_MEM && iface_stalled());

	if (error == ERR_VAL)
		return -EACCES; /* lwIP's word for a broadcast without SO_BROADCAST */
	if (!may_pass)
		return net_errno(error);
	if (deadline_ns == 0)
		return -EAGAIN;
	return net_wait(&net_ready, unhindered, NULL, deadline_ns) ? -EAGAIN : 0;
}

ssize_t datagram_send(struct socket *s, struct iov *iov, int flags, const struct endpoint *to)
{
	struct datagram_socket *d = datagram_socket_of(s);
	uint64_t deadline_ns = socket_deadline(flags, s->options.send_timeout_ns);
	size_t len = iov_left(iov);
	struct endpoint remote;
	int error = destination(d, to, &remote);

	if (error == 0 && len > d->payload_max)
		error = -EMSGSIZE;
	while (error == 0) {
		err_t sent = d->transmit(s, &remote, iov);

		if (sent == ERR_OK)
			return (ssize_t)len;
		error = await(sent, deadline_ns);
	}
	return error;
}

/* --- Ending and poll --- */

int datagram_shutdown(struct socket *s, int how)
{
	struct datagram_socket *d = datagram_socket_of(s);

	if (!d->connected)
		return -ENOTCONN;
	if (how != SHUT_WR)
		d->receive_shut = true;
	if (how != SHUT_RD)
		d->send_shut = true;
	wait_queue_wake(&s->wait);
	return 0;
}

short datagram_poll(struct socket *s)
{
	struct datagram_socket *d = datagram_socket_of(s);
	short events = s->error ? POLLERR : 0;

	if (first(d) != NULL || d->receive_shut)
		events |= POLLIN | POLLRDNORM;
	if (d->receive_shut)
		events |= POLLRDHUP | (d->send_shut ? POLLHUP : 0);
	if (unhindered(NULL))
		events |= POLLOUT | POLLWRNORM;
	return events;
}
