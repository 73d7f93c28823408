/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network driver against a strict model device, with a stack that lends, keeps and returns frames.
 * Links: virtio/v*.c kernel/byte_ring.c kernel/wait.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c
 * Links: tests/host/model/virtio*.c tests/host/model/ring*.c tests/host/model/net*.c
 */
#include "tests/host/model/virtio_model.h"
#include "kernel/netdev.h"
#include "kernel/pci.h"
#include <errno.h>

#define BIT(n) (1ull << (n))
#define USUAL (BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_NET_F_STATUS) | BIT(VIRTIO_NET_F_MRG_RXBUF) | BIT(VIRTIO_NET_F_CTRL_VQ) | BIT(VIRTIO_NET_F_CTRL_RX) \
	| BIT(VIRTIO_NET_F_CTRL_VLAN) | BIT(VIRTIO_NET_F_GUEST_ANNOUNCE) | BIT(30) | BIT(40))

static struct model_net *n;
static struct netdev *eth;

/* --- the stack --- */

static uint8_t got[512][2048];
static uint32_t got_len[512];
static struct netbuf *kept[512];
static unsigned ngot, nkept, ndone, wakes;
static bool keep, got_csum_valid;
static void *last_done;

static void input(struct netdev *dev, struct netbuf *nb)
{
	CHECK(dev == eth && nb->dev == eth);
	CHECK_EQ((uintptr_t)nb->data % 4, 2); /* so that the IP header behind the Ethernet header is aligned */
	memcpy(got[ngot], nb->data, nb->len);
	got_len[ngot++] = nb->len;
	got_csum_valid = nb->csum_valid;
	if (keep)
		kept[nkept++] = nb;
	else
		dev->recycle(nb);
}

static void tx_done(struct netdev *dev, void *token)
{
	CHECK(dev == eth);
	last_done = token;
	ndone++;
}

static void wake(struct netdev *dev)
{
	CHECK(dev == eth);
	wakes++;
}

static void give_back_all(void)
{
	while (nkept)
		eth->recycle(kept[--nkept]);
}

static void take_eth(struct netdev *dev, void *arg)
{
	(void)arg;
	eth = dev;
}

static void plug(void)
{
	model_bus_use_ecam();
	model_pci_plug(&n->v);
	pci_init();
	model_run();
	netdev_for_each(take_eth, NULL);
}

static void start(void)
{
	eth->input = input;
	eth->tx_done = tx_done;
	eth->wake = wake;
	CHECK_EQ(eth->start(eth), 0);
	model_run();
}

static void boot(uint64_t features)
{
	n = model_net_new(features);
	plug();
	start();
}

static void poll_all(void)
{
	while (eth->poll(eth, 64) == 64)
		;
	model_run();
}

static bool deliver(uint32_t len, uint8_t fill)
{
	uint8_t frame[2048];

	memset(frame, fill, len);
	return model_net_deliver(n, frame, len, 0);
}

static int send(uint32_t len, uint8_t fill)
{
	static uint8_t data[65536];
	struct sg sg = { data, len };

	memset(data, fill, len);
	return eth->xmit(eth, &sg, 1, NULL, (void *)(uintptr_t)(fill + 1));
}

/* Frames that the rings hold: one for each entry; on its way out a frame takes two. */
static unsigned rx_room(void)
{
	return n->v.queue[0].size;
}

static unsigned tx_room(void)
{
	return n->v.queue[1].size / 2;
}

/* --- what is agreed on --- */

