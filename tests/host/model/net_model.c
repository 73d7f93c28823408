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
	static const struct { const char *id; uint8_t gso_type; unsigned feature; } segmentation[] = {
		{ "NET-21", 1, VIRTIO_NET_F_HOST_TSO4 }, { "NET-22", 4, VIRTIO_NET_F_HOST_TSO6 },
		{ "NET-23", 3, VIRTIO_NET_F_HOST_UFO },
	};
	bool csum = model_accepted(&n->v, VIRTIO_NET_F_CSUM);

	RULE("NET-17", h->num_buffers == 0, "num_buffers %u on transmit", h->num_buffers);
	if (!csum)
		RULE("NET-18", h->flags == 0, "header flags 0x%x without CSUM", h->flags);
	RULE("NET-47", !(h->flags & ~VIRTIO_NET_HDR_F_NEEDS_CSUM), "header flags 0x%x on transmit", h->flags);
	for (unsigned i = 0; i < sizeof(segmentation) / sizeof(segmentation[0]); i++)
		RULE(segmentation[i].id, (h->gso_type & 0x7f) != segmentation[i].gso_type || model_accepted(&n->v, segmentation[i].feature),
		     "gso_type %u, which was not negotiated", h->gso_type);
	if (!model_accepted(&n->v, VIRTIO_NET_F_HOST_TSO4) && !model_accepted(&n->v, VIRTIO_NET_F_HOST_TSO6)
	    && !model_accepted(&n->v, VIRTIO_NET_F_HOST_UFO))
		RULE("NET-38", h->gso_type == VIRTIO_NET_HDR_GSO_NONE, "gso_type %u", h->gso_type);
}

/* A frame that asks for its checksum: the sum lies in the frame, and something is there to be summed. */
static void check_checksum_request(const struct virtio_net_hdr *h, uint64_t len)
{
	if (h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		RULE("NET-37", h->csum_start + h->csum_offset + 2u <= len, "checksum at %u + %u of %llu bytes", h->csum_start,
		     h->csum_offset, (unsigned long long)len);
}

/* 5.1.9.1: num_buffers was not there before 1.0, but for MRG_RXBUF. */
static uint32_t header_len(const struct model_net *n)
{
	return n->v.legacy && !model_accepted(&n->v, VIRTIO_NET_F_MRG_RXBUF) ? offsetof(struct virtio_net_hdr, num_buffers)
									     : sizeof(struct virtio_net_hdr);
}

/* 5.1.9.8: what legacy devices may insist on. */
static void check_framing(const struct model_net *n, const struct model_chain *c)
{
	if (n->v.legacy && !model_accepted(&n->v, VIRTIO_F_ANY_LAYOUT))
		RULE("NETL-09", c->n > 1 && c->piece[0].len == header_len(n), "a header that shares a descriptor of %u bytes", c->piece[0].len);
}

static void transmit(struct model_net *n, const struct model_chain *c)
{
	struct virtio_net_hdr h = { 0 };
	uint64_t len = c->readable_bytes - header_len(n);
	uint16_t mtu = ((struct virtio_net_config *)n->v.config)->mtu;

	if (c->n != c->readable)
		model_refuse("a transmitted frame with device-writable pieces");
	check_framing(n, c);
	model_chain_read(c, 0, &h, header_len(n));
	if (n->v.legacy)
		RULE("NETL-03", c->piece[0].len == header_len(n), "a header of %u bytes", c->piece[0].len);
	check_header(n, &h);
	check_checksum_request(&h, len);
	if (model_accepted(&n->v, VIRTIO_NET_F_MTU)) /* a VLAN tag belongs to the header */
		RULE("NET-09", len <= mtu + 14u + 4u, "a frame of %llu bytes, the MTU is %u", (unsigned long long)len, mtu);
	if (n->nsent < 64 && len <= sizeof(n->sent[0])) {
		n->sent_header[n->nsent] = h;
		model_chain_read(c, header_len(n), n->sent[n->nsent], len);
		n->sent_len[n->nsent] = (uint32_t)len;
	}
	n->nsent++;
}

static void receive_buffer(struct model_net *n, const struct model_chain *c)
{
	uint16_t mtu = ((struct virtio_net_config *)n->v.config)->mtu;

	if (c->readable)
		model_refuse("a receive buffer with device-readable pieces");
	check_framing(n, c);
	RULE("NET-52", c->writable_bytes >= 1526, "a receive buffer of %llu bytes", (unsigned long long)c->writable_bytes);
	if (model_accepted(&n->v, VIRTIO_NET_F_MTU))
		RULE("NET-08", c->writable_bytes >= 12u + 14u + mtu, "a receive buffer of %llu bytes, the MTU is %u",
		     (unsigned long long)c->writable_bytes, mtu);
	n->rx[(n->first_rx + n->nrx++) % 256] = *c;
}

static void serve(struct model_virtio *v, unsigned queue, struct model_chain *c)
{
	struct model_net *n = (struct model_net *)v;

	if (queue == RX) {
		receive_buffer(n, c);
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
	c = n->rx[n->first_rx++ % 256];
	n->nrx--;
	model_chain_write(&c, 0, &h, header_len(n));
	model_chain_write(&c, header_len(n), frame, len);
	model_ring_push(&n->v, RX, &c, header_len(n) + len);
	return true;
}

void model_net_release_tx(struct model_net *n)
{
	for (unsigned i = 0; i < n->nheld_tx && !n->v.broken; i++)
		model_ring_push(&n->v, TX, &n->held_tx[i], 0);
	n->nheld_tx = 0;
}

static void reset(struct model_virtio *v)
{
	((struct model_net *)v)->nrx = ((struct model_net *)v)->first_rx = ((struct model_net *)v)->nheld_tx = 0;
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
