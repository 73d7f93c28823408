/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP sockets. Under net_lock. */
#include "net/datagram.h"
#include "lwip/udp.h"
#include <errno.h>

#define PAYLOAD_MAX (65535 - IP_HLEN - UDP_HLEN)

static void on_receive(void *arg, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from,
		       u16_t port)
{
	(void)pcb;
	datagram_arrived(arg, p, from, port);
}

static int udp_socket_bind(struct socket *s, const struct endpoint *local)
{
	if (s->pcb.udp->local_port != 0)
		return -EINVAL;
	return net_errno(udp_bind(s->pcb.udp, &local->addr, local->port));
}

static int udp_socket_connect(struct socket *s, const struct endpoint *remote, bool nonblock)
{
	struct datagram_socket *d = datagram_socket_of(s);
	err_t error = ERR_OK;

	(void)nonblock; /* nothing is sent */
	d->connected = remote != NULL;
	if (remote == NULL) {
		udp_disconnect(s->pcb.udp);
		return 0;
	}
	d->remote = *remote;
	error = udp_connect(s->pcb.udp, &remote->addr, remote->port);
	if (error != ERR_OK)
		d->connected = false;
	return net_errno(error);
}

/* The address a connected socket would send from is what programs ask for to learn their own. */
static int udp_socket_name(struct socket *s, bool peer, struct endpoint *e)
{
	struct datagram_socket *d = datagram_socket_of(s);
	struct netif *netif;

	if (peer && !d->connected)
		return -ENOTCONN;
	*e = peer ? d->remote : (struct endpoint){ s->pcb.udp->local_ip, s->pcb.udp->local_port };
	if (!peer && d->connected && ip_addr_isany(&e->addr)) {
		netif = ip_route(&e->addr, &d->remote.addr);
		if (netif != NULL)
			e->addr = netif->ip_addr;
	}
	return 0;
}

static err_t udp_socket_transmit(struct socket *s, const struct endpoint *to, const struct iov *iov)
{
	struct pbuf *p = datagram_build(PBUF_TRANSPORT, *iov);
	err_t error;

	if (p == NULL)
		return ERR_MEM;
	error = udp_sendto(s->pcb.udp, p, &to->addr, to->port);
	pbuf_free(p);
	return error;
}

static bool depends_on(const struct udp_pcb *pcb, const struct netif *netif)
{
	const ip4_addr_t *mask = netif_ip4_netmask(netif), *ours = netif_ip4_addr(netif);

	if (!ip_addr_isany(&pcb->local_ip))
		return ip4_addr_eq(ip_2_ip4(&pcb->local_ip), ours);
	return pcb->flags & UDP_FLAGS_CONNECTED &&
	       (netif == netif_default || ip4_addr_net_eq(ip_2_ip4(&pcb->remote_ip), ours, mask));
}

/* Bound to no address and to no peer they serve every interface, the next one to come as well. */
void udp_sockets_lose(struct netif *netif)
{
	for (struct udp_pcb *pcb = udp_pcbs; pcb != NULL; pcb = pcb->next) {
		struct socket *s = pcb->recv_arg;

		if (pcb->recv != on_receive || !depends_on(pcb, netif))
			continue;
		s->error = ENETDOWN;
		wait_queue_wake(&s->wait);
	}
}

static void udp_socket_close(struct socket *s)
{
	udp_remove(s->pcb.udp);
	datagram_drop_all(datagram_socket_of(s));
}

static const struct socket_ops udp_ops = {
	.bind = udp_socket_bind,
	.connect = udp_socket_connect,
	.send = datagram_send,
	.recv = datagram_recv,
	.shutdown = datagram_shutdown,
	.name = udp_socket_name,
	.options_changed = socket_apply_ip_options,
	.readable = datagram_readable,
	.poll = datagram_poll,
	.close = udp_socket_close,
};

int udp_socket_create(struct socket **out)
{
	struct datagram_socket *d = datagram_alloc(&udp_ops, SOCK_DGRAM, IP_PROTO_UDP,
						   udp_socket_transmit, PAYLOAD_MAX);

	if (d == NULL)
		return -ENOMEM;
	d->s.pcb.udp = udp_new();
	if (d->s.pcb.udp == NULL) {
		socket_free(&d->s);
		return -ENOMEM;
	}
	udp_recv(d->s.pcb.udp, on_receive, d);
	*out = &d->s;
	return 0;
}