RING_TEST(silent_until_started)
{
	n = model_net_new(USUAL);
	plug();
	CHECK(eth);
	CHECK_STR(eth->name, "eth0");
	CHECK_EQ(n->nrx, 0);
	CHECK_EQ(eth->mac[0], 0x52);
	CHECK_EQ(eth->mac[5], 0x56);
	CHECK_EQ(eth->mtu, 1500);
	CHECK(eth->link_up);
	CHECK(model_accepted(&n->v, VIRTIO_NET_F_MAC));
	model_shows("NET-02");
	model_shows("NET-03");
	CHECK(shim_log_has("vtnet0: virtio-net 1.0 pci 00:01.0 +MAC -MRG_RXBUF +STATUS -CTRL_VQ"));
	start();
	CHECK_EQ(n->nrx, rx_room());
	CHECK_EQ(eth->rx_buffers, rx_room());
}

MACHINE_TEST(nothing_offered)
{
	boot(0);
	CHECK_EQ(eth->mac[0] & 3, 2);
	model_shows("NET-04");
	CHECK(eth->link_up);
	model_shows("NET-05");
	CHECK(deliver(100, 1));
	poll_all();
	CHECK_EQ(ngot, 1);
}

MACHINE_TEST(everything_offered)
{
	boot(0xffffffffull & ~BIT(VIRTIO_NET_F_MTU));
	CHECK_EQ(eth->offloads, NET_TX_CSUM | NET_RX_CSUM);
	CHECK_EQ(send(100, 1), 0);
	eth->kick(eth);
	model_run();
	CHECK_EQ(n->nsent, 1);
}

/* Features that rest on others, without those. */
MACHINE_TEST(dependents_alone)
{
	boot(0xffffffffull & ~(BIT(VIRTIO_NET_F_MTU) | BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_GUEST_CSUM) | BIT(VIRTIO_NET_F_CTRL_VQ)));
	CHECK_EQ(eth->offloads, 0);
	model_shows("NET-15"); /* what hangs in the air would have been refused */
	model_shows("FEAT-02");
}

static uint16_t mtu;

static void with_mtu(void)
{
	n = model_net_new(USUAL | BIT(VIRTIO_NET_F_MTU));
	((struct virtio_net_config *)n->v.config)->mtu = mtu;
	plug();
	start();
	CHECK_EQ(model_accepted(&n->v, VIRTIO_NET_F_MTU), mtu >= 68 && mtu <= 9216);
	CHECK_EQ(eth->mtu, mtu >= 68 && mtu <= 9216 ? mtu : 1500);
	CHECK(n->rx[0].writable_bytes >= 12u + eth->mtu + 14);
	CHECK_EQ(send(eth->mtu + 14u, 1), 0);
	eth->kick(eth);
	model_run();
	CHECK_EQ(n->nsent, 1);
	CHECK_EQ(send(eth->mtu + 19u, 1), -EMSGSIZE);
	model_shows("NET-07");
}

TEST(mtu_of_the_device)
{
	static const uint16_t mtus[] = { 0, 67, 68, 1400, 1500, 9000, 9216, 9217, 65535 };

	for (unsigned i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++) {
		mtu = mtus[i];
		model_in_new_machine(with_mtu);
	}
}

/* --- receive --- */

RING_TEST(frames_arrive)
{
	boot(USUAL);
	for (unsigned i = 0; i < 300; i++) {
		CHECK(deliver(60 + i * 4, (uint8_t)i));
		if (i % 3 == 0)
			poll_all();
	}
	poll_all();
	CHECK_EQ(ngot, 300);
	for (unsigned i = 0; i < 300; i++)
		CHECK(got_len[i] == 60 + i * 4 && got[i][0] == (uint8_t)i && got[i][got_len[i] - 1] == (uint8_t)i);
}

