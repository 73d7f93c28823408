/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network device (VIRTIO 1.4, section 5.1) behind kernel/netdev.h.
 *
 * Receive: frames of the driver's own memory circulate between the ring and the stack; each takes
 * any frame the MTU allows, so one buffer is one frame and mergeable buffers are not asked for.
 * Transmit: a slot holds the header in front of the stack's own pieces.
 * The interrupt silences its queue and wakes the stack; the stack's thread does the rest in poll.
 * Transmitted frames are reaped whenever the stack comes by, and only a full ring asks for an
 * interrupt.
 *
 * The stack calls one at a time (kernel/netdev.h); what may run beside it is this device's
 * recovery, on the work thread. The lock keeps those two apart.
 */
#include "kernel/heap.h"
#include "kernel/log.h"
#include "kernel/netdev.h"
#include "kernel/page.h"
#include "kernel/param.h"
#include "kernel/printf.h"
#include "kernel/random.h"
#include "kernel/spinlock.h"
#include "virtio/virtio.h"
#include <errno.h>
#include <string.h>

#define RX_WANTED       256u
#define TX_WANTED       256u
#define XMIT_PIECES_MAX 32u
#define MTU_DEFAULT     1500u
#define MTU_MIN         68u     /* RFC 791: what every IPv4 link carries */
#define MTU_MAX         9216u   /* jumbo frames; more would only cost memory */
#define ETHERNET_HEADER 14u
#define VLAN_TAG        4u

enum { RX = 0, TX = 1 };        /* queue indices without MQ (5.1.2) */

static uint32_t csum_disable;
static uint32_t rx_process_limit = 1024;
PARAM_UINT("hw.vtnet.csum_disable", csum_disable, 0, 1);
PARAM_LIVE_UINT("hw.vtnet.rx_process_limit", rx_process_limit, 1, 65535);

enum frame_state { FRAME_IDLE, FRAME_IN_RING, FRAME_WITH_STACK };

/*
 * Two bytes in front of the header put the IP header behind the Ethernet header on a 4-byte
 * boundary.
 */
struct frame {
	struct netbuf nb;
	enum frame_state state;
	uint8_t pad[2];
	struct virtio_net_hdr header;
	uint8_t data[];
} __attribute__((packed, aligned(8)));
static_assert((offsetof(struct frame, data) + ETHERNET_HEADER) % 4 == 0, "IP header alignment");
static_assert(offsetof(struct frame, header) % 2 == 0, "fields of the header are 16 bits wide");

struct tx_slot {
	struct virtio_net_hdr header;
	void *token;
	bool busy;
	struct tx_slot *next_free;
};

struct vtnet {
	struct netdev net;
	struct virtio_device *dev;
	struct virtqueue *rx, *tx;
	struct spinlock lock;
	char name[16];              /* "vtnet0" */
	unsigned header_len;        /* of what goes before each frame */
	uint8_t *frames;            /* nframes of stride bytes each */
	unsigned nframes;
	size_t stride;
	struct tx_slot *slots, *free_slot;
	unsigned nslots;
	bool registered;
	bool started;               /* the stack has filled in its part */
	/* reset: what rings and slots hold is gone, poll has to clear up */
	bool stale;
	bool polling;
};

static struct vtnet *to_vtnet(struct netdev *net)
{
	return container_of(net, struct vtnet, net);
}

static struct frame *frame_at(const struct vtnet *v, unsigned i)
{
	return (struct frame *)(v->frames + i * v->stride);
}

/* --- receive --- */

/*
 * A header that does not reach up to the data, which only legacy devices write, has a descriptor of
 * its own. Without ANY_LAYOUT they want that anyway (5.1.9.8).
 */
static unsigned rx_pieces(const struct vtnet *v)
{
	return v->header_len < sizeof(struct virtio_net_hdr) ? 2 : 1;
}

/*
 * Gives an idle frame to the device, unless there is nobody to give it to; poll tries again after a
 * recovery. The lock is held.
 */
static void offer(struct vtnet *v, struct frame *f)
{
	uint32_t len = (uint32_t)(v->stride - NETBUF_SLACK - offsetof(struct frame, data));
	struct sg sg[] = { { &f->header, v->header_len }, { f->data, len } };

	if (rx_pieces(v) == 1)
		sg[0].len += len;
	f->state = FRAME_IDLE;
	if (!v->stale && virtqueue_add(v->rx, sg, rx_pieces(v), 0, f) == 0)
		f->state = FRAME_IN_RING;
}

