/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Frames from the network. The input is a series of frames, each behind two bytes of length and one
 * of flags; with flags a frame gets what random bytes never have: a right IP checksum, and the
 * ports, sequence and acknowledgement numbers of the connection the stack last sent for.
 * Whatever comes, no memory is touched that should not be, and all receive buffers come back.
 *
 * Links: @lwip tests/host/net/mirror.c kernel/thread.c kernel/sched.c kernel/sched_place.c kernel/futex.c
 * Links: kernel/mutex.c kernel/wait.c kernel/timer.c kernel/param.c kernel/netdev.c kernel/file.c
 */
#include "kernel/thread.h"
#include "net/net.h"
#include "tests/host/net/mirror.h"
#include "tests/host/shim.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* lwIP keeps pointers where the leak checker does not look (unaligned, in packets' headers). */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

enum { FIX_ADDRESSES = 1, FIX_CHECKSUM = 2, FIX_TCP = 4, PASS_TIME = 8 };

#define FRAME_MAX  1514
#define FRAMES_MAX 64
#define ETH_HEADER 14
#define IP_HEADER  20

/* After so many inputs all is given the time to end, retransmissions too, and has to be back. */
#define ROUND   1024
#define END_MS  7200000

static struct file *listener, *udp, *raw;
static uint8_t last_tcp[20]; /* the header of the last segment that the stack sent */

static bool watch(const uint8_t *f, unsigned len)
{
	if (len >= 54 && f[12] == 8 && f[13] == 0 && f[14] == 0x45 && f[23] == 6)
		memcpy(last_tcp, f + 34, sizeof(last_tcp));
	return true;
}

static void start(void)
{
	struct sockaddr_in any = address("0.0.0.0", 53);

	mirror_start("ip=10.0.0.1::10.0.0.254:255.255.255.0", 0);
	mirror.vouch = true;
	listener = listen_on(80, 8);
	atomic_fetch_or(&listener->flags, O_NONBLOCK);
	udp = open_socket(SOCK_DGRAM);
	if (net_bind(udp, (struct sockaddr *)&any, sizeof(any)) != 0 ||
	    net_socket(AF_INET, SOCK_RAW, 1, &raw) != 0)
		abort();
}

static void fix_checksum(uint8_t *ip, unsigned len)
{
	unsigned head = (ip[0] & 15) * 4u;
	uint32_t sum = 0;

	if (head < IP_HEADER || head > len)
		return;
	ip[10] = ip[11] = 0;
	for (unsigned i = 0; i < head; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	ip[10] = (uint8_t)(~sum >> 8);
	ip[11] = (uint8_t)~sum;
}

/* To the connection the stack last spoke on, saying that all it sent has arrived. */
static void fix_tcp(uint8_t *tcp)
{
	uint32_t seq;

	memcpy(tcp, last_tcp + 2, 2);
	memcpy(tcp + 2, last_tcp, 2);
	memcpy(tcp + 4, last_tcp + 8, 4);
	memcpy(&seq, last_tcp + 4, 4);
	seq = __builtin_bswap32(__builtin_bswap32(seq) + ((last_tcp[13] & 3) != 0));
	memcpy(tcp + 8, &seq, 4);
}

static void send_frame(const uint8_t *data, unsigned len, uint8_t flags)
{
	static const uint8_t to_us[ETH_HEADER] = {
		0x52, 0x54, 0, 0x12, 0x34, 0x56, 0x52, 0x54, 0, 0xff, 0xff, 0xfe, 8, 0,
	};
	uint8_t f[FRAME_MAX];

	memcpy(f, data, len);
	if ((flags & FIX_ADDRESSES) && len >= ETH_HEADER + IP_HEADER) {
		memcpy(f, to_us, 12);
		memcpy(f + 26, "\x0a\0\0\2\x0a\0\0\1", 8);
	}
	if ((flags & FIX_TCP) && len >= 54)
		fix_tcp(f + 34);
	if ((flags & FIX_CHECKSUM) && len >= ETH_HEADER + IP_HEADER)
		fix_checksum(f + ETH_HEADER, len - ETH_HEADER);
	mirror_inject(f, len);
	sleep_ms(flags & PASS_TIME ? 700 : 1);
}

static void drain(struct file *f)
{
	char buf[512];

	while (recv_bytes(f, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		;
}

/* An echo server, as far as it gets. */
static void serve(struct file **conns, unsigned *n)
{
	char buf[2000];
	ssize_t got;

	if (*n < 8 && net_accept(listener, NULL, NULL, SOCK_NONBLOCK, &conns[*n]) == 0)
		(*n)++;
	for (unsigned i = 0; i < *n; i++) {
		got = recv_bytes(conns[i], buf, sizeof(buf), MSG_DONTWAIT);
		if (got > 0)
			send_bytes(conns[i], buf, (size_t)got, MSG_DONTWAIT);
	}
}

static void finish(struct file **conns, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		file_put(conns[i]);
	while (net_accept(listener, NULL, NULL, 0, &conns[0]) == 0)
		file_put(conns[0]);
	drain(udp);
	drain(raw);
	sleep_ms(1000);
}

static void check_all_is_back(void)
{
	static size_t at_first;

	sleep_ms(END_MS);
	drain(udp);
	drain(raw);
	if (at_first == 0)
		at_first = shim_allocated();
	if (mirror.rx_free == MIRROR_RX_BUFFERS && shim_allocated() <= at_first)
		return;
	fprintf(stderr, "%u of %u receive buffers, %zu allocations where there were %zu\n",
		mirror.rx_free, MIRROR_RX_BUFFERS, shim_allocated(), at_first);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned inputs;
	struct file *conns[8];
	unsigned n = 0;

	if (listener == NULL)
		start();
	mirror.serve = watch;
	for (unsigned i = 0; i < FRAMES_MAX && size > 3; i++) {
		unsigned len = (unsigned)data[0] << 8 | data[1];
		uint8_t flags = data[2];

		data += 3;
		size -= 3;
		len = len % (FRAME_MAX + 1);
		len = len < size ? len : (unsigned)size;
		send_frame(data, len, flags);
		serve(conns, &n);
		data += len;
		size -= len;
	}
	finish(conns, n);
	if (inputs++ % ROUND == 0)
		check_all_is_back();
	return 0;
}