/* One interrupt for a burst; none until the stack has polled; none while it has nothing armed. */
RING_TEST(one_interrupt_for_a_burst)
{
	unsigned before, burst;

	boot(USUAL);
	burst = rx_room() < 50 ? rx_room() - 1 : 50;
	before = n->v.queue[0].interrupts;
	for (unsigned i = 0; i < burst; i++)
		deliver(100, 1);
	CHECK_EQ(n->v.queue[0].interrupts - before, 1);
	CHECK_EQ(wakes, 1);
	CHECK_EQ(eth->poll(eth, 2), 2);
	deliver(100, 1);
	CHECK_EQ(n->v.queue[0].interrupts - before, 1); /* the stack has yet to come back */
	CHECK_EQ(eth->poll(eth, 64), burst - 1);
	model_run();
	deliver(100, 1);
	CHECK_EQ(n->v.queue[0].interrupts - before, 2);
	if (model_accepted(&n->v, VIRTIO_F_RING_PACKED)) {
		model_shows("PACK-19");
		return;
	}
	model_shows("SPLIT-29");
	if (model_accepted(&n->v, VIRTIO_F_EVENT_IDX))
		model_shows("SPLIT-15");
}

RING_TEST(frames_may_be_kept)
{
	boot(USUAL);
	keep = true;
	for (unsigned i = 0; i < rx_room(); i++)
		CHECK(deliver(100, (uint8_t)i));
	CHECK(!deliver(100, 0));
	poll_all();
	CHECK_EQ(nkept, rx_room());
	CHECK(!deliver(100, 0)); /* every buffer is with the stack */
	give_back_all();
	model_run();
	CHECK_EQ(n->nrx, rx_room());
	keep = false;
	CHECK(deliver(100, 9));
	poll_all();
	CHECK_EQ(ngot, rx_room() + 1);
}

MACHINE_TEST(one_frame_given_back_is_one_the_device_has)
{
	boot(USUAL);
	keep = true;
	while (deliver(100, 1))
		;
	poll_all();
	eth->recycle(kept[--nkept]);
	model_run();
	CHECK_EQ(n->nrx, 1);
	CHECK(deliver(100, 1));
}

MACHINE_TEST(runts_and_segmented_frames_are_dropped)
{
	struct virtio_net_hdr h = { .gso_type = 1, .gso_size = 1448 };
	struct model_chain c;

	boot(USUAL);
	CHECK(deliver(13, 1));
	CHECK(deliver(0, 1));
	c = n->rx[n->first_rx++ % 256];
	n->nrx--;
	model_chain_write(&c, 0, &h, sizeof(h));
	model_ring_push(&n->v, 0, &c, 200);
	poll_all();
	CHECK_EQ(ngot, 0);
	CHECK_EQ(n->nrx, rx_room());
}

/* What no feature was agreed on for is not looked at: the frame arrives as if the fields were 0. */
MACHINE_TEST(fields_without_a_feature_are_ignored)
{
	struct virtio_net_hdr h = { .hdr_len = 0xffff, .gso_size = 0xffff, .csum_start = 0xffff, .csum_offset = 0xffff, .num_buffers = 0xffff };
	uint8_t frame[100] = { 7 };
	struct model_chain c;

	boot(USUAL);
	c = n->rx[n->first_rx++ % 256];
	n->nrx--;
	model_chain_write(&c, 0, &h, sizeof(h));
	model_chain_write(&c, sizeof(h), frame, sizeof(frame));
	model_ring_push(&n->v, 0, &c, sizeof(h) + sizeof(frame));
	poll_all();
	CHECK_EQ(ngot, 1);
	CHECK(got_len[0] == sizeof(frame) && got[0][0] == 7);
	model_shows("NET-58");
	model_shows("NET-59");
	model_shows("FACT-22");
}

MACHINE_TEST(checksums_vouched_for)
{
	uint8_t frame[100] = { 0 };

	boot(USUAL | BIT(VIRTIO_NET_F_GUEST_CSUM));
	model_net_deliver(n, frame, 100, VIRTIO_NET_HDR_F_DATA_VALID);
	poll_all();
	CHECK(got_csum_valid);
	model_net_deliver(n, frame, 100, 0xf8);
	poll_all();
	CHECK_EQ(ngot, 2);
	model_shows("NET-56");
	CHECK(!got_csum_valid);
	model_shows("NET-60");
}

