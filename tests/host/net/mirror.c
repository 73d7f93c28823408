/* SPDX-License-Identifier: BSD-2-Clause */
/* The mirror, and short words for sockets. See mirror.h. */
#include "tests/host/net/mirror.h"
#include "kernel/clock.h"
#include "kernel/param.h"
#include "kernel/thread.h"
#include "net/net.h"
#include "tests/host/shim.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME_MAX  2048
#define ETH_HEADER 14
#define ETH_ARP    0x0806
#define ETH_IP     0x0800

struct frame {
	struct list node;
	unsigned len;
	uint8_t data[];
};

struct buffer {
	struct list node;
	struct netbuf netbuf;
	uint8_t *data;      /* from the heap for each frame: reading a recycled one is noticed */
};

struct unfinished {
	struct list node;
	void *token;
};

struct mirror mirror;

static const uint8_t our_mac[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
static const uint8_t mirror_mac[6] = { 0x52, 0x54, 0, 0xff, 0xff, 0xfe };
static struct list wire = LIST_INIT(wire), ring = LIST_INIT(ring);
static struct list unfinished = LIST_INIT(unfinished);
static unsigned nunfinished;

static void mirror_wake(void);

/* --- The far end --- */

void mirror_inject(const void *data, unsigned len)
{
	struct frame *f = malloc(sizeof(*f) + len);

	f->len = len;
	memcpy(f->data, data, len);
	list_push_back(&wire, &f->node);
	mirror_wake();
}

static void answer_arp(uint8_t *f)
{
	uint8_t target[4];

	memcpy(target, f + 38, 4);
	if (f[21] != 1 || target[3] == 1)
		return;
	memcpy(f, our_mac, 6);
	memcpy(f + 6, mirror_mac, 6);
	f[21] = 2;
	memcpy(f + 32, f + 22, 10);
	memcpy(f + 22, mirror_mac, 6);
	memcpy(f + 28, target, 4);
	mirror_inject(f, 42);
}

static void exchange(uint8_t *a, uint8_t *b, size_t len)
{
	uint8_t t[8];

	memcpy(t, a, len);
	memcpy(a, b, len);
	memcpy(b, t, len);
}

static void reflect(uint8_t *f, unsigned len)
{
	unsigned type = (unsigned)f[12] << 8 | f[13];

	if (mirror.filter && !mirror.filter(f, len))
		return;
	if (mirror.serve && mirror.serve(f, len))
		return;
	if (type == ETH_ARP && len >= 42)
		answer_arp(f);
	if (type != ETH_IP || len < ETH_HEADER + 20)
		return;
	memcpy(f, our_mac, 6);
	memcpy(f + 6, mirror_mac, 6);
	exchange(f + 26, f + 30, 4);
	mirror_inject(f, len);
}

/* --- The device --- */

/* Virtio 1.2, 5.1.6.2. */
static void finish_checksum(uint8_t *frame, unsigned len, const struct net_offload_req *offload)
{
	uint16_t field;
	uint32_t sum = 0;

	for (unsigned i = offload->csum_start; i < len; i += 2)
		sum += (uint32_t)frame[i] << 8 | (i + 1 < len ? frame[i + 1] : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	field = htons((uint16_t)~sum);
	memcpy(frame + offload->csum_start + offload->csum_offset, &field, sizeof(field));
}

static int mirror_xmit(struct netdev *dev, const struct sg *sg, unsigned n,
		       const struct net_offload_req *offload, void *token)
{
	uint8_t frame[FRAME_MAX];
	unsigned len = 0;
	struct unfinished *u;

	(void)dev;
	if (mirror.tx_room && nunfinished >= mirror.tx_room) {
		mirror.tx_refused++;
		return -ENOSPC;
	}
	for (unsigned i = 0; i < n; i++) {
		if (len + sg[i].len > sizeof(frame))
			return -EMSGSIZE;
		memcpy(frame + len, sg[i].addr, sg[i].len);
		len += sg[i].len;
	}
	if (offload->csum_start)
		finish_checksum(frame, len, offload);
	u = malloc(sizeof(*u));
	u->token = token;
	list_push_back(&unfinished, &u->node);
	nunfinished++;
	mirror.tx_frames++;
	reflect(frame, len);
	return 0;
}

static void finish_tx(struct netdev *dev)
{
	struct list *node;

	while (!mirror.hold_tx && (node = list_pop_front(&unfinished)) != NULL) {
		struct unfinished *u = container_of(node, struct unfinished, node);

		nunfinished--;
		dev->tx_done(dev, u->token);
		free(u);
	}
}

static void deliver(struct netdev *dev, struct frame *f)
{
	struct list *node = list_pop_front(&ring);
	struct buffer *b = node ? container_of(node, struct buffer, node) : NULL;

	if (b == NULL) {
		mirror.rx_lost++;
		return;
	}
	mirror.rx_free--;
	mirror.rx_frames++;
	b->data = malloc(f->len + NETBUF_SLACK);
	memcpy(b->data, f->data, f->len);
	b->netbuf = (struct netbuf){
		.data = b->data, .len = f->len, .csum_valid = mirror.vouch, .dev = dev, .driver = b,
	};
	dev->input(dev, &b->netbuf);
}

static unsigned mirror_poll(struct netdev *dev, unsigned budget)
{
	unsigned n = 0;
	struct list *node;

	finish_tx(dev);
	while (n < budget && (node = list_pop_front(&wire)) != NULL) {
		struct frame *f = container_of(node, struct frame, node);

		deliver(dev, f);
		free(f);
		n++;
	}
	return n;
}

static void mirror_recycle(struct netbuf *nb)
{
	struct buffer *b = nb->driver;

	free(b->data);
	b->data = NULL;
	memset(nb, 0xa5, sizeof(*nb));
	mirror.rx_free++;
	list_push_back(&ring, &b->node);
}

static void mirror_kick(struct netdev *dev)
{
	dev->wake(dev);
}

static int mirror_up(struct netdev *dev)
{
	(void)dev;
	for (unsigned i = 0; i < MIRROR_RX_BUFFERS; i++) {
		struct buffer *b = calloc(1, sizeof(*b));

		list_push_back(&ring, &b->node);
		mirror.rx_free++;
	}
	return 0;
}

static struct netdev device = {
	.mtu = 1500,
	.link_up = true,
	.rx_buffers = MIRROR_RX_BUFFERS,
	.xmit = mirror_xmit,
	.kick = mirror_kick,
	.poll = mirror_poll,
	.recycle = mirror_recycle,
	.start = mirror_up,
};

static void mirror_wake(void)
{
	if (device.wake)
		device.wake(&device);
}

void mirror_set_link(bool up)
{
	device.link_up = up;
	device.wake(&device);
}

void mirror_reset(void)
{
	mirror.filter = NULL;
	mirror.serve = NULL;
	mirror.tx_room = 0;
	mirror.hold_tx = false;
	mirror.vouch = false;
	mirror.rx_lost = mirror.tx_refused = 0;
	mirror_wake();
	sleep_ms(1000);
}

static void mirror_release(struct netdev *dev)
{
	(void)dev;
	mirror.released++;
}

void mirror_plug(void)
{
	device.release = mirror_release;
	device.state = NETDEV_COMING;
	device.gone = false;
	device.link_up = true;
	netdev_register(&device);
	netdev_ready(&device);
}

bool mirror_unplug(void)
{
	device.link_up = false;
	return netdev_unregister(&device);
}

void mirror_start(const char *cmdline, unsigned offloads)
{
	static bool up;

	if (up)
		return;
	up = true;
	shim_flags = 0;
	thread_init();
	memcpy(device.mac, our_mac, 6);
	device.offloads = offloads & ~MIRROR_LATER;
	if (offloads != MIRROR_LATER)
		mirror_plug();
	param_init(cmdline);
	net_start();
}

/* --- Sockets --- */

static void must(bool what, const char *why, int error)
{
	if (what)
		return;
	fprintf(stderr, "%s: %s\n", why, strerror(-error));
	abort();
}

struct sockaddr_in address(const char *dotted, uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port) };

	a.sin_addr.s_addr = inet_addr(dotted);
	return a;
}