static void vtnet_recycle(struct netbuf *nb)
{
	struct vtnet *v = to_vtnet(nb->dev);
	irq_state s = spin_lock(&v->lock);

	offer(v, container_of(nb, struct frame, nb));
	spin_unlock(&v->lock, s);
	if (!v->polling) /* poll kicks once at its end */
		virtqueue_kick(v->rx);
}

/*
 * Segmentation was not negotiated, so a frame that claims it is none of ours; a frame too short for
 * an Ethernet header is none at all.
 */
static bool acceptable(const struct vtnet *v, const struct frame *f, uint32_t len)
{
	return len >= v->header_len + ETHERNET_HEADER &&
	       f->header.gso_type == VIRTIO_NET_HDR_GSO_NONE;
}

static void received(struct virtqueue *vq, void *token, uint32_t len)
{
	struct vtnet *v = vq->spec.driver;
	struct frame *f = token;

	if (!acceptable(v, f, len)) {
		v->net.count.ierrors++;
		vtnet_recycle(&f->nb);
		return;
	}
	f->state = FRAME_WITH_STACK;
	f->nb.data = f->data;
	f->nb.len = len - v->header_len;
	f->nb.csum_valid =
		(v->net.offloads & NET_RX_CSUM) &&
		(f->header.flags & (VIRTIO_NET_HDR_F_DATA_VALID | VIRTIO_NET_HDR_F_NEEDS_CSUM));
	v->net.count.ipackets++;
	v->net.count.ibytes += f->nb.len;
	v->net.count.icsum += f->nb.csum_valid;
	v->net.input(&v->net, &f->nb);
}

/* Either queue's: there is something to poll. */
static void interrupted(struct virtqueue *vq)
{
	struct vtnet *v = vq->spec.driver;

	virtqueue_silence(vq);
	if (v->started)
		v->net.wake(&v->net);
}

/* --- transmit --- */

static void release_slot(struct vtnet *v, struct tx_slot *slot)
{
	slot->busy = false;
	slot->next_free = v->free_slot;
	v->free_slot = slot;
}

static void transmitted(struct virtqueue *vq, void *token, uint32_t len)
{
	struct vtnet *v = vq->spec.driver;
	struct tx_slot *slot = token;

	(void)len;
	release_slot(v, slot);
	v->net.tx_done(&v->net, slot->token);
}

static void set_header(struct virtio_net_hdr *h, const struct net_offload_req *offload)
{
	*h = (struct virtio_net_hdr){ 0 };
	if (offload && (offload->csum_start || offload->csum_offset)) {
		h->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		h->csum_start = offload->csum_start;
		h->csum_offset = offload->csum_offset;
	}
}

static int put_in_ring(struct vtnet *v, const struct sg *sg, unsigned n,
		       const struct net_offload_req *offload, void *token)
{
	struct tx_slot *slot = v->free_slot;
	struct sg all[1 + XMIT_PIECES_MAX];
	irq_state s;
	int error;

	if (!slot)
		return -ENOSPC;
	set_header(&slot->header, offload);
	all[0] = (struct sg){ &slot->header, v->header_len };
	memcpy(all + 1, sg, n * sizeof *sg);
	slot->token = token;
	s = spin_lock(&v->lock);
	error = v->stale ? -ENETDOWN : virtqueue_add(v->tx, all, n + 1, n + 1, slot);
	slot->busy = error == 0;
	spin_unlock(&v->lock, s);
	if (!error)
		v->free_slot = slot->next_free;
	return error == -EIO ? -ENETDOWN : error;
}

static uint64_t frame_bytes(const struct sg *sg, unsigned n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += sg[i].len;
	return sum;
}

static void count_sent(struct netdev_counters *c, uint64_t bytes,
		       const struct net_offload_req *offload)
{
	c->opackets++;
	c->obytes += bytes;
	c->ocsum += offload && offload->csum_start;
}

/* A full ring is reaped, and only if that does not help asks for an interrupt. */
static int vtnet_xmit(struct netdev *net, const struct sg *sg, unsigned n,
		      const struct net_offload_req *offload, void *token)
{
	struct vtnet *v = to_vtnet(net);
	uint64_t bytes = frame_bytes(sg, n);
	int error;

	if (n > XMIT_PIECES_MAX || bytes > net->mtu + ETHERNET_HEADER + VLAN_TAG)
		return -EMSGSIZE;
	error = put_in_ring(v, sg, n, offload, token);
	if (error == -ENOSPC && (virtqueue_reap(v->tx, VIRTQUEUE_ALL) || virtqueue_arm(v->tx))) {
		virtqueue_reap(v->tx, VIRTQUEUE_ALL);
		error = put_in_ring(v, sg, n, offload, token);
	}
	if (!error)
		count_sent(&net->count, bytes, offload);
	return error;
}

