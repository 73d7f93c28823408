/* SPDX-License-Identifier: BSD-2-Clause */
/* Network interfaces and sockets, as lwIP has them. */
#include "debug/monitor.h"
#include "kernel/netdev.h"
#include "net/tcp_socket.h"
#include "lwip/raw.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/udp.h"

#define LENGTH_MAX 10000u

/* --- net --- */

static void print_counters(const struct netdev *d)
{
	const struct netdev_counters *c = &d->count;

	monitor_print("%.15s %02x:%02x:%02x:%02x:%02x:%02x mtu %u, link %s, offloads 0x%x, %u receive buffers\n", d->name,
		      d->mac[0], d->mac[1], d->mac[2], d->mac[3], d->mac[4], d->mac[5], d->mtu, d->link_up ? "up" : "down",
		      d->offloads, d->rx_buffers);
	monitor_print("  in %lu packets, %lu bytes, %lu errors; out %lu packets, %lu bytes\n", c->ipackets, c->ibytes,
		      c->ierrors, c->opackets, c->obytes);
}

#define IP4_FMT "%u.%u.%u.%u"
#define IP4_ARG(a) ip4_addr1(a), ip4_addr2(a), ip4_addr3(a), ip4_addr4(a)

static void print_netif(const char *name, const struct netif *n)
{
	const ip4_addr_t *a = netif_ip4_addr(n), *m = netif_ip4_netmask(n), *g = netif_ip4_gw(n);

	monitor_print("%s: " IP4_FMT " mask " IP4_FMT " gateway " IP4_FMT ", %s%s\n", name, IP4_ARG(a),
		      IP4_ARG(m), IP4_ARG(g), n->flags & NETIF_FLAG_UP ? "up" : "down",
		      n->flags & NETIF_FLAG_LINK_UP ? "" : ", no link");
}

static void show_net(const struct monitor_args *args)
{
	const struct list *node = NULL;
	const struct netif *at = netif_list;
	struct netdev d;
	struct netif n;

	(void)args;
	while (monitor_list_next(netdev_list(), &node))
		if (monitor_copy(&d, container_of(node, struct netdev, node), sizeof d))
			print_counters(&d);
	for (unsigned i = 0; at && i < LENGTH_MAX && monitor_copy(&n, at, sizeof n); at = n.next, i++)
		print_netif(iface_name(at), &n);
}

static const struct monitor_command net_show = {
	"net", NULL, "network devices, their counters and addresses", NULL, show_net,
};
MONITOR_SHOW(net_show);

/* --- sockets --- */

static const char *const tcp_states[] = {
	"CLOSED", "LISTEN", "SYN_SENT", "SYN_RCVD", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING",
	"LAST_ACK", "TIME_WAIT",
};
_Static_assert(TIME_WAIT == sizeof tcp_states / sizeof tcp_states[0] - 1, "lwIP's enum tcp_state");

static void print_ends(const char *kind, const struct ip_pcb *p, unsigned local, unsigned remote)
{
	const ip4_addr_t *l = ip_2_ip4(&p->local_ip), *r = ip_2_ip4(&p->remote_ip);

	monitor_print("%s " IP4_FMT ":%u - " IP4_FMT ":%u", kind, IP4_ARG(l), local, IP4_ARG(r), remote);
}

static void print_tcp(const struct tcp_pcb *p)
{
	struct tcp_socket s = { 0 };

	print_ends("tcp", (const struct ip_pcb *)p, p->local_port, p->remote_port);
	monitor_print(" %s", p->state <= TIME_WAIT ? tcp_states[p->state] : "?");
	if (p->callback_arg && monitor_copy(&s, p->callback_arg, sizeof s))
		monitor_print(", %zu bytes to be read", s.received_bytes);
	monitor_print(", %u unacknowledged, window %u, sends %u segments\n", p->snd_lbb - p->lastack, p->snd_wnd,
		      p->snd_queuelen);
}

static void print_tcp_list(const struct tcp_pcb *at)
{
	struct tcp_pcb p;

	for (unsigned i = 0; at && i < LENGTH_MAX && monitor_copy(&p, at, sizeof p); at = p.next, i++)
		print_tcp(&p);
}

static void print_listeners(const struct tcp_pcb_listen *at)
{
	struct tcp_pcb_listen p;
	struct tcp_socket s;

	for (unsigned i = 0; at && i < LENGTH_MAX && monitor_copy(&p, at, sizeof p); at = p.next, i++) {
		print_ends("tcp", (const struct ip_pcb *)&p, p.local_port, 0);
		monitor_print(" LISTEN");
		if (p.callback_arg && monitor_copy(&s, p.callback_arg, sizeof s))
			monitor_print(", %u wait to be accepted, of %u", s.nready, s.backlog);
		monitor_print("\n");
	}
}

static void print_udp_list(const struct udp_pcb *at)
{
	struct udp_pcb p;

	for (unsigned i = 0; at && i < LENGTH_MAX && monitor_copy(&p, at, sizeof p); at = p.next, i++) {
		print_ends("udp", (const struct ip_pcb *)&p, p.local_port, p.remote_port);
		monitor_print("\n");
	}
}

static void show_sockets(const struct monitor_args *args)
{
	(void)args;
	print_listeners(tcp_listen_pcbs.listen_pcbs);
	print_tcp_list(tcp_active_pcbs);
	print_tcp_list(tcp_tw_pcbs);
	print_tcp_list(tcp_bound_pcbs);
	print_udp_list(udp_pcbs);
}

static const struct monitor_command sockets_show = {
	"sockets", NULL, "TCP connections and listeners, and UDP sockets", NULL, show_sockets,
};
MONITOR_SHOW(sockets_show);
