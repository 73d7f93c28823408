/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UDP and raw sockets, DNS, socket pairs and the interface ioctls, over the mirror.
 *
 * Links: @lwip tests/host/net/mirror.c kernel/thread.c kernel/sched.c kernel/sched_place.c kernel/futex.c
 * Links: kernel/mutex.c kernel/wait.c kernel/timer.c kernel/param.c kernel/netdev.c kernel/file.c
 */
#include "kernel/thread.h"
#include "net/net.h"
#include "tests/host/net/mirror.h"
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sys/ioctl.h>

#define FAR  "10.0.0.2"
#define NEAR "127.0.0.1"

static void start(void)
{
	mirror_start("ip=10.0.0.1::10.0.0.254:255.255.255.0:guest:eth0:off:10.0.0.53", NET_TX_CSUM);
}

static struct file *udp_on(uint16_t port)
{
	struct file *f = open_socket(SOCK_DGRAM);
	struct sockaddr_in any = address("0.0.0.0", port);

	CHECK_EQ(net_bind(f, (struct sockaddr *)&any, sizeof(any)), 0);
	return f;
}

static ssize_t send_to(struct file *f, const char *dotted, uint16_t port,
		       const void *buf, size_t len)
{
	struct sockaddr_in to = address(dotted, port);
	struct iovec vec = { (void *)buf, len };
	struct msghdr msg = { &to, sizeof(to), &vec, 1, NULL, 0, 0 };

	return net_sendmsg(f, &msg, 0);
}

static ssize_t recv_from(struct file *f, void *buf, size_t len, struct sockaddr_in *from,
			 int flags, int *msg_flags)
{
	struct iovec vec = { buf, len };
	struct msghdr msg = { from, sizeof(*from), &vec, 1, NULL, 0, 0 };
	ssize_t n = net_recvmsg(f, &msg, flags);

	*msg_flags = msg.msg_flags;
	return n;
}

/* --- UDP --- */

static void exchange(const char *where, size_t len)
{
	struct file *a = udp_on(0), *b = udp_on(5000);
	uint8_t *out = malloc(len + 1), *in = malloc(len + 1);
	struct sockaddr_in from;
	int flags;

	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(i * 13);
	CHECK_EQ(send_to(a, where, 5000, out, len), len);
	CHECK_EQ(recv_from(b, in, len + 1, &from, 0, &flags), len);
	CHECK(memcmp(in, out, len) == 0);
	CHECK_EQ(flags, 0);
	CHECK_EQ(from.sin_addr.s_addr, address(where, 0).sin_addr.s_addr);
	CHECK_EQ(send_to(b, where, ntohs(from.sin_port), in, len), len);
	CHECK_EQ(recv_from(a, out, len, &from, 0, &flags), len);
	CHECK_EQ(ntohs(from.sin_port), 5000);
	file_put(a);
	file_put(b);
	free(out);
	free(in);
}

TEST(datagrams_of_all_sizes)
{
	static const size_t sizes[] = { 0, 1, 100, 1472, 1473, 9000, 65507 };

	start();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		exchange(FAR, sizes[i]);
		exchange(NEAR, sizes[i]);
	}
	sleep_ms(1000);
	CHECK_EQ(mirror.rx_free, MIRROR_RX_BUFFERS);
}

TEST(too_large)
{
	struct file *f;
	static char big[65508];

	start();
	f = open_socket(SOCK_DGRAM);
	CHECK_EQ(send_to(f, FAR, 1, big, sizeof(big)), -EMSGSIZE);
	file_put(f);
}

TEST(truncation_and_peek)
{
	struct file *a, *b;
	struct sockaddr_in from;
	char buf[4];
	int flags;

	start();
	a = udp_on(0);
	b = udp_on(5001);
	CHECK_EQ(send_to(a, NEAR, 5001, "abcdefgh", 8), 8);
	CHECK_EQ(recv_from(b, buf, 4, &from, MSG_PEEK, &flags), 4);
	CHECK(flags & MSG_TRUNC);
	CHECK_EQ(recv_from(b, buf, 4, &from, MSG_PEEK | MSG_TRUNC, &flags), 8);
	CHECK_EQ(recv_from(b, buf, 4, &from, 0, &flags), 4);
	CHECK_EQ(recv_from(b, buf, 4, &from, MSG_DONTWAIT, &flags), -EAGAIN);
	file_put(a);
	file_put(b);
}

