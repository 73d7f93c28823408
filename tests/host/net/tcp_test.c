/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TCP sockets over the real lwIP and the real scheduler: through the loopback interface, and
 * through a device whose wire ends in a mirror.
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
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#define FAR  "10.0.0.2" /* ourselves, over the device */
#define NEAR "127.0.0.1"

static void start(void)
{
	mirror_start("ip=10.0.0.1::10.0.0.254:255.255.255.0", 0);
}

/* --- Bytes that can be told apart --- */

static uint8_t byte_at(size_t i)
{
	return (uint8_t)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

struct flow {
	struct file *f;
	size_t len, chunk, done;
	bool right;
};

static void send_flow(void *arg)
{
	struct flow *flow = arg;
	uint8_t *buf = malloc(flow->chunk);

	while (flow->done < flow->len) {
		size_t left = flow->len - flow->done, n = left < flow->chunk ? left : flow->chunk;
		ssize_t sent;

		for (size_t i = 0; i < n; i++)
			buf[i] = byte_at(flow->done + i);
		sent = send_bytes(flow->f, buf, n, 0);
		if (sent <= 0)
			break;
		flow->done += (size_t)sent;
	}
	free(buf);
}

static void recv_flow(void *arg)
{
	struct flow *flow = arg;
	uint8_t *buf = malloc(flow->chunk);
	ssize_t n;

	flow->right = true;
	while ((n = recv_bytes(flow->f, buf, flow->chunk, 0)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			flow->right &= buf[i] == byte_at(flow->done + (size_t)i);
		flow->done += (size_t)n;
	}
	free(buf);
}

struct link {
	struct file *listener, *client, *server;
};

static struct link link_up(const char *where, uint16_t port)
{
	struct link l = { .listener = listen_on(port, 8) };

	l.client = connect_to(where, port);
	l.server = accept_from(l.listener);
	return l;
}

static void link_down(struct link *l)
{
	if (l->client)
		file_put(l->client);
	if (l->server)
		file_put(l->server);
	file_put(l->listener);
}

/* Sends len bytes one way, ends it, and looks at what arrived. */
static void transfer(const char *where, size_t len, size_t send_chunk, size_t recv_chunk)
{
	struct link l = link_up(where, 7000);
	struct flow out = { .f = l.client, .len = len, .chunk = send_chunk };
	struct flow in = { .f = l.server, .chunk = recv_chunk };
	struct thread *receiver = beside(recv_flow, &in);

	send_flow(&out);
	CHECK_EQ(out.done, len);
	CHECK_EQ(net_shutdown(l.client, SHUT_WR), 0);
	thread_join(receiver);
	CHECK_EQ(in.done, len);
	CHECK(in.right);
	link_down(&l);
}

TEST(hello_near)
{
	struct link l;
	char buf[16];

	start();
	l = link_up(NEAR, 80);
	CHECK_EQ(send_bytes(l.client, "hello", 5, 0), 5);
	CHECK_EQ(recv_bytes(l.server, buf, sizeof(buf), 0), 5);
	CHECK(memcmp(buf, "hello", 5) == 0);
	CHECK_EQ(send_bytes(l.server, "back", 4, 0), 4);
	CHECK_EQ(recv_bytes(l.client, buf, sizeof(buf), MSG_PEEK), 4);
	CHECK_EQ(recv_bytes(l.client, buf, sizeof(buf), 0), 4);
	CHECK_EQ(recv_bytes(l.client, buf, sizeof(buf), MSG_DONTWAIT), -EAGAIN);
	link_down(&l);
}

TEST(transfers)
{
	start();
	transfer(NEAR, 1, 1, 1);
	transfer(NEAR, 3000000, 100000, 70000);
	transfer(NEAR, 300000, 7, 65536);
	transfer(FAR, 3000000, 100000, 70000);
	transfer(FAR, 300000, 1000, 99);
	CHECK_EQ(mirror.rx_lost, 0);
	CHECK_EQ(mirror.rx_free, MIRROR_RX_BUFFERS);
}

/* --- A bad wire --- */

static unsigned frame_count;

static bool lose_every_17th(uint8_t *f, unsigned len)
{
	(void)f;
	(void)len;
	return ++frame_count % 17 != 0;
}

static bool damage_some(uint8_t *f, unsigned len)
{
	if (++frame_count % 19 == 0 && len > 60)
		f[len - 1] ^= 0x40;
	return true;
}

static bool double_some(uint8_t *f, unsigned len)
{
	if (++frame_count % 5 == 0 && len > 60)
		mirror_inject(f, len); /* as sent: not for us, and again as reflected below */
	return true;
}

static uint8_t held[2048];
static unsigned held_len;

/* Every seventh frame lets the next one pass first. */
static bool reorder_some(uint8_t *f, unsigned len)
{
	if (held_len == 0 && ++frame_count % 7 == 0 && len > 500) {
		memcpy(held, f, len);
		held_len = len;
		return false;
	}
	return true;
}

static void exchange_addresses(uint8_t *f)
{
	uint8_t t[4];

	memcpy(t, f + 26, 4);
	memcpy(f + 26, f + 30, 4);
	memcpy(f + 30, t, 4);
	memcpy(f, "\x52\x54\0\x12\x34\x56", 6);
}

static bool release_held(const uint8_t *f, unsigned len)
{
	uint8_t copy[2048];

	if (held_len == 0 || len < 60)
		return false;
	memcpy(copy, f, len);
	exchange_addresses(copy);
	mirror_inject(copy, len);
	exchange_addresses(held);
	mirror_inject(held, held_len);
	held_len = 0;
	return true;
}

TEST(lossy_wire)
{
	start();
	mirror.filter = lose_every_17th;
	transfer(FAR, 500000, 20000, 20000);
	mirror.filter = damage_some;
	transfer(FAR, 500000, 20000, 20000);
	mirror.filter = double_some;
	transfer(FAR, 500000, 20000, 20000);
	mirror.filter = reorder_some;
	mirror.serve = release_held;
	transfer(FAR, 500000, 20000, 20000);
	mirror_reset();
	CHECK_EQ(mirror.rx_free, MIRROR_RX_BUFFERS);
}

TEST(slow_reader_does_not_starve_the_ring)
{
	struct link slow, fast;
	struct flow out;
	struct thread *sender;
	char buf[64];

	start();
	mirror_reset();
	slow = link_up(FAR, 81);
	out = (struct flow){ .f = slow.client, .len = 1000000, .chunk = 50000 };
	sender = beside(send_flow, &out);
	sleep_ms(2000);
	CHECK(out.done < 1000000);
	CHECK(mirror.rx_free >= MIRROR_RX_BUFFERS / 4);
	CHECK_EQ(mirror.rx_lost, 0);
	fast = link_up(FAR, 82);
	CHECK_EQ(send_bytes(fast.client, "quick", 5, 0), 5);
	CHECK_EQ(recv_bytes(fast.server, buf, sizeof(buf), 0), 5);
	link_down(&fast);
	while (recv_bytes(slow.server, buf, sizeof(buf), 0) > 0 && out.done < out.len)
		;
	thread_join(sender);
	CHECK_EQ(out.done, 1000000);
	link_down(&slow);
	sleep_ms(1000);
	CHECK_EQ(mirror.rx_free, MIRROR_RX_BUFFERS);
}

TEST(full_transmit_ring)
{
	start();
	mirror_reset();
	mirror.tx_room = 4;
	transfer(FAR, 500000, 50000, 50000);
	CHECK(mirror.tx_refused > 0);
	mirror_reset();
}

/* --- Ends --- */

TEST(half_close)
{
	struct link l;
	char buf[16];

	start();
	l = link_up(FAR, 83);
	CHECK_EQ(net_shutdown(l.client, SHUT_WR), 0);
	CHECK_EQ(send_bytes(l.client, "x", 1, 0), -EPIPE);
	CHECK_EQ(recv_bytes(l.server, buf, sizeof(buf), 0), 0);
	CHECK(poll_now(l.server) & POLLRDHUP);
	CHECK(!(poll_now(l.server) & POLLHUP));
	CHECK_EQ(send_bytes(l.server, "still", 5, 0), 5);
	CHECK_EQ(recv_bytes(l.client, buf, sizeof(buf), 0), 5);
	CHECK_EQ(net_shutdown(l.server, SHUT_WR), 0);
	CHECK_EQ(recv_bytes(l.client, buf, sizeof(buf), 0), 0);
	sleep_ms(1000);
	CHECK(poll_now(l.client) & POLLHUP);
	CHECK(poll_now(l.server) & POLLHUP);
	sleep_ms(300000); /* TIME_WAIT ends under open sockets */
	CHECK_EQ(recv_bytes(l.client, buf, sizeof(buf), 0), 0);
	CHECK_EQ(send_bytes(l.server, "x", 1, 0), -EPIPE);
	CHECK_EQ(get_option(l.client, SOL_SOCKET, SO_ERROR), 0);
	link_down(&l);
}

TEST(both_sides_shut_at_once)
{
	struct link l;
	char buf[4];

	start();
	l = link_up(FAR, 84);
	CHECK_EQ(net_shutdown(l.client, SHUT_WR), 0);
	CHECK_EQ(net_shutdown(l.server, SHUT_WR), 0);
	sleep_ms(300000);
	CHECK_EQ(recv_bytes(l.client, buf, sizeof(buf), 0), 0);
	CHECK_EQ(recv_bytes(l.server, buf, sizeof(buf), 0), 0);
	link_down(&l);
}

TEST(close_with_data_queued_sends_it)
{
	struct link l;
	struct flow in;
	static uint8_t data[200000];

	start();
	l = link_up(FAR, 85);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = byte_at(i);
	CHECK_EQ(send_bytes(l.client, data, sizeof(data), 0), sizeof(data));
	file_put(l.client);
	l.client = NULL;
	in = (struct flow){ .f = l.server, .chunk = 5000 };
	recv_flow(&in);
	CHECK_EQ(in.done, sizeof(data));
	CHECK(in.right);
	link_down(&l);
}

TEST(close_with_data_unread_resets)
{
	struct link l;
	char buf[8];

	start();
	l = link_up(FAR, 86);
	CHECK_EQ(send_bytes(l.client, "ignored", 7, 0), 7);
	sleep_ms(100);
	file_put(l.server);
	l.server = NULL;
	sleep_ms(100);
	CHECK(poll_now(l.client) & POLLERR);
	CHECK(poll_now(l.client) & POLLHUP);
	CHECK_EQ(recv_bytes(l.client, buf, sizeof(buf), 0), -ECONNRESET);
	CHECK_EQ(recv_bytes(l.client, buf, sizeof(buf), 0), 0);
	CHECK_EQ(send_bytes(l.client, "x", 1, 0), -EPIPE);
	link_down(&l);
}

TEST(linger_zero_resets)
{
	struct link l;
	struct linger linger = { 1, 0 };
	char buf[8];

	start();
	l = link_up(FAR, 87);
	CHECK_EQ(net_setsockopt(l.server, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	file_put(l.server);
	l.server = NULL;
	sleep_ms(100);
	CHECK_EQ(recv_bytes(l.client, buf, sizeof(buf), 0), -ECONNRESET);
	link_down(&l);
}

static bool lose_all(uint8_t *f, unsigned len)
{
	(void)f;
	(void)len;
	return false;
}

TEST(linger_waits)
{
	struct link l;
	struct linger linger = { 1, 5 };
	uint64_t before;

	start();
	l = link_up(FAR, 88);
	CHECK_EQ(net_setsockopt(l.client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	mirror.filter = lose_all;
	CHECK_EQ(send_bytes(l.client, "x", 1, 0), 1);
	before = shim_now_ns;
	file_put(l.client);
	CHECK(shim_now_ns - before >= 4900000000ull && shim_now_ns - before < 6000000000ull);
	l.client = NULL;
	mirror_reset();
	link_down(&l);
}

TEST(silent_peer_times_out)
{
	struct link l;
	char buf[8];

	start();
	l = link_up(FAR, 89);
	mirror.filter = lose_all;
	CHECK_EQ(send_bytes(l.client, "x", 1, 0), 1);
	CHECK_EQ(recv_bytes(l.client, buf, sizeof(buf), 0), -ETIMEDOUT);
	mirror_reset();
	link_down(&l);
}

TEST(keep_alive_notices)
{
	struct link l;
	char buf[8];

	start();
	l = link_up(FAR, 90);
	CHECK_EQ(set_option(l.client, SOL_SOCKET, SO_KEEPALIVE, 1), 0);
	CHECK_EQ(set_option(l.client, IPPROTO_TCP, TCP_KEEPIDLE, 10), 0);
	CHECK_EQ(set_option(l.client, IPPROTO_TCP, TCP_KEEPINTVL, 2), 0);
	CHECK_EQ(set_option(l.client, IPPROTO_TCP, TCP_KEEPCNT, 3), 0);
	sleep_ms(60000);
	CHECK_EQ(recv_bytes(l.client, buf, sizeof(buf), MSG_DONTWAIT), -EAGAIN);
	mirror.filter = lose_all;
	CHECK_EQ(recv_bytes(l.client, buf, sizeof(buf), 0), -ETIMEDOUT);
	mirror_reset();
	link_down(&l);
}

/* --- Connecting --- */

TEST(refused)
{
	struct file *f;
	struct sockaddr_in to = address(FAR, 9999);

	start();
	f = open_socket(SOCK_STREAM);
	CHECK_EQ(net_connect(f, (struct sockaddr *)&to, sizeof(to)), -ECONNREFUSED);
	to = address(NEAR, 9999);
	CHECK_EQ(net_connect(f, (struct sockaddr *)&to, sizeof(to)), -ECONNREFUSED);
	file_put(f);
}

TEST(nonblocking_connect)
{
	struct file *listener, *f;
	struct sockaddr_in to = address(FAR, 91);

	start();
	listener = listen_on(91, 8);
	f = open_socket(SOCK_STREAM | SOCK_NONBLOCK);
	CHECK(poll_now(f) & POLLHUP);
	mirror.filter = lose_all;
	CHECK_EQ(net_connect(f, (struct sockaddr *)&to, sizeof(to)), -EINPROGRESS);
	CHECK_EQ(net_connect(f, (struct sockaddr *)&to, sizeof(to)), -EALREADY);
	CHECK_EQ(poll_now(f), 0);
	mirror_reset();
	sleep_ms(10000);
	CHECK_EQ(poll_now(f), POLLOUT | POLLWRNORM);
	CHECK_EQ(get_option(f, SOL_SOCKET, SO_ERROR), 0);
	CHECK_EQ(net_connect(f, (struct sockaddr *)&to, sizeof(to)), -EISCONN);
	file_put(f);

	to = address(FAR, 9998);
	f = open_socket(SOCK_STREAM | SOCK_NONBLOCK);
	CHECK_EQ(net_connect(f, (struct sockaddr *)&to, sizeof(to)), -EINPROGRESS);
	sleep_ms(100);
	CHECK(poll_now(f) & POLLERR);
	CHECK_EQ(get_option(f, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
	CHECK_EQ(get_option(f, SOL_SOCKET, SO_ERROR), 0);
	file_put(f);
	file_put(listener);
}

TEST(connect_times_out)
{
	struct file *f;
	struct sockaddr_in to = address(FAR, 92);
	struct timeval tv = { 3, 0 };

	start();
	mirror.filter = lose_all;
	f = open_socket(SOCK_STREAM);
	CHECK_EQ(net_connect(f, (struct sockaddr *)&to, sizeof(to)), -ETIMEDOUT);
	CHECK_EQ(net_setsockopt(f, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)), 0);
	CHECK_EQ(net_connect(f, (struct sockaddr *)&to, sizeof(to)), -EINPROGRESS);
	file_put(f);
	mirror_reset();
}

TEST(no_route)
{
	struct file *f;
	struct sockaddr_in to = address("10.0.0.2", 1), from = address("10.0.0.77", 0);

	start();
	f = open_socket(SOCK_STREAM);
	CHECK_EQ(net_bind(f, (struct sockaddr *)&from, sizeof(from)), -EADDRNOTAVAIL);
	mirror_set_link(false);
	sleep_ms(10);
	CHECK_EQ(net_connect(f, (struct sockaddr *)&to, sizeof(to)), -ENETUNREACH);
	mirror_set_link(true);
	sleep_ms(10);
	CHECK_EQ(net_connect(f, (struct sockaddr *)&to, sizeof(to)), -ECONNREFUSED);
	CHECK_EQ(net_connect(f, (struct sockaddr *)&to, 3), -EINVAL);
	to.sin_family = AF_INET6;
	CHECK_EQ(net_connect(f, (struct sockaddr *)&to, sizeof(to)), -EAFNOSUPPORT);
	file_put(f);
}

/* --- Listening --- */

TEST(listener_states)
{
	struct file *f, *other, *got;
	struct sockaddr_in any = address("0.0.0.0", 93), name;
	socklen_t len = sizeof(name);
	char c;

	start();
	f = open_socket(SOCK_STREAM | SOCK_NONBLOCK);
	CHECK_EQ(net_accept(f, NULL, NULL, 0, &got), -EINVAL);
	CHECK_EQ(net_bind(f, (struct sockaddr *)&any, sizeof(any)), 0);
	CHECK_EQ(net_bind(f, (struct sockaddr *)&any, sizeof(any)), -EINVAL);
	CHECK_EQ(net_listen(f, 1), 0);
	CHECK_EQ(net_listen(f, 2), 0);
	CHECK_EQ(get_option(f, SOL_SOCKET, SO_ACCEPTCONN), 1);
	CHECK_EQ(net_accept(f, NULL, NULL, 0, &got), -EAGAIN);
	CHECK_EQ(send_bytes(f, "x", 1, 0), -ENOTCONN);
	CHECK_EQ(recv_bytes(f, &c, 1, 0), -ENOTCONN);
	CHECK_EQ(net_connect(f, (struct sockaddr *)&any, sizeof(any)), -EISCONN);
	CHECK_EQ(net_getsockname(f, (struct sockaddr *)&name, &len), 0);
	CHECK_EQ(ntohs(name.sin_port), 93);
	CHECK_EQ(net_getpeername(f, (struct sockaddr *)&name, &len), -ENOTCONN);
	other = open_socket(SOCK_STREAM);
	CHECK_EQ(net_bind(other, (struct sockaddr *)&any, sizeof(any)), -EADDRINUSE);
	CHECK_EQ(net_listen(other, 5), 0); /* on a port of its own */
	len = sizeof(name);
	CHECK_EQ(net_getsockname(other, (struct sockaddr *)&name, &len), 0);
	CHECK(name.sin_port != 0);
	file_put(other);
	file_put(f);
}

TEST(names)
{
	struct link l;
	struct sockaddr_in name;
	socklen_t len = sizeof(name);
	struct file *client, *server;
	struct sockaddr_in peer;

	start();
	l = link_up(FAR, 94);
	CHECK_EQ(net_getpeername(l.client, (struct sockaddr *)&name, &len), 0);
	CHECK_EQ(name.sin_addr.s_addr, address(FAR, 0).sin_addr.s_addr);
	CHECK_EQ(ntohs(name.sin_port), 94);
	CHECK_EQ(net_getsockname(l.server, (struct sockaddr *)&name, &len), 0);
	CHECK_EQ(name.sin_addr.s_addr, address("10.0.0.1", 0).sin_addr.s_addr);
	client = connect_to(NEAR, 94);
	CHECK_EQ(net_accept(l.listener, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK, &server), 0);
	CHECK(atomic_load(&server->flags) & O_NONBLOCK);
	CHECK_EQ(net_getsockname(client, (struct sockaddr *)&name, &len), 0);
	CHECK_EQ(name.sin_port, peer.sin_port);
	CHECK_EQ(name.sin_addr.s_addr, peer.sin_addr.s_addr);
	file_put(client);
	file_put(server);
	link_down(&l);
}

#define CROWD 400

TEST(backlog_is_bounded)
{
	static struct file *clients[CROWD];
	struct file *listener;
	struct sockaddr_in to = address(FAR, 95);
	unsigned connected = 0;

	start();
	listener = listen_on(95, 4);
	for (unsigned i = 0; i < CROWD; i++) {
		clients[i] = open_socket(SOCK_STREAM | SOCK_NONBLOCK);
		CHECK_EQ(net_connect(clients[i], (struct sockaddr *)&to, sizeof(to)), -EINPROGRESS);
	}
	sleep_ms(100);
	for (unsigned i = 0; i < CROWD; i++)
		connected += (poll_now(clients[i]) & POLLOUT) != 0;
	CHECK_EQ(connected, 4 + 255); /* ready, and as many as lwIP holds back */
	CHECK(poll_now(listener) & POLLIN);
	for (unsigned i = 0; i < CROWD; i++) /* the others try again and get their turn */
		file_put(accept_from(listener));
	for (unsigned i = 0; i < CROWD; i++)
		file_put(clients[i]);
	file_put(listener);
}

TEST(closing_a_listener_resets_the_unaccepted)
{
	struct file *listener, *client;
	char c;

	start();
	listener = listen_on(96, 4);
	client = connect_to(FAR, 96);
	file_put(listener);
	sleep_ms(100);
	CHECK_EQ(recv_bytes(client, &c, 1, 0), -ECONNRESET);
	file_put(client);
}

TEST(reset_before_accept)
{
	struct file *listener, *client, *server;
	struct linger linger = { 1, 0 };
	struct sockaddr_in peer = { 0 };
	socklen_t len = sizeof(peer);
	char c;

	start();
	listener = listen_on(97, 4);
	client = connect_to(FAR, 97);
	CHECK_EQ(net_setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	file_put(client);
	sleep_ms(100);
	CHECK_EQ(net_accept(listener, (struct sockaddr *)&peer, &len, 0, &server), 0);
	CHECK_EQ(peer.sin_addr.s_addr, address(FAR, 0).sin_addr.s_addr);
	CHECK_EQ(recv_bytes(server, &c, 1, 0), -ECONNRESET);
	file_put(server);
	file_put(listener);
}

/* --- Options and flags --- */

TEST(receive_timeout)
{
	struct link l;
	struct timeval tv = { 2, 500000 };
	socklen_t len = sizeof(tv);
	uint64_t before;
	char c;

	start();
	l = link_up(NEAR, 98);
	CHECK_EQ(net_setsockopt(l.client, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
	before = shim_now_ns;
	CHECK_EQ(recv_bytes(l.client, &c, 1, 0), -EAGAIN);
	CHECK_EQ((shim_now_ns - before) / 1000000, 2500);
	tv = (struct timeval){ 0 };
	CHECK_EQ(net_getsockopt(l.client, SOL_SOCKET, SO_RCVTIMEO, &tv, &len), 0);
	CHECK_EQ(tv.tv_sec, 2);
	CHECK_EQ(tv.tv_usec, 500000);
	link_down(&l);
}

TEST(send_timeout_and_full_window)
{
	struct link l;
	struct timeval tv = { 1, 0 };
	static char block[100000];
	ssize_t n;
	size_t total = 0;

	start();
	l = link_up(FAR, 99);
	CHECK_EQ(net_setsockopt(l.client, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)), 0);
	while ((n = send_bytes(l.client, block, sizeof(block), 0)) > 0)
		total += (size_t)n;
	CHECK_EQ(n, -EAGAIN);
	CHECK(total > 300000 && total < 1000000);
	CHECK(!(poll_now(l.client) & POLLOUT));
	CHECK_EQ(send_bytes(l.client, block, 1, MSG_DONTWAIT), -EAGAIN);
	link_down(&l);
	sleep_ms(1000);
}

TEST(wait_all_and_iovecs)
{
	struct link l;
	char a[3], b[4];
	struct iovec vec[3] = { { a, 3 }, { NULL, 0 }, { b, 4 } };
	struct msghdr msg = { .msg_iov = vec, .msg_iovlen = 3 };
	struct flow out;
	struct thread *t;
	int n = -1;

	start();
	l = link_up(FAR, 100);
	out = (struct flow){ .f = l.client, .len = 7, .chunk = 2 };
	t = beside(send_flow, &out);
	CHECK_EQ(net_recvmsg(l.server, &msg, MSG_WAITALL), 7);
	thread_join(t);
	for (unsigned i = 0; i < 7; i++)
		CHECK_EQ((uint8_t)(i < 3 ? a[i] : b[i - 3]), byte_at(i));
	CHECK_EQ(net_sendmsg(l.server, &(struct msghdr){ .msg_iov = vec, .msg_iovlen = 3 }, 0), 7);
	sleep_ms(10);
	CHECK_EQ(l.client->ops->ioctl(l.client, FIONREAD, &n), 0);
	CHECK_EQ(n, 7);
	CHECK_EQ(recv_bytes(l.client, a, 0, 0), 0);
	link_down(&l);
}

TEST(options)
{
	struct file *f;

	start();
	f = open_socket(SOCK_STREAM);
	CHECK_EQ(get_option(f, SOL_SOCKET, SO_TYPE), SOCK_STREAM);
	CHECK_EQ(set_option(f, IPPROTO_TCP, TCP_NODELAY, 1), 0);
	CHECK_EQ(get_option(f, IPPROTO_TCP, TCP_NODELAY), 1);
	CHECK_EQ(set_option(f, IPPROTO_IP, IP_TTL, 7), 0);
	CHECK_EQ(get_option(f, IPPROTO_IP, IP_TTL), 7);
	CHECK_EQ(set_option(f, IPPROTO_IP, IP_TTL, 256), -EINVAL);
	CHECK_EQ(set_option(f, SOL_SOCKET, SO_SNDBUF, 10000), 0);
	CHECK_EQ(get_option(f, SOL_SOCKET, SO_SNDBUF), 10000);
	CHECK_EQ(set_option(f, SOL_SOCKET, 999, 1), -ENOPROTOOPT);
	CHECK_EQ(set_option(f, 999, 1, 1), -ENOPROTOOPT);
	CHECK_EQ(net_setsockopt(f, SOL_SOCKET, SO_REUSEADDR, NULL, 1), -EINVAL);
	CHECK_EQ(net_shutdown(f, SHUT_RDWR), -ENOTCONN);
	CHECK_EQ(net_shutdown(f, 9), -EINVAL);
	file_put(f);
}

TEST(small_send_buffer)
{
	struct link l;
	static char block[50000];

	start();
	l = link_up(FAR, 101);
	CHECK_EQ(set_option(l.client, SOL_SOCKET, SO_SNDBUF, 4096), 0);
	mirror.filter = lose_all;
	CHECK_EQ(send_bytes(l.client, block, sizeof(block), MSG_DONTWAIT), 4096);
	mirror_reset();
	sleep_ms(10000);
	CHECK(poll_now(l.client) & POLLOUT);
	link_down(&l);
}

/* --- Out of memory --- */

static struct link oom_link;
static unsigned oom_done;

static void oom_exchange(void *unused)
{
	char buf[4000];
	ssize_t n;

	(void)unused;
	memset(buf, 7, sizeof(buf));
	n = send_bytes(oom_link.client, buf, sizeof(buf), 0);
	if (n > 0)
		for (ssize_t got = 0; got < n;) {
			ssize_t r = recv_bytes(oom_link.server, buf, sizeof(buf), 0);

			if (r <= 0)
				break;
			got += r;
		}
	oom_done++;
}

TEST(any_allocation_may_fail)
{
	start();
	mirror_reset();
	oom_link = link_up(FAR, 102);
	for (unsigned nth = 1; nth < 40; nth++) {
		struct file *f = NULL;
		int error;

		shim_fail_alloc = nth;
		oom_exchange(NULL);
		shim_fail_alloc = nth;
		error = net_socket(AF_INET, SOCK_STREAM, 0, &f);
		shim_fail_alloc = 0;
		CHECK(error == 0 || error == -ENOMEM || error == -ENOBUFS);
		if (f)
			file_put(f);
	}
	CHECK_EQ(oom_done, 39);
	link_down(&oom_link);
}

TEST(nothing_is_leaked)
{
	size_t before;

	start();
	mirror_reset();
	sleep_ms(300000);
	before = shim_allocated();
	for (int i = 0; i < 20; i++)
		transfer(FAR, 100000, 10000, 10000);
	sleep_ms(300000); /* TIME_WAIT */
	CHECK_EQ(shim_allocated(), before);
	CHECK_EQ(mirror.rx_free, MIRROR_RX_BUFFERS);
}

TEST_MAIN
