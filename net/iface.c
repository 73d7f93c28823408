/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The frames of network devices that are lwIP interfaces, under net_lock (the devices' interrupts
 * only call iface_wake).
 *
 * A received frame is read where the device put it: a custom pbuf laid into the netbuf's own room
 * goes up the stack, and freeing it gives the buffer back to the ring. Readers that are slow would
 * keep the ring empty in this way, so once they hold three quarters of it, frames are copied to the
 * heap. A frame to send stays where lwIP made it: heap memory is 1:1, each pbuf is one piece, and
 * the device holds a reference until it is done.
 */
#include "kernel/log.h"
#include "kernel/page.h"
#include "net/iface.h"
#include "lwip/etharp.h"
#include "lwip/inet_chksum.h"
#include "lwip/ip.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/prot/tcp.h"
#include <errno.h>
#include <string.h>

#define TX_PIECES_MAX 16

/* A frame is not worth the last memory: with less than this part of it free, frames are dropped. */
#define RESERVE_SHARE 16

#define CHECK_TRANSPORT (NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP)

/* A received frame's pbuf, in the room that the device left us in the netbuf. */
struct borrowed_pbuf {
	struct pbuf_custom custom;
	struct netbuf *netbuf;
};

_Static_assert(sizeof(struct borrowed_pbuf) <= sizeof(((struct netbuf *)0)->stack),
	       "the netbuf has room for its pbuf");

static struct iface *iface_of(struct netdev *dev)
{
	return dev->stack;
}

/* --- Receive --- */

static void give_back(struct pbuf *p)
{
	struct borrowed_pbuf *b = (struct borrowed_pbuf *)p;
	struct netbuf *nb = b->netbuf;

	struct iface *iface = iface_of(nb->dev);

	iface->borrowed--;
	nb->dev->recycle(nb);
	if (iface->leaving && iface->borrowed == 0)
		iface_returned(iface);
}

static struct pbuf *wrap(struct iface *iface, struct netbuf *nb)
{
	struct borrowed_pbuf *b = (struct borrowed_pbuf *)nb->stack;
	u16_t len = (u16_t)nb->len;

	b->custom.custom_free_function = give_back;
	b->netbuf = nb;
	iface->borrowed++;
	return pbuf_alloced_custom(PBUF_RAW, len, PBUF_REF, &b->custom, nb->data, len);
}

static struct pbuf *copy(struct netbuf *nb)
{
	u16_t len = (u16_t)nb->len;
	struct pbuf *p = NULL;

	if (page_count_free() > page_count_total() / RESERVE_SHARE)
		p = pbuf_alloc(PBUF_RAW, len + NETBUF_SLACK, PBUF_RAM);
	if (p != NULL) {
		pbuf_realloc(p, len);
		pbuf_take(p, nb->data, len);
	}
	nb->dev->recycle(nb);
	return p;
}

/* lwIP reads ARP packets, and the first words of IP's, without asking how long they are. */
static bool is_runt(const struct netbuf *nb)
{
	const struct eth_hdr *eth = nb->data;

	if (nb->len < SIZEOF_ETH_HDR + IP_HLEN)
		return true;
	return eth->type == PP_HTONS(ETHTYPE_ARP) && nb->len < SIZEOF_ETH_HDR + SIZEOF_ETHARP_HDR;
}

static bool ring_is_short(const struct iface *iface)
{
	unsigned total = iface->dev->rx_buffers;

	return total != 0 && iface->borrowed >= total - total / 4;
}

/*
 * Whether TCP and UDP checksums are looked at is a matter of the interface in lwIP, but of the
 * frame in truth: so the bits are on only while a frame passes that the device does not vouch for.
 * What an interface sends to itself never needs it.
 */
static void iface_input(struct netdev *dev, struct netbuf *nb)
{
	struct iface *iface = iface_of(dev);
	struct netif *netif = &iface->netif;
	u16_t checked = nb->csum_valid ? 0 : CHECK_TRANSPORT;
	struct pbuf *p;

	timers_touch();
	if (netdev_tap)
		netdev_tap(dev, false, &(struct sg){ nb->data, nb->len }, 1);
	if (is_runt(nb) || nb->len > UINT16_MAX - NETBUF_SLACK) {
		dev->recycle(nb);
		return;
	}
	p = ring_is_short(iface) ? copy(nb) : wrap(iface, nb);
	if (p == NULL)
		return;
	netif->chksum_flags |= checked;
	if (netif->input(p, netif) != ERR_OK)
		pbuf_free(p);
	netif->chksum_flags &= (u16_t)~checked;
}

/* --- Transmit --- */

static u16_t pseudo_header_sum(const struct ip_hdr *ip)
{
	u16_t length = lwip_htons((u16_t)(lwip_ntohs(IPH_LEN(ip)) - IPH_HL_BYTES(ip)));
	uint32_t sum = PP_HTONS(IP_PROTO_TCP) + length;

	sum += (ip->src.addr & 0xffff) + (ip->src.addr >> 16);
	sum += (ip->dest.addr & 0xffff) + (ip->dest.addr >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16_t)((sum & 0xffff) + (sum >> 16));
}

/*
 * virtio-like devices finish a checksum that starts as the pseudo header's (virtio 1.2, 5.1.6.2):
 * over addresses, protocol and length, not inverted. UDP is not here: lwIP cuts large datagrams
 * into fragments, which no device can check.
 */