MACHINE_TEST(checksums_not_negotiated)
{
	uint8_t frame[100] = { 0 };

	boot(USUAL);
	model_net_deliver(n, frame, 100, VIRTIO_NET_HDR_F_DATA_VALID | VIRTIO_NET_HDR_F_NEEDS_CSUM);
	poll_all();
	CHECK(!got_csum_valid);
}

/* --- transmit --- */

RING_TEST(frames_are_sent)
{
	uint8_t a[14], b[500], c[200];
	struct sg sg[] = { { a, 14 }, { b, 500 }, { c, 200 } };

	memset(a, 1, sizeof(a));
	memset(b, 2, sizeof(b));
	memset(c, 3, sizeof(c));
	boot(USUAL);
	CHECK_EQ(eth->xmit(eth, sg, 3, NULL, a), 0);
	CHECK_EQ(ndone, 0);
	eth->kick(eth);
	model_run();
	CHECK_EQ(n->nsent, 1);
	CHECK_EQ(n->sent_len[0], 714);
	CHECK(n->sent[0][13] == 1 && n->sent[0][14] == 2 && n->sent[0][713] == 3);
	CHECK_EQ(wakes, 0); /* nobody needs to know */
	poll_all();
	CHECK_EQ(ndone, 1);
	CHECK(last_done == a);
}