static void vtnet_kick(struct netdev *net)
{
	virtqueue_kick(to_vtnet(net)->tx);
}

/* --- the stack's side of life --- */

/* After a reset: nothing that was in a ring comes back by itself. */
static void clear_up(struct vtnet *v)
{
	irq_state s;

	for (unsigned i = 0; i < v->nslots; i++) {
		if (v->slots[i].busy) {
			release_slot(v, &v->slots[i]);
			v->net.tx_done(&v->net, v->slots[i].token);
		}
	}
	s = spin_lock(&v->lock);
	v->stale = !v->dev->live;
	for (unsigned i = 0; i < v->nframes && !v->stale; i++)
		if (frame_at(v, i)->state != FRAME_WITH_STACK)
			offer(v, frame_at(v, i));
	spin_unlock(&v->lock, s);
}

static unsigned vtnet_poll(struct netdev *net, unsigned budget)
{
	struct vtnet *v = to_vtnet(net);
	unsigned limit = budget < rx_process_limit ? budget : rx_process_limit, n;

	v->polling = true;
	if (v->stale)
		clear_up(v);
	virtqueue_reap(v->tx, VIRTQUEUE_ALL);
	n = virtqueue_drain(v->rx, limit);
	v->polling = false;
	virtqueue_kick(v->rx);
	if (n == limit && limit < budget)
		net->wake(net); /* the tunable cut this round short */
	return n;
}

/* The first filling of the receive ring is what poll does after every reset. */
static int vtnet_start(struct netdev *net)
{
	struct vtnet *v = to_vtnet(net);

	if (v->dev->lost)
		return -ENETDOWN;
	v->stale = true;
	v->started = true;
	vtnet_poll(net, 0);
	if (virtqueue_arm(v->rx))
		net->wake(net);
	return 0;
}

static void vtnet_release(struct netdev *net)
{
	virtio_put(to_vtnet(net)->dev);
}

/* --- the device's side of life --- */

static int make_queues(struct virtio_device *dev, struct vtnet *v)
{
	struct virtqueue *rx = virtio_queue(dev, &(struct virtqueue_spec){
		.index = RX,
		.size = virtio_queue_size(RX_WANTED, v->stride),
		.pieces = (uint16_t)rx_pieces(v),
		.silent = true,
		.used = received,
		.interrupt = interrupted,
		.driver = v,
	});
	struct virtqueue *tx = virtio_queue(dev, &(struct virtqueue_spec){
		.index = TX,
		.size = virtio_queue_size(TX_WANTED,
					  sizeof(struct tx_slot) + sizeof(struct virtq_desc)),
		.silent = true,
		.used = transmitted,
		.interrupt = interrupted,
		.driver = v,
	});

	if (!rx || !tx)
		return -ENXIO;
	v->rx = rx;
	v->tx = tx;
	return 0;
}

static size_t frame_pages(const struct vtnet *v)
{
	return (v->nframes * v->stride + PAGE_SIZE - 1) / PAGE_SIZE;
}

/* One frame for each buffer the ring has room for, as many as memory gives. */
static int make_frames(struct vtnet *v)
{
	if (v->frames)
		return 0;
	for (v->nframes = v->rx->size / (v->rx->indirect ? 1 : rx_pieces(v)); v->nframes;
	     v->nframes /= 2) {
		v->frames = page_alloc(frame_pages(v));
		if (v->frames)
			break;
	}
	for (unsigned i = 0; i < v->nframes; i++) {
		memset(frame_at(v, i), 0, sizeof(struct frame));
		frame_at(v, i)->nb.dev = &v->net;
	}
	v->net.rx_buffers = (uint16_t)v->nframes;
	return v->frames ? 0 : -ENOMEM;
}

/* A frame on its way takes two descriptors at least: its header and its data. */
static int make_slots(struct vtnet *v)
{
	if (v->slots)
		return 0;
	v->nslots = v->tx->size / 2u;
	v->slots = kzalloc(v->nslots * sizeof *v->slots);
	for (unsigned i = 0; v->slots && i < v->nslots; i++)
		release_slot(v, &v->slots[i]);
	return v->slots ? 0 : -ENOMEM;
}