static void request_checksum(struct pbuf *p, struct net_offload_req *req)
{
	struct eth_hdr *eth = p->payload;
	struct ip_hdr *ip = (struct ip_hdr *)(eth + 1);
	struct tcp_hdr *tcp;

	if (p->len < SIZEOF_ETH_HDR + IP_HLEN + TCP_HLEN || eth->type != PP_HTONS(ETHTYPE_IP) ||
	    IPH_PROTO(ip) != IP_PROTO_TCP)
		return;
	tcp = (struct tcp_hdr *)((uint8_t *)ip + IPH_HL_BYTES(ip));
	tcp->chksum = pseudo_header_sum(ip);
	req->csum_start = (uint16_t)((uint8_t *)tcp - (uint8_t *)p->payload);
	req->csum_offset = offsetof(struct tcp_hdr, chksum);
}

static unsigned pieces(const struct pbuf *p, struct sg *sg)
{
	unsigned n = 0;

	for (const struct pbuf *q = p; q != NULL; q = q->next) {
		if (q->len == 0)
			continue;
		if (n == TX_PIECES_MAX)
			return 0;
		sg[n++] = (struct sg){ q->payload, q->len };
	}
	return n;
}

static err_t transmit(struct iface *iface, struct pbuf *p, const struct sg *sg, unsigned n)
{
	struct net_offload_req offload = { 0 };
	int error;

	if (!(iface->netif.chksum_flags & NETIF_CHECKSUM_GEN_TCP))
		request_checksum(p, &offload);
	pbuf_ref(p);
	error = iface->dev->xmit(iface->dev, sg, n, &offload, p);
	iface->kick = true;
	if (error == 0 && netdev_tap)
		netdev_tap(iface->dev, true, sg, n);
	if (error == 0)
		return ERR_OK;
	pbuf_free(p);
	if (error != -ENOSPC)
		return ERR_IF;
	iface->stalled = true;
	return ERR_MEM;
}

static err_t iface_output(struct netif *netif, struct pbuf *p)
{
	struct sg sg[TX_PIECES_MAX];
	unsigned n = pieces(p, sg);
	struct pbuf *whole;
	err_t error;

	timers_touch();
	if (n != 0)
		return transmit(netif->state, p, sg, n);
	whole = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
	if (whole == NULL)
		return ERR_MEM;
	error = transmit(netif->state, whole, sg, pieces(whole, sg));
	pbuf_free(whole);
	return error;
}

/*
 * May be called from inside xmit(), in the middle of lwIP's own sending: waking the stack waits for
 * iface_kick_all().
 */
static void iface_tx_done(struct netdev *dev, void *token)
{
	struct iface *iface = iface_of(dev);

	pbuf_free(token);
	if (iface->stalled) {
		iface->stalled = false;
		iface->resumed = true;
	}
}

/* --- The devices as a whole --- */

struct iface *iface_from(const struct netif *netif)
{
	return netif->linkoutput == iface_output ? netif->state : NULL;
}

const char *iface_name(const struct netif *netif)
{
	return netif->linkoutput == iface_output ? ((struct iface *)netif->state)->dev->name : "lo";
}

/* lwIP's list begins with the latest. */
struct netif *iface_find(const char *device)
{
	bool any = device == NULL || device[0] == '\0';
	struct netif *netif, *found = NULL;

	NETIF_FOREACH(netif) {
		if (any ? iface_from(netif) != NULL : strcmp(iface_name(netif), device) == 0)
			found = netif;
	}
	return found;
}

bool iface_stalled(void)
{
	struct netif *netif;

	NETIF_FOREACH(netif) {
		struct iface *iface = iface_from(netif);

		if (iface != NULL && iface->stalled)
			return true;
	}
	return false;
}

/*
 * What a full ring held up goes on. tcp_output() may fill the ring again: the next finished frame
 * then brings us back.
 */
static void resume(struct iface *iface)
{
	iface->resumed = false;
	tcp_txnow();
	wait_queue_wake(&net_ready);
}

void iface_kick_all(void)
{
	struct netif *netif;

	NETIF_FOREACH(netif) {
		struct iface *iface = iface_from(netif);

		if (iface == NULL)
			continue;
		if (iface->resumed)
			resume(iface);
		if (iface->kick)
			iface->dev->kick(iface->dev);
		iface->kick = false;
	}
}

static void follow_link(struct iface *iface)
{
	struct netif *netif = &iface->netif;

	if (iface->dev->link_up == !!netif_is_link_up(netif))
		return;
	log_info("%s: link %s", iface->dev->name, iface->dev->link_up ? "up" : "down");
	if (iface->dev->link_up)
		netif_set_link_up(netif);
	else
		netif_set_link_down(netif);
}

bool iface_poll_all(unsigned budget)
{
	struct netif *netif;
	bool more = false;

	NETIF_FOREACH(netif) {
		struct iface *iface = iface_from(netif);

		if (iface == NULL)
			continue;
		follow_link(iface);
		more |= iface->dev->poll(iface->dev, budget) >= budget;
	}
	return more;
}

static void iface_wake(struct netdev *dev)
{
	(void)dev;
	net_thread_wake();
}

err_t iface_init(struct netif *netif)
{
	struct iface *iface = netif->state;
	struct netdev *dev = iface->dev;

	netif->name[0] = 'e';
	netif->name[1] = 't';
	netif->hwaddr_len = sizeof(dev->mac);
	memcpy(netif->hwaddr, dev->mac, sizeof(dev->mac));
	netif->mtu = dev->mtu;
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
	netif->output = etharp_output;
	netif->linkoutput = iface_output;
	netif->chksum_flags = NETIF_CHECKSUM_ENABLE_ALL & ~CHECK_TRANSPORT;
	if (dev->offloads & NET_TX_CSUM)
		netif->chksum_flags &= (u16_t)~NETIF_CHECKSUM_GEN_TCP;
	return ERR_OK;
}

void iface_connect(struct iface *iface, struct netdev *dev)
{
	iface->dev = dev;
	dev->stack = iface;
	dev->input = iface_input;
	dev->tx_done = iface_tx_done;
	dev->wake = iface_wake;
}