RING_TEST(checksum_request)
{
	struct net_offload_req offload = { .csum_start = 34, .csum_offset = 16 };
	uint8_t data[100] = { 0 };
	struct sg sg = { data, 100 };

	boot(USUAL | BIT(VIRTIO_NET_F_CSUM));
	CHECK(eth->offloads & NET_TX_CSUM);
	CHECK_EQ(eth->xmit(eth, &sg, 1, &offload, data), 0);
	eth->kick(eth);
	model_run();
	CHECK_EQ(n->sent_header[0].flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	CHECK_EQ(n->sent_header[0].csum_start, 34);
	CHECK_EQ(n->sent_header[0].csum_offset, 16);
	model_shows("NET-98");
}

/* A full ring says so and has the stack woken when there is room. */
RING_TEST(full_ring)
{
	unsigned sent = 0;

	boot(USUAL);
	n->hold_tx = true;
	while (send(100, (uint8_t)sent) == 0)
		sent++;
	CHECK_EQ(sent, tx_room());
	CHECK_EQ(send(100, 0), -ENOSPC);
	eth->kick(eth);
	model_run();
	CHECK_EQ(n->nheld_tx, tx_room());
	CHECK_EQ(ndone, 0);
	CHECK_EQ(send(100, 0), -ENOSPC);
	wakes = 0;
	model_net_release_tx(n);
	CHECK_EQ(wakes, 1);
	n->hold_tx = false;
	poll_all();
	CHECK_EQ(ndone, tx_room());
	CHECK_EQ(send(100, 1), 0);
	eth->kick(eth);
	model_run();
	CHECK_EQ(n->nsent, tx_room() + 1);
}

RING_TEST(xmit_reaps_before_it_refuses)
{
	boot(USUAL);
	for (unsigned i = 0; i < 1000; i++) {
		CHECK_EQ(send(100, 7), 0);
		if (tx_room() < 32 || i % 32 == 31) {
			eth->kick(eth);
			model_run();
		}
	}
	CHECK_EQ(n->nsent, tx_room() < 32 ? 1000 : 992);
	CHECK(ndone >= 1000 - tx_room());
	CHECK_EQ(wakes, 0);
}

MACHINE_TEST(too_many_pieces)
{
	uint8_t data[33];
	struct sg sg[33];

	boot(USUAL);
	for (unsigned i = 0; i < 33; i++)
		sg[i] = (struct sg){ &data[i], 1 };
	CHECK_EQ(eth->xmit(eth, sg, 33, NULL, data), -EMSGSIZE);
	CHECK_EQ(eth->xmit(eth, sg, 32, NULL, data), 0);
	eth->kick(eth);
	model_run();
	CHECK_EQ(n->sent_len[0], 32);
}

/* --- link --- */

MACHINE_TEST(link_changes)
{
	boot(USUAL);
	((struct virtio_net_config *)n->v.config)->status = 0;
	model_config_changed(&n->v);
	model_run();
	CHECK(!eth->link_up);
	CHECK_EQ(wakes, 1);
	((struct virtio_net_config *)n->v.config)->status = 1;
	model_config_changed(&n->v);
	model_run();
	CHECK(eth->link_up);
	CHECK_EQ(wakes, 2);
	model_shows("NET-06");
	model_config_changed(&n->v); /* something else changed */
	model_run();
	CHECK_EQ(wakes, 2);
	model_shows("NET-01"); /* a write would have been refused */
}

/* --- recovery --- */

static void breaks(void (*how)(void))
{
	unsigned kept, sent;

	boot(USUAL);
	kept = rx_room() < 41 ? rx_room() - 1 : 40;
	sent = tx_room() < 20 ? tx_room() : 20;
	keep = true;
	for (unsigned i = 0; i < kept; i++)
		deliver(100, 1);
	poll_all();
	keep = false;
	n->hold_tx = true;
	for (unsigned i = 0; i < sent; i++)
		CHECK_EQ(send(100, (uint8_t)i), 0);
	eth->kick(eth);
	model_run();
	how();
	model_run();
	wakes = 0;
	n->hold_tx = false;
	poll_all();
	CHECK_EQ(n->v.resets, 3);
	CHECK_EQ(ndone, sent);
	CHECK_EQ(n->nrx, rx_room() - kept); /* the others are with the stack */
	give_back_all();
	model_run();
	CHECK_EQ(n->nrx, rx_room());
	ngot = n->nsent = 0;
	deliver(200, 5);
	CHECK_EQ(wakes, 1);
	CHECK_EQ(send(100, 6), 0);
	eth->kick(eth);
	model_run();
	poll_all();
	CHECK_EQ(ngot, 1);
	CHECK_EQ(n->nsent, 1);
	CHECK_EQ(ndone, sent + 1);
}

static void by_needs_reset(void)
{
	model_needs_reset(&n->v);
}

static void by_bad_tx_id(void)
{
	n->v.fault.used = USED_ID_TOO_BIG;
	model_net_release_tx(n);
	poll_all();
}

static void by_long_rx(void)
{
	n->v.fault.used = USED_LEN_TOO_LONG;
	deliver(100, 1);
	poll_all();
}

RING_TEST(recovers_from_needs_reset)
{
	breaks(by_needs_reset);
}

RING_TEST(recovers_from_a_bad_transmit_id)
{
	breaks(by_bad_tx_id);
}

RING_TEST(recovers_from_a_frame_too_long)
{
	breaks(by_long_rx);
}

RING_TEST(does_not_come_back)
{
	boot(USUAL);
	n->hold_tx = true;
	CHECK_EQ(send(100, 1), 0);
	eth->kick(eth);
	model_run();
	n->v.fault.never_resets = true;
	model_needs_reset(&n->v);
	model_run();
	CHECK(wakes);
	CHECK(!eth->link_up);
	poll_all();
	CHECK_EQ(ndone, 1);
	CHECK_EQ(send(100, 1), -ENETDOWN);
}

static unsigned nth;

static void nth_allocation_fails(void)
{
	n = model_net_new(USUAL);
	model_bus_use_ecam();
	model_pci_plug(&n->v);
	shim_fail_alloc = nth;
	pci_init();
	shim_fail_alloc = 0;
	netdev_for_each(take_eth, NULL);
	if (!eth)
		return;
	start();
	deliver(100, 1);
	poll_all();
	CHECK_EQ(ngot, 1);
}

TEST(out_of_memory)
{
	for (nth = 1; nth < 14; nth++)
		model_in_new_machine(nth_allocation_fails);
}

TEST_MAIN