TEST(connected)
{
	struct file *a, *b, *c;
	struct sockaddr_in to = address(FAR, 5002), name;
	socklen_t len = sizeof(name);
	char buf[8];

	start();
	a = open_socket(SOCK_DGRAM);
	b = udp_on(5002);
	c = udp_on(5003);
	CHECK_EQ(send_bytes(a, "x", 1, 0), -EDESTADDRREQ);
	CHECK_EQ(net_shutdown(a, SHUT_RD), -ENOTCONN);
	CHECK_EQ(net_connect(a, (struct sockaddr *)&to, sizeof(to)), 0);
	CHECK_EQ(net_getsockname(a, (struct sockaddr *)&name, &len), 0);
	CHECK_EQ(name.sin_addr.s_addr, address("10.0.0.1", 0).sin_addr.s_addr);
	CHECK(name.sin_port != 0);
	CHECK_EQ(send_bytes(a, "one", 3, 0), 3);
	CHECK_EQ(recv_bytes(b, buf, 8, 0), 3);
	/* From another port than a's peer. */
	CHECK_EQ(send_to(c, FAR, ntohs(name.sin_port), "stranger", 8), 8);
	CHECK_EQ(send_to(b, FAR, ntohs(name.sin_port), "friend", 6), 6);
	CHECK_EQ(recv_bytes(a, buf, 8, 0), 6);
	CHECK_EQ(recv_bytes(a, buf, 8, MSG_DONTWAIT), -EAGAIN);
	to.sin_family = AF_UNSPEC;
	CHECK_EQ(net_connect(a, (struct sockaddr *)&to, sizeof(to)), 0);
	CHECK_EQ(send_bytes(a, "x", 1, 0), -EDESTADDRREQ);
	file_put(a);
	file_put(b);
	file_put(c);
}

TEST(queue_is_bounded)
{
	struct file *a, *b;
	static char block[1000];
	unsigned n = 0;

	start();
	mirror_reset();
	a = udp_on(0);
	b = udp_on(5004);
	CHECK_EQ(set_option(b, SOL_SOCKET, SO_RCVBUF, 20000), 0);
	for (int i = 0; i < 200; i++)
		CHECK_EQ(send_to(a, FAR, 5004, block, sizeof(block)), sizeof(block));
	sleep_ms(100);
	while (recv_bytes(b, block, sizeof(block), MSG_DONTWAIT) > 0)
		n++;
	CHECK(n >= 15 && n <= 20);
	file_put(a);
	file_put(b);
	CHECK_EQ(mirror.rx_free, MIRROR_RX_BUFFERS);
}

TEST(broadcast_needs_permission)
{
	struct file *f;

	start();
	f = open_socket(SOCK_DGRAM);
	CHECK_EQ(send_to(f, "255.255.255.255", 5005, "x", 1), -EACCES);
	CHECK_EQ(set_option(f, SOL_SOCKET, SO_BROADCAST, 1), 0);
	CHECK_EQ(send_to(f, "255.255.255.255", 5005, "x", 1), 1);
	file_put(f);
}

TEST(port_in_use)
{
	struct file *a, *b;
	struct sockaddr_in any = address("0.0.0.0", 5006);

	start();
	a = udp_on(5006);
	b = open_socket(SOCK_DGRAM);
	CHECK_EQ(net_bind(b, (struct sockaddr *)&any, sizeof(any)), -EADDRINUSE);
	CHECK_EQ(net_bind(a, (struct sockaddr *)&any, sizeof(any)), -EINVAL);
	file_put(a);
	file_put(b);
}

static bool lose_all(uint8_t *f, unsigned len)
{
	(void)f;
	(void)len;
	return false;
}

TEST(full_transmit_ring_blocks)
{
	struct file *f;
	struct iovec vec = { "x", 1 };
	struct sockaddr_in to = address(FAR, 5007);
	struct msghdr msg = { &to, sizeof(to), &vec, 1, NULL, 0, 0 };

	start();
	mirror_reset();
	f = open_socket(SOCK_DGRAM);
	CHECK_EQ(net_sendmsg(f, &msg, 0), 1); /* ARP is done */
	sleep_ms(10);
	mirror.filter = lose_all; /* else the answers take up room too */
	mirror.tx_room = 2;
	mirror.hold_tx = true;
	CHECK_EQ(net_sendmsg(f, &msg, MSG_DONTWAIT), 1);
	CHECK_EQ(net_sendmsg(f, &msg, MSG_DONTWAIT), 1);
	CHECK_EQ(net_sendmsg(f, &msg, MSG_DONTWAIT), -EAGAIN);
	CHECK(!(poll_now(f) & POLLOUT));
	mirror.hold_tx = false;
	CHECK_EQ(net_sendmsg(f, &msg, 0), 1);
	mirror_reset();
	CHECK(poll_now(f) & POLLOUT);
	file_put(f);
}

/* --- Raw: ping --- */

static uint16_t checksum(const uint8_t *p, unsigned len)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < len; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

