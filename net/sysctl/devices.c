/* SPDX-License-Identifier: BSD-2-Clause */
/* Network devices, by FreeBSD's names for vtnet(4); and lwIP's connections. */
#include "kernel/netdev.h"
#include "kernel/sysctl.h"
#include "net/stack.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/udp.h"

static void device(struct netdev *d, void *arg)
{
	const struct netdev_counters *c = &d->count;
	struct sysctl_walk *w = arg;
	unsigned n = (unsigned)(d->name[3] - '0');

	sysctl_counter(w, c->ipackets, "frames received", "dev.vtnet.%u.rxq0.ipackets", n);
	sysctl_counter(w, c->ibytes, "bytes of frames received", "dev.vtnet.%u.rxq0.ibytes", n);
	sysctl_counter(w, c->ierrors, "received buffers that hold no frame", "dev.vtnet.%u.rxq0.ierrors", n);
	sysctl_counter(w, c->icsum, "frames whose checksum the device vouches for", "dev.vtnet.%u.rxq0.csum", n);
	sysctl_counter(w, c->opackets, "frames sent", "dev.vtnet.%u.txq0.opackets", n);
	sysctl_counter(w, c->obytes, "bytes of frames sent", "dev.vtnet.%u.txq0.obytes", n);
	sysctl_counter(w, c->ocsum, "frames whose checksum the device fills in", "dev.vtnet.%u.txq0.csum", n);
	sysctl_int(w, d->link_up, "1: the link is up", "dev.vtnet.%u.link_up", n);
	sysctl_int(w, d->mtu, "bytes of the largest IP packet", "dev.vtnet.%u.mtu", n);
}

static uint32_t tcp_count(void)
{
	uint32_t n = 0;

	for (const struct tcp_pcb *p = tcp_active_pcbs; p; p = p->next)
		n++;
	for (const struct tcp_pcb *p = tcp_tw_pcbs; p; p = p->next)
		n++;
	return n;
}

static uint32_t udp_count(void)
{
	uint32_t n = 0;

	for (const struct udp_pcb *p = udp_pcbs; p; p = p->next)
		n++;
	return n;
}

static void devices(struct sysctl_walk *w)
{
	if (!w->frozen) {
		netdev_for_each(device, w);
		return;
	}
	list_for_each(n, netdev_list())
		device(container_of(n, struct netdev, node), w);
}

static void network(struct sysctl_walk *w)
{
	devices(w);
	if (!w->frozen)
		net_lock();
	sysctl_int(w, tcp_count(), "TCP connections, those that wait for their end included", "net.inet.tcp.pcbcount");
	sysctl_int(w, udp_count(), "UDP sockets", "net.inet.udp.pcbcount");
	if (!w->frozen)
		net_unlock();
}
SYSCTL_SOURCE(network);
