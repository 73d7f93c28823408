/* SPDX-License-Identifier: BSD-2-Clause */
/* See virtio_model.h: the network device of section 5.1 with one pair of queues. */
#include "tests/host/model/virtio_model.h"
#include <stddef.h>

#define AT(field) offsetof(struct virtio_net_config, field)

enum { RX, TX };

static const struct model_field fields[] = {
	{ AT(mac), 1, 6, VIRTIO_NET_F_MAC, false },
	{ AT(status), 2, 1, VIRTIO_NET_F_STATUS, false },
	{ AT(max_virtqueue_pairs), 2, 1, VIRTIO_NET_F_MQ, false },
	{ AT(mtu), 2, 1, VIRTIO_NET_F_MTU, false },
	{ 0 },
};

static void check_header(const struct model_net *n, const struct virtio_net_hdr *h)
{
	bool csum = model_accepted(&n->v, VIRTIO_NET_F_CSUM);

	if (h->num_buffers)
		model_refuse("NET-17: num_buffers %u on transmit", h->num_buffers);
	if (!csum && h->flags)
		model_refuse("NET-18: header flags 0x%x without CSUM", h->flags);
	if (h->flags & ~VIRTIO_NET_HDR_F_NEEDS_CSUM)
		model_refuse("NET-47: header flags 0x%x on transmit", h->flags);
	if (h->gso_type != VIRTIO_NET_HDR_GSO_NONE)
		model_refuse("NET-38: gso_type %u", h->gso_type);
}

static void transmit(struct model_net *n, const struct model_chain *c)
{
	struct virtio_net_hdr h;
	uint64_t len = c->readable_bytes - sizeof(h);
	uint16_t mtu = ((struct virtio_net_config *)n->v.config)->mtu;

	if (c->n != c->readable)
		model_refuse("a transmitted frame with device-writable pieces");
	model_chain_read(c, 0, &h, sizeof(h));
	check_header(n, &h);
	if (model_accepted(&n->v, VIRTIO_NET_F_MTU) && len > mtu + 14u + 4u)
		model_refuse("NET-09: a frame of %llu bytes, the MTU is %u", (unsigned long long)len, mtu);
	if (n->nsent < 64 && len <= sizeof(n->sent[0])) {
		n->sent_header[n->nsent] = h;
		model_chain_read(c, sizeof(h), n->sent[n->nsent], len);
		n->sent_len[n->nsent] = (uint32_t)len;
	}
	n->nsent++;
}

static void serve(struct model_virtio *v, unsigned queue, struct model_chain *c)
{
	struct model_net *n = (struct model_net *)v;

	if (queue == RX) {
		if (c->readable || c->writable_bytes < 1526)
			model_refuse("NET-52: a receive buffer of %llu bytes", (unsigned long long)c->writable_bytes);
		n->rx[n->nrx++] = *c;
		return;
	}
	transmit(n, c);
	if (n->hold_tx)
		n->held_tx[n->nheld_tx++] = *c;
	else
		model_ring_push(v, TX, c, 0);
}

bool model_net_deliver(struct model_net *n, const void *frame, uint32_t len, uint8_t flags)
{
	struct virtio_net_hdr h = { .flags = flags, .num_buffers = 1 };
	struct model_chain c;

	if (n->nrx == 0)
		return false;
	c = n->rx[0];
	memmove(n->rx, n->rx + 1, --n->nrx * sizeof(n->rx[0]));
	model_chain_write(&c, 0, &h, sizeof(h));
	model_chain_write(&c, sizeof(h), frame, len);
	model_ring_push(&n->v, RX, &c, (uint32_t)sizeof(h) + len);
	return true;
}

void model_net_release_tx(struct model_net *n)
{
	for (unsigned i = 0; i < n->nheld_tx; i++)
		model_ring_push(&n->v, TX, &n->held_tx[i], 0);
	n->nheld_tx = 0;
}

static void reset(struct model_virtio *v)
{
	((struct model_net *)v)->nrx = ((struct model_net *)v)->nheld_tx = 0;
}

struct model_net *model_net_new(uint64_t features)
{
	struct model_net *n = calloc(1, sizeof(*n));

	model_virtio_init(&n->v, VIRTIO_ID_NET, 3, 256);
	n->v.offered |= features;
	n->v.fields = fields;
	n->v.config_len = 12;
	n->v.serve = serve;
	n->v.reset = reset;
	for (unsigned bit = VIRTIO_NET_F_GUEST_TSO4; bit <= VIRTIO_NET_F_GUEST_UFO; bit++)
		n->v.needs_any[bit] = 1ull << VIRTIO_NET_F_GUEST_CSUM;
	for (unsigned bit = VIRTIO_NET_F_HOST_TSO4; bit <= VIRTIO_NET_F_HOST_UFO; bit++)
		n->v.needs_any[bit] = 1ull << VIRTIO_NET_F_CSUM;
	for (unsigned bit = VIRTIO_NET_F_CTRL_RX; bit <= VIRTIO_NET_F_CTRL_MAC_ADDR; bit++)
		n->v.needs_any[bit] = 1ull << VIRTIO_NET_F_CTRL_VQ;
	*(struct virtio_net_config *)n->v.config = (struct virtio_net_config){
		.mac = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 }, .status = VIRTIO_NET_S_LINK_UP, .max_virtqueue_pairs = 1, .mtu = 1400,
	};
	model_pci_init(&n->v, false);
	return n;
}