TEST(ping)
{
	struct file *f;
	uint8_t echo[40] = { 8, 0, 0, 0, 0x12, 0x34, 0, 1 }, reply[100];
	struct sockaddr_in to = address(FAR, 0);
	uint16_t sum;
	ssize_t n;

	start();
	CHECK_EQ(net_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP, &f), 0);
	sum = htons(checksum(echo, sizeof(echo)));
	memcpy(echo + 2, &sum, 2);
	CHECK_EQ(net_connect(f, (struct sockaddr *)&to, sizeof(to)), 0);
	CHECK_EQ(send_bytes(f, echo, sizeof(echo), 0), sizeof(echo));
	do { /* first our own request, which the mirror sent back: the stack answers it */
		n = recv_bytes(f, reply, sizeof(reply), 0);
	} while (n == 60 && reply[20] == 8);
	CHECK_EQ(n, 60);
	CHECK_EQ(reply[0], 0x45);
	CHECK_EQ(reply[20], 0);
	CHECK(memcmp(reply + 24, echo + 4, sizeof(echo) - 4) == 0);
	file_put(f);
}

/* --- DNS --- */

static bool dns_silent;

/* Answers A queries to 10.0.0.53: "known.test" has an address, anything else does not exist. */
static bool serve_dns(const uint8_t *f, unsigned len)
{
	uint8_t reply[600];
	uint16_t ip_len, udp_len, sum;
	bool known;

	if (len < 60 || f[23] != 17 || f[36] != 0 || f[37] != 53)
		return false;
	if (dns_silent)
		return true;
	memcpy(reply, f, len);
	known = memcmp(f + 54, "\5known\4test", 12) == 0;
	memcpy(reply, "\x52\x54\0\x12\x34\x56", 6);
	memcpy(reply + 26, f + 30, 4);
	memcpy(reply + 30, f + 26, 4);
	memcpy(reply + 34, f + 36, 2);
	memcpy(reply + 36, f + 34, 2);
	reply[44] = 0x81;
	reply[45] = known ? 0x80 : 0x83;
	reply[49] = known;
	if (known) {
		memcpy(reply + len, "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\1\2\3", 16);
		len += 16;
	}
	ip_len = htons((uint16_t)(len - 14));
	udp_len = htons((uint16_t)(len - 34));
	memcpy(reply + 16, &ip_len, 2);
	memcpy(reply + 38, &udp_len, 2);
	memset(reply + 24, 0, 2);
	sum = htons(checksum(reply + 14, 20));
	memcpy(reply + 24, &sum, 2);
	memset(reply + 40, 0, 2); /* no UDP checksum */
	mirror_inject(reply, len);
	return true;
}

TEST(resolve)
{
	uint32_t found = 0;

	start();
	mirror_reset();
	mirror.serve = serve_dns;
	CHECK_EQ(net_resolve("known.test", &found, 1), 1);
	CHECK_EQ(found, address("10.1.2.3", 0).sin_addr.s_addr);
	CHECK_EQ(net_resolve("known.test", &found, 1), 1);
	CHECK_EQ(net_resolve("unknown.test", &found, 1), -ENOENT);
	CHECK_EQ(net_resolve("localhost", &found, 1), 1);
	CHECK_EQ(found, address(NEAR, 0).sin_addr.s_addr);
	CHECK_EQ(net_resolve("guest", &found, 1), 1);
	dns_silent = true;
	CHECK_EQ(net_resolve("silent.test", &found, 1), -ETIMEDOUT);
	dns_silent = false;
	mirror_reset();
}

/* --- Socket pairs --- */

static void open_pair(int type, struct file *pair[2])
{
	CHECK_EQ(net_socketpair(AF_UNIX, type, 0, pair), 0);
}

TEST(stream_pair)
{
	struct file *pair[2];
	char buf[16];

	start();
	open_pair(SOCK_STREAM, pair);
	CHECK(net_is_socket(pair[0]));
	CHECK_EQ(poll_now(pair[0]), POLLOUT | POLLWRNORM);
	CHECK_EQ(send_bytes(pair[0], "ab", 2, 0), 2);
	CHECK_EQ(send_bytes(pair[0], "cdef", 4, 0), 4);
	CHECK_EQ(recv_bytes(pair[1], buf, 3, 0), 3);
	CHECK(memcmp(buf, "abc", 3) == 0);
	CHECK_EQ(recv_bytes(pair[1], buf, 16, MSG_PEEK), 3);
	CHECK_EQ(recv_bytes(pair[1], buf, 16, 0), 3);
	CHECK(memcmp(buf, "def", 3) == 0);
	CHECK_EQ(recv_bytes(pair[1], buf, 16, MSG_DONTWAIT), -EAGAIN);
	CHECK_EQ(net_shutdown(pair[0], SHUT_WR), 0);
	CHECK_EQ(recv_bytes(pair[1], buf, 16, 0), 0);
	CHECK_EQ(send_bytes(pair[0], "x", 1, 0), -EPIPE);
	CHECK_EQ(send_bytes(pair[1], "back", 4, 0), 4);
	CHECK_EQ(recv_bytes(pair[0], buf, 16, 0), 4);
	file_put(pair[0]);
	CHECK(poll_now(pair[1]) & POLLHUP);
	CHECK_EQ(send_bytes(pair[1], "x", 1, 0), -EPIPE);
	file_put(pair[1]);
}

