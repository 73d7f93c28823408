/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ip=dhcp against a server of our own: what waits for the lease, how long, and what the log says.
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
#include <poll.h>

#define FAR "10.0.0.2"

static bool server_answers;
static unsigned discovers;

static uint16_t ip_checksum(const uint8_t *p)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/*
 * OFFER to DISCOVER, ACK to REQUEST (RFC 2131): 10.0.0.1/24, router 10.0.0.254, name server
 * 10.0.0.53, for an hour.
 */
static bool serve_dhcp(const uint8_t *f, unsigned len)
{
	static const uint8_t options[] = {
		54, 4, 10, 0, 0, 254, 51, 4, 0, 0, 14, 16, 1, 4, 255, 255, 255, 0,
		3, 4, 10, 0, 0, 254, 6, 4, 10, 0, 0, 53, 255,
	};
	uint8_t r[400] = { 0 };
	uint16_t sum;
	uint8_t type;

	if (len < 285 || f[23] != 17 || f[37] != 67)
		return false;
	type = f[284];
	discovers += type == 1;
	if (!server_answers)
		return true;
	memcpy(r, f, 285);
	memcpy(r, f + 6, 6);
	memcpy(r + 26, "\x0a\0\0\xfe", 4);
	memcpy(r + 30, "\xff\xff\xff\xff", 4);
	memcpy(r + 34, "\0\x43\0\x44", 4);
	r[16] = (sizeof(r) - 14) >> 8;
	r[17] = (sizeof(r) - 14) & 255;
	r[38] = (sizeof(r) - 34) >> 8;
	r[39] = (sizeof(r) - 34) & 255;
	r[40] = r[41] = 0;
	r[24] = r[25] = 0;
	sum = ip_checksum(r + 14);
	memcpy(r + 24, &sum, 2);
	r[42] = 2;
	memcpy(r + 58, "\x0a\0\0\1", 4);
	r[284] = type == 1 ? 2 : 5;
	memcpy(r + 285, options, sizeof(options));
	mirror_inject(r, sizeof(r));
	return true;
}

static void start(void)
{
	mirror.serve = serve_dhcp;
	mirror_start("ip=::::guest::dhcp", 0);
}

static int connect_result = 1;

static void connecting(void *arg)
{
	struct sockaddr_in to = address(FAR, 80);

	connect_result = net_connect(arg, (struct sockaddr *)&to, sizeof(to));
}

TEST(calls_wait_for_the_lease_but_not_for_ever)
{
	struct file *f, *udp;
	struct sockaddr_in to = address(FAR, 80);
	struct iovec vec = { "x", 1 };
	struct msghdr msg = { &to, sizeof(to), &vec, 1, NULL, 0, 0 };
	uint32_t found;

	start();
	udp = open_socket(SOCK_DGRAM);
	CHECK_EQ(net_sendmsg(udp, &msg, MSG_DONTWAIT), -EAGAIN);
	CHECK(!(poll_now(udp) & POLLOUT));
	f = open_socket(SOCK_STREAM | SOCK_NONBLOCK);
	CHECK_EQ(net_connect(f, (struct sockaddr *)&to, sizeof(to)), -EINPROGRESS);
	CHECK_EQ(poll_now(f), 0);
	CHECK_EQ(net_sendmsg(udp, &msg, 0), -ENETUNREACH);
	CHECK(shim_now_ns >= 14000000000ull && shim_now_ns < 16000000000ull);
	CHECK(discovers >= 3);
	CHECK(shim_log_has("eth0: no DHCP server has answered yet"));
	CHECK(poll_now(f) & POLLERR);
	CHECK_EQ(get_option(f, SOL_SOCKET, SO_ERROR), ENETUNREACH);
	CHECK_EQ(net_connect(f, (struct sockaddr *)&to, sizeof(to)), -ENETUNREACH);
	CHECK_EQ(net_resolve("some.name", &found, 1), -ENETDOWN);
	file_put(f);
	file_put(udp);
}

TEST(listening_needs_no_lease)
{
	struct file *f, *client;

	start();
	f = listen_on(81, 4);
	client = connect_to("127.0.0.1", 81);
	file_put(client);
	file_put(f);
}

TEST(the_lease_comes)
{
	struct file *listener, *f;
	struct thread *t;

	start();
	listener = listen_on(80, 4);
	server_answers = true;
	f = open_socket(SOCK_STREAM);
	t = beside(connecting, f);
	thread_join(t);
	CHECK_EQ(connect_result, -ENETUNREACH); /* nobody waits any more */
	sleep_ms(70000);
	CHECK(shim_log_has("eth0: 10.0.0.1/24 gateway 10.0.0.254 dns 10.0.0.53 (dhcp)"));
	t = beside(connecting, f);
	thread_join(t);
	CHECK_EQ(connect_result, 0);
	file_put(f);
	file_put(listener);
}

TEST(the_lease_is_renewed)
{
	start();
	sleep_ms(4 * 3600 * 1000u);
	CHECK(!shim_log_has("lost"));
}

TEST(and_lost)
{
	start();
	server_answers = false;
	sleep_ms(2 * 3600 * 1000u);
	CHECK(shim_log_has("eth0: the DHCP lease is lost"));
	server_answers = true;
	shim_log_clear();
	sleep_ms(120000);
	CHECK(shim_log_has("eth0: 10.0.0.1/24"));
}

TEST_MAIN
