/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Raw IPv4 sockets: one protocol's packets, received with their IP header and sent without
 * (raw(7)). Under net_lock. The stack goes on handling what it knows itself, so each packet is
 * copied.
 */
#include "net/datagram.h"
#include "lwip/prot/ip4.h"
#include "lwip/raw.h"
#include <errno.h>

#define PAYLOAD_MAX (65535 - IP_HLEN)

static u8_t on_receive(void *arg, struct raw_pcb *pcb, struct pbuf *p, const ip_addr_t *from)
{
	struct datagram_socket *d = arg;
	struct pbuf *copy;

	(void)pcb;
	if (d->connected && !ip_addr_eq(from, &d->remote.addr))
		return 0;
	copy = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
	if (copy != NULL)
		datagram_arrived(d, copy, from, 0);
	return 0; /* not eaten */
}

static int raw_socket_bind(struct socket *s, const struct endpoint *local)
{
	return net_errno(raw_bind(s->pcb.raw, &local->addr));
}

static int raw_socket_connect(struct socket *s, const struct endpoint *remote, bool nonblock)
{
	struct datagram_socket *d = datagram_socket_of(s);

	(void)nonblock;
	d->connected = remote != NULL;
	if (remote != NULL)
		d->remote = *remote;
	return 0;
}

static int raw_socket_name(struct socket *s, bool peer, struct endpoint *e)
{
	struct datagram_socket *d = datagram_socket_of(s);

	if (peer && !d->connected)
		return -ENOTCONN;
	*e = peer ? d->remote : (struct endpoint){ s->pcb.raw->local_ip, 0 };
	return 0;
}

static err_t raw_socket_transmit(struct socket *s, const struct endpoint *to, const struct iov *iov)
{
	struct pbuf *p = datagram_build(PBUF_IP, *iov);
	err_t error;

	if (p == NULL)
		return ERR_MEM;
	error = raw_sendto(s->pcb.raw, p, &to->addr);
	pbuf_free(p);
	return error;
}

static void raw_socket_close(struct socket *s)
{
	raw_remove(s->pcb.raw);
	datagram_drop_all(datagram_socket_of(s));
}

static const struct socket_ops raw_ops = {
	.bind = raw_socket_bind,
	.connect = raw_socket_connect,
	.send = datagram_send,
	.recv = datagram_recv,
	.shutdown = datagram_shutdown,
	.name = raw_socket_name,
	.options_changed = socket_apply_ip_options,
	.readable = datagram_readable,
	.poll = datagram_poll,
	.close = raw_socket_close,
};

int raw_socket_create(int protocol, struct socket **out)
{
	struct datagram_socket *d = datagram_alloc(&raw_ops, SOCK_RAW, protocol,
						   raw_socket_transmit, PAYLOAD_MAX);

	if (d == NULL)
		return -ENOMEM;
	d->s.pcb.raw = raw_new((u8_t)protocol);
	if (d->s.pcb.raw == NULL) {
		socket_free(&d->s);
		return -ENOMEM;
	}
	raw_recv(d->s.pcb.raw, on_receive, d);
	*out = &d->s;
	return 0;
}