static void read_mac(struct virtio_device *dev, struct vtnet *v)
{
	if (virtio_has(dev, VIRTIO_NET_F_MAC)) {
		virtio_config_read(dev, offsetof(struct virtio_net_config, mac), v->net.mac,
				   sizeof v->net.mac);
		return;
	}
	random_bytes(v->net.mac, sizeof v->net.mac);
	/* locally administered, not multicast */
	v->net.mac[0] = (uint8_t)((v->net.mac[0] & ~1) | 2);
}

static void read_link(struct virtio_device *dev, struct vtnet *v)
{
	v->net.link_up = !virtio_has(dev, VIRTIO_NET_F_STATUS)
		|| (virtio_config(dev, struct virtio_net_config, status) & VIRTIO_NET_S_LINK_UP);
}

static void read_config(struct virtio_device *dev, struct vtnet *v)
{
	v->net.mtu = MTU_DEFAULT;
	if (virtio_has(dev, VIRTIO_NET_F_MTU))
		v->net.mtu = virtio_config(dev, struct virtio_net_config, mtu);
	v->net.offloads = (virtio_has(dev, VIRTIO_NET_F_CSUM) ? NET_TX_CSUM : 0) |
			  (virtio_has(dev, VIRTIO_NET_F_GUEST_CSUM) ? NET_RX_CSUM : 0);
	read_link(dev, v);
}

LOCK_CLASS(device_class, "virtio_net");

static struct vtnet *allocate(struct virtio_device *dev)
{
	struct vtnet *v = kzalloc(sizeof *v);

	if (!v)
		return NULL;
	spinlock_init(&v->lock, &device_class);
	v->dev = dev;
	v->net.xmit = vtnet_xmit;
	v->net.kick = vtnet_kick;
	v->net.poll = vtnet_poll;
	v->net.recycle = vtnet_recycle;
	v->net.start = vtnet_start;
	v->net.release = vtnet_release;
	v->net.driver = v;
	read_mac(dev, v);
	return dev->driver_data = v;
}

/*
 * Buffers hold a frame of the MTU and its VLAN tag, and no less than 5.1.6.3.1 asks for. The MTU of
 * the first probe stays: the stack has been told.
 */
static int build(struct virtio_device *dev, struct vtnet *v)
{
	uint16_t mtu = v->net.mtu;
	int error;

	/* Before 1.0 there was no num_buffers without MRG_RXBUF (5.1.9.1). */
	v->header_len = virtio_legacy(dev) ? offsetof(struct virtio_net_hdr, num_buffers)
					   : sizeof(struct virtio_net_hdr);
	read_config(dev, v);
	if (v->registered && v->net.mtu != mtu)
		return -EINVAL;
	v->stride = sizeof(struct frame) + v->net.mtu + ETHERNET_HEADER + VLAN_TAG + NETBUF_SLACK;
	v->stride = (v->stride + 63) & ~(size_t)63;
	if (v->stride < 2048)
		v->stride = 2048;
	error = make_queues(dev, v);
	if (!error)
		error = make_frames(v);
	if (!error)
		error = make_slots(v);
	return error;
}

/* The names agree: vtnet0 is eth0. */
static void introduce(struct vtnet *v)
{
	netdev_register(&v->net);
	v->registered = true;
	ksnprintf(v->name, sizeof v->name, "vtnet%s", v->net.name + strlen("eth"));
	v->dev->name = v->name;
}

static int net_probe(struct virtio_device *dev)
{
	struct vtnet *v = dev->driver_data ? dev->driver_data : allocate(dev);
	int error;

	if (!v)
		return -ENOMEM;
	error = build(dev, v);
	if (error)
		return error;
	if (!v->registered)
		introduce(v);
	return 0;
}

/*
 * First time: silent until the stack starts the device. After a recovery: the stack's thread clears
 * up and fills the rings.
 */
static void net_start_device(struct virtio_device *dev)
{
	struct vtnet *v = dev->driver_data;

	if (v->started)
		v->net.wake(&v->net);
	else if (v->net.state == NETDEV_COMING)
		netdev_ready(&v->net);
}

static void net_config_changed(struct virtio_device *dev)
{
	struct vtnet *v = dev->driver_data;
	bool was_up = v->net.link_up;

	read_link(dev, v);
	if (v->started && v->net.link_up != was_up)
		v->net.wake(&v->net);
}

