/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The network driver, and a device that does whatever the input says. Every frame that was taken for transmission is
 * given back once, and when the device is honest again frames pass both ways.
 *
 * Links: virtio/v*.c kernel/byte_ring.c kernel/wait.c kernel/pci*.c kernel/blkdev.c kernel/scsi*.c kernel/netdev.c kernel/mutex.c kernel/sg.c kernel/shutdown.c tests/fuzz/virtio_steer.c
 * Links: tests/host/model/bus.c tests/host/model/machine.c tests/host/model/work.c tests/host/model/rule.c
 * Links: tests/host/model/virtio*.c tests/host/model/ring*.c tests/host/model/net*.c
 */
#include "tests/fuzz/net_stack.h"
#include "tests/fuzz/virtio_steer.h"
#include "kernel/pci.h"

#define FRAMES    64
#define FRAME_MAX 1514

static struct model_net *nets[16];
static struct netdev *devices[16];
static unsigned ndevices;
static struct netbuf *kept[512];
static unsigned nkept, received;
static bool keep;
static struct { uint8_t data[FRAME_MAX]; bool sent; } frames[FRAMES];
static size_t seen;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Looks at all of the frame, as a stack might: it has to be there. */
static void input(struct netdev *dev, struct netbuf *nb)
{
	for (uint32_t i = 0; i < nb->len + NETBUF_SLACK; i++)
		seen += ((const uint8_t *)nb->data)[i];
	received++;
	if (keep && nkept < sizeof kept / sizeof kept[0])
		kept[nkept++] = nb;
	else
		dev->recycle(nb);
}

static void add_device(struct netdev *dev, void *arg)
{
	(void)arg;
	dev->input = input;
	dev->tx_done = stack_tx_done;
	dev->wake = stack_wake;
	steer_check(dev->start(dev) == 0, "a device does not start");
	devices[ndevices++] = dev;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint64_t features = 1ull << VIRTIO_NET_F_MAC | 1ull << VIRTIO_NET_F_STATUS
		| 1ull << VIRTIO_NET_F_GUEST_CSUM | 1ull << VIRTIO_NET_F_CSUM;

	(void)argc, (void)argv;
	model_power_on();
	model_bus_use_ecam();
	for (unsigned i = 0; i < steer_variant_count; i++) {
		nets[i] = model_net_new(features);
		steer_plug(&nets[i]->v, i);
	}
	pci_init();
	model_run();
	netdev_for_each(add_device, NULL);
	steer_check(ndevices == steer_variant_count, "a device is missing");
	return 0;
}

static bool send(struct steer *s, struct netdev *dev)
{
	uint32_t len = 14 + steer_word(s) % (FRAME_MAX - 13u), first = steer_byte(s) % len;

	for (unsigned i = 0; i < FRAMES; i++) {
		struct sg sg[] = { { frames[i].data, first ? first : 1 }, { frames[i].data + (first ? first : 1), len - (first ? first : 1) } };

		if (frames[i].sent)
			continue;
		frames[i].sent = dev->xmit(dev, sg, 2, NULL, &frames[i].sent) == 0;
		return frames[i].sent;
	}
	return false;
}

static void poll_all(struct netdev *dev)
{
	while (dev->poll(dev, 64) == 64)
		;
	model_run();
}

static void recycle_all(void)
{
	while (nkept)
		kept[nkept - 1]->dev->recycle(kept[nkept - 1]), nkept--;
}

/* What the stack does, one thing at a time. */
static void stack(struct steer *s, struct netdev *dev)
{
	switch (steer_byte(s) % 6) {
	case 0: send(s, dev); break;
	case 1: dev->kick(dev); break;
	case 2: dev->poll(dev, steer_byte(s)); break;
	case 3: keep = !keep; break;
	case 4: recycle_all(); break;
	case 5: poll_all(dev); break;
	}
}

static void deliver(struct steer *s, struct model_net *n)
{
	uint8_t frame[FRAME_MAX], flags = steer_byte(s);
	uint32_t len = steer_word(s) % sizeof frame;

	memset(frame, flags, sizeof frame);
	if (n->nrx && !n->v.broken && !n->v.resetting && n->v.status & VIRTIO_STATUS_DRIVER_OK)
		model_net_deliver(n, frame, len, flags);
}

static unsigned in_flight(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < FRAMES; i++)
		n += frames[i].sent;
	return n;
}

static void check_works(struct model_net *n, struct netdev *dev)
{
	static const uint8_t data[] = { 'b', 'y', 'e', ' ', 'b', 'y', 'e', ' ', 0, 0 }; /* ends whatever the input held */
	struct steer end = { data, data + sizeof data };
	uint8_t frame[100] = { 1, 2, 3 };
	unsigned before = n->nsent, had = received;

	steer_check(in_flight() == 0, "a frame was not given back");
	steer_check(n->nrx != 0, "the device has nothing to receive into");
	steer_check(send(&end, dev), "nothing can be sent any more");
	dev->kick(dev);
	model_run();
	steer_check(n->nsent == before + 1, "a frame was not sent");
	steer_check(model_net_deliver(n, frame, sizeof frame, 0), "no buffer");
	poll_all(dev);
	steer_check(received == had + 1, "a frame did not arrive");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct steer s = { data, data + len };
	unsigned which = steer_byte(&s) % steer_variant_count;
	struct model_net *n = nets[which];

	while (steer_more(&s)) {
		switch (steer_byte(&s) % 8) {
		case 0: case 1: case 2: stack(&s, devices[which]); break;
		case 3: case 4: deliver(&s, n); break;
		case 5: n->hold_tx = !n->hold_tx; break;
		case 6: model_net_release_tx(n); break;
		default: steer_device(&s, &n->v);
		}
	}
	n->hold_tx = keep = false;
	steer_to_rest(&n->v);
	poll_all(devices[which]);
	recycle_all();
	model_run();
	check_works(n, devices[which]);
	return 0;
}