static void fill(void *arg)
{
	static char block[1000000];

	CHECK_EQ(send_bytes(arg, block, sizeof(block), 0), sizeof(block));
}

TEST(full_pair_blocks)
{
	struct file *pair[2];
	struct thread *t;
	char buf[10000];
	size_t total = 0;

	start();
	open_pair(SOCK_STREAM, pair);
	t = beside(fill, pair[0]);
	sleep_ms(10);
	CHECK(!(poll_now(pair[0]) & POLLOUT));
	while (total < 1000000)
		total += (size_t)recv_bytes(pair[1], buf, sizeof(buf), 0);
	thread_join(t);
	CHECK_EQ(total, 1000000);
	file_put(pair[0]);
	file_put(pair[1]);
}

TEST(message_pair)
{
	struct file *pair[2];
	char buf[16];
	int n = 0;

	start();
	open_pair(SOCK_DGRAM, pair);
	CHECK_EQ(send_bytes(pair[0], "one", 3, 0), 3);
	CHECK_EQ(send_bytes(pair[0], "three", 5, 0), 5);
	CHECK_EQ(send_bytes(pair[0], "", 0, 0), 0);
	CHECK_EQ(pair[1]->ops->ioctl(pair[1], FIONREAD, &n), 0);
	CHECK_EQ(n, 3);
	CHECK_EQ(recv_bytes(pair[1], buf, 16, 0), 3);
	CHECK_EQ(recv_bytes(pair[1], buf, 2, 0), 2);
	CHECK_EQ(recv_bytes(pair[1], buf, 16, 0), 0);
	CHECK_EQ(recv_bytes(pair[1], buf, 16, MSG_DONTWAIT), -EAGAIN);
	file_put(pair[0]);
	file_put(pair[1]);
}

/* --- Interfaces --- */

static in_addr_t in_addr_of(const struct sockaddr *a)
{
	return ((const struct sockaddr_in *)a)->sin_addr.s_addr;
}

TEST(interface_ioctls)
{
	struct file *f;
	struct ifreq list[4], req = { .ifr_name = "eth0" };
	struct ifconf conf = { .ifc_len = sizeof(list), .ifc_req = list };

	start();
	f = open_socket(SOCK_DGRAM);
	CHECK_EQ(f->ops->ioctl(f, SIOCGIFCONF, &conf), 0);
	CHECK_EQ(conf.ifc_len, 2 * sizeof(struct ifreq));
	CHECK_EQ(f->ops->ioctl(f, SIOCGIFADDR, &req), 0);
	CHECK_EQ(in_addr_of(&req.ifr_addr), address("10.0.0.1", 0).sin_addr.s_addr);
	CHECK_EQ(f->ops->ioctl(f, SIOCGIFNETMASK, &req), 0);
	CHECK_EQ(in_addr_of(&req.ifr_netmask), address("255.255.255.0", 0).sin_addr.s_addr);
	CHECK_EQ(f->ops->ioctl(f, SIOCGIFHWADDR, &req), 0);
	CHECK(memcmp(req.ifr_hwaddr.sa_data, "\x52\x54\0\x12\x34\x56", 6) == 0);
	CHECK_EQ(f->ops->ioctl(f, SIOCGIFFLAGS, &req), 0);
	CHECK(req.ifr_flags & IFF_UP && req.ifr_flags & IFF_RUNNING);
	CHECK_EQ(f->ops->ioctl(f, SIOCGIFINDEX, &req), 0);
	memset(req.ifr_name, 0, sizeof(req.ifr_name));
	CHECK_EQ(f->ops->ioctl(f, SIOCGIFNAME, &req), 0);
	CHECK_STR(req.ifr_name, "eth0");
	strcpy(req.ifr_name, "eth7");
	CHECK_EQ(f->ops->ioctl(f, SIOCGIFMTU, &req), -ENODEV);
	CHECK_EQ(f->ops->ioctl(f, 0x1234, &req), -ENODEV);
	file_put(f);
}

TEST(nothing_is_leaked)
{
	size_t before;

	start();
	mirror_reset();
	sleep_ms(300000);
	before = shim_allocated();
	exchange(FAR, 20000);
	exchange(NEAR, 20000);
	sleep_ms(300000);
	CHECK_EQ(shim_allocated(), before);
}

TEST_MAIN