struct file *open_socket(int type)
{
	struct file *f = NULL;
	int error = net_socket(AF_INET, type, 0, &f);

	must(error == 0, "socket", error);
	return f;
}

struct file *listen_on(uint16_t port, int backlog)
{
	struct file *f = open_socket(SOCK_STREAM);
	struct sockaddr_in any = address("0.0.0.0", port);
	int error;

	set_option(f, SOL_SOCKET, SO_REUSEADDR, 1);
	error = net_bind(f, (struct sockaddr *)&any, sizeof(any));
	must(error == 0, "bind", error);
	error = net_listen(f, backlog);
	must(error == 0, "listen", error);
	return f;
}

struct file *connect_to(const char *dotted, uint16_t port)
{
	struct file *f = open_socket(SOCK_STREAM);
	struct sockaddr_in to = address(dotted, port);
	int error = net_connect(f, (struct sockaddr *)&to, sizeof(to));

	must(error == 0, "connect", error);
	return f;
}

struct file *accept_from(struct file *listener)
{
	struct file *f = NULL;
	int error = net_accept(listener, NULL, NULL, 0, &f);

	must(error == 0, "accept", error);
	return f;
}

ssize_t send_bytes(struct file *f, const void *buf, size_t len, int flags)
{
	struct iovec vec = { (void *)buf, len };
	struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1 };

	return net_sendmsg(f, &msg, flags);
}

ssize_t recv_bytes(struct file *f, void *buf, size_t len, int flags)
{
	struct iovec vec = { buf, len };
	struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1 };

	return net_recvmsg(f, &msg, flags);
}

int get_option(struct file *f, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);
	int error = net_getsockopt(f, level, name, &value, &len);

	return error ? error : value;
}

int set_option(struct file *f, int level, int name, int value)
{
	return net_setsockopt(f, level, name, &value, sizeof(value));
}

short poll_now(struct file *f)
{
	return f->ops->poll(f, NULL);
}

struct thread *beside(void (*f)(void *), void *arg)
{
	struct thread *t = thread_create("beside", PRIO_APP, 0, f, arg);

	must(t != NULL, "thread", -ENOMEM);
	return t;
}

void sleep_ms(unsigned ms)
{
	thread_sleep_until(clock_now_ns() + ms * 1000000ull);
}

_Noreturn void net_lwip_assert(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: lwIP asserts: %s\n", file, line, what);
	abort();
}