/*
 * Frames in flight are lost, as frames are; the stack's thread takes them back in poll, since only
 * it may be given them.
 */
static void stop(struct vtnet *v)
{
	irq_state s = spin_lock(&v->lock);

	v->stale = true;
	spin_unlock(&v->lock, s);
	if (v->dev->lost)
		v->net.link_up = false;
	if (v->started)
		v->net.wake(&v->net);
}

/* What nobody has taken goes at once; else the stack says when (vtnet_release). */
static void net_remove(struct virtio_device *dev)
{
	struct vtnet *v = dev->driver_data;

	if (v)
		stop(v);
	if (dev->removed && !(v && v->registered && netdev_unregister(&v->net)))
		virtio_put(dev);
}

static void net_free(struct virtio_device *dev)
{
	struct vtnet *v = dev->driver_data;

	if (!v)
		return;
	if (v->frames)
		page_free(v->frames, frame_pages(v));
	kfree(v->slots);
	kfree(v);
}

#define GUEST_CSUM VIRTIO_BIT(VIRTIO_NET_F_GUEST_CSUM)
#define HOST_CSUM  VIRTIO_BIT(VIRTIO_NET_F_CSUM)

/*
 * An MTU that is none (5.1.4.1: 68 at least), or larger than this driver has buffers for, is not
 * agreed to.
 */
static uint64_t net_decline(struct virtio_device *dev)
{
	uint64_t declined = csum_disable ? HOST_CSUM | GUEST_CSUM : 0;

	if (dev->offered & VIRTIO_BIT(VIRTIO_NET_F_MTU)) {
		uint16_t mtu = virtio_config(dev, struct virtio_net_config, mtu);

		if (mtu < MTU_MIN || mtu > MTU_MAX)
			declined |= VIRTIO_BIT(VIRTIO_NET_F_MTU);
	}
	return declined;
}

#define GUEST_TSO (VIRTIO_BIT(VIRTIO_NET_F_GUEST_TSO4) | VIRTIO_BIT(VIRTIO_NET_F_GUEST_TSO6))
#define HOST_TSO  (VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO4) | VIRTIO_BIT(VIRTIO_NET_F_HOST_TSO6))

static const struct virtio_feature net_features[] = {
	{ "CSUM",       VIRTIO_NET_F_CSUM,           true,  0 },
	{ "GUEST_CSUM", VIRTIO_NET_F_GUEST_CSUM,     true,  0 },
	{ "MTU",        VIRTIO_NET_F_MTU,            true,  0 },
	{ "MAC",        VIRTIO_NET_F_MAC,            true,  0 },
	{ "GUEST_TSO4", VIRTIO_NET_F_GUEST_TSO4,     false, GUEST_CSUM },
	{ "GUEST_TSO6", VIRTIO_NET_F_GUEST_TSO6,     false, GUEST_CSUM },
	{ "GUEST_ECN",  VIRTIO_NET_F_GUEST_ECN,      false, GUEST_TSO },
	{ "GUEST_UFO",  VIRTIO_NET_F_GUEST_UFO,      false, GUEST_CSUM },
	{ "HOST_TSO4",  VIRTIO_NET_F_HOST_TSO4,      false, HOST_CSUM },
	{ "HOST_TSO6",  VIRTIO_NET_F_HOST_TSO6,      false, HOST_CSUM },
	{ "HOST_ECN",   VIRTIO_NET_F_HOST_ECN,       false, HOST_TSO },
	{ "HOST_UFO",   VIRTIO_NET_F_HOST_UFO,       false, HOST_CSUM },
	{ "MRG_RXBUF",  VIRTIO_NET_F_MRG_RXBUF,      false, 0 },
	{ "STATUS",     VIRTIO_NET_F_STATUS,         true,  0 },
	{ "CTRL_VQ",    VIRTIO_NET_F_CTRL_VQ,        false, 0 },
	{ "MQ",         VIRTIO_NET_F_MQ,             false, VIRTIO_BIT(VIRTIO_NET_F_CTRL_VQ) },
	{ 0 },
};

static const struct virtio_driver net_driver = {
	.name = "virtio-net",
	.id = VIRTIO_ID_NET,
	.features = net_features,
	.decline = net_decline,
	.probe = net_probe,
	.start = net_start_device,
	.config_changed = net_config_changed,
	.remove = net_remove,
	.free = net_free,
};
VIRTIO_DRIVER(net_driver);
