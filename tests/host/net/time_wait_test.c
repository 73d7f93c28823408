/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client made by hand, at 10.0.0.9, whose server closes first and so keeps the connection in
 * TIME_WAIT. Then the client's port is used again.
 *
 * Links: @lwip tests/host/net/mirror.c kernel/thread.c kernel/sched.c kernel/sched_place.c kernel/futex.c
 * Links: kernel/mutex.c kernel/wait.c kernel/timer.c kernel/param.c kernel/netdev.c kernel/file.c
 */
#include "kernel/thread.h"
#include "net/net.h"
#include "tests/host/net/mirror.h"
#include "tests/host/shim.h"
#include "tests/host/test.h"
#include <arpa/inet.h>
#include <stddef.h>

#define PORT        80
#define CLIENT_PORT 40000

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

struct frame {
	uint8_t dest[6], src[6];
	uint16_t type;
	uint8_t version_ihl, tos;
	uint16_t length, id, fragment;
	uint8_t ttl, protocol;
	uint16_t ip_checksum;
	uint32_t from, to;
	uint16_t src_port, dest_port;
	uint32_t seq, ack;
	uint8_t offset, flags;
	uint16_t window, checksum, urgent;
	uint8_t options[4];
} __attribute__((packed));

#define NO_OPTIONS offsetof(struct frame, options)

static struct frame heard; /* the last frame for the client */
static unsigned nheard;
static uint32_t our_seq;   /* the client's next */

static bool listen_for_client(const uint8_t *f, unsigned len)
{
	if (len < NO_OPTIONS || memcmp(f + 30, "\x0a\0\0\x09", 4) != 0)
		return false;
	memcpy(&heard, f, NO_OPTIONS);
	nheard++;
	return true;
}

static uint16_t header_sum(const struct frame *f)
{
	const uint8_t *bytes = &f->version_ihl;
	uint32_t sum = 0;

	for (unsigned i = 0; i < 20; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

/* A segment of the client's without data; a SYN says its MSS. Waits for the answer, if any. */
static void say(uint8_t flags, uint32_t seq, uint32_t ack)
{
	unsigned options = flags & SYN ? 4 : 0;
	struct frame f = {
		.dest = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 }, .src = { 0x52, 0x54, 0, 0xff, 0xff, 0xfe },
		.type = htons(0x0800), .version_ihl = 0x45, .length = htons((uint16_t)(40 + options)),
		.ttl = 64, .protocol = 6, .from = inet_addr("10.0.0.9"), .to = inet_addr("10.0.0.1"),
		.src_port = htons(CLIENT_PORT), .dest_port = htons(PORT),
		.seq = htonl(seq), .ack = htonl(ack), .offset = (uint8_t)((20 + options) << 2),
		.flags = flags, .window = htons(60000), .options = { 2, 4, 0x05, 0xb4 },
	};

	f.ip_checksum = header_sum(&f);
	nheard = 0;
	mirror_inject(&f, NO_OPTIONS + options);
	sleep_ms(100);
}

static struct file *listener;

/* Opens a connection from our_seq on, and returns the server's end. */
static struct file *handshake(void)
{
	say(SYN, our_seq, 0);
	CHECK_EQ(nheard, 1);
	CHECK_EQ(heard.flags, SYN | ACK);
	CHECK_EQ(ntohl(heard.ack), our_seq + 1);
	our_seq++;
	say(ACK, our_seq, ntohl(heard.seq) + 1);
	return accept_from(listener);
}

/* The server closes first, the client follows; its numbers end at our_seq. */
static void end(struct file *server)
{
	file_put(server);
	sleep_ms(100);
	CHECK(heard.flags & FIN);
	say(FIN | ACK, our_seq++, ntohl(heard.seq) + 1);
	CHECK_EQ(nheard, 1);
	CHECK_EQ(ntohl(heard.ack), our_seq);
}

static void time_wait_from(uint32_t seq)
{
	static bool up;

	if (!up) {
		mirror_start("ip=10.0.0.1::10.0.0.254:255.255.255.0", 0);
		mirror.vouch = true;
		mirror.serve = listen_for_client;
		listener = listen_on(PORT, 8);
		up = true;
	}
	our_seq = seq;
	end(handshake());
}

static void is_served(void)
{
	struct file *server = handshake();
	char byte;

	say(FIN | ACK, our_seq++, ntohl(heard.seq) + 1);
	CHECK_EQ(recv_bytes(server, &byte, 1, 0), 0);
	file_put(server);
	sleep_ms(100);
	say(ACK, our_seq, ntohl(heard.seq) + 1);
}

TEST(newer_request_is_served_at_once)
{
	time_wait_from(1000);
	is_served(); /* numbered just behind the old connection's last */
	time_wait_from(5000);
	our_seq += 100000;
	is_served();
	time_wait_from(0xffffff00u);
	our_seq += 0x40000000u; /* past zero */
	is_served();
}

TEST(older_request_is_served_after_the_client_gives_up_the_old)
{
	uint32_t seq;

	time_wait_from(9000000);
	seq = our_seq;
	our_seq = 4000000;
	say(SYN, our_seq, 0);
	CHECK_EQ(heard.flags, ACK); /* of the old connection */
	CHECK_EQ(ntohl(heard.ack), seq);
	say(RST, ntohl(heard.ack), 0);
	CHECK_EQ(nheard, 0);
	is_served();
}

TEST(late_segments_do_not_end_time_wait)
{
	uint32_t last;

	time_wait_from(20000000);
	last = our_seq;
	say(RST, last + 1, 0);
	say(RST, last - 1, 0);
	say(SYN | ACK, last + 5, 77);
	say(SYN, last - 2, 0); /* the old request once more */
	CHECK_EQ(heard.flags, ACK);
	CHECK_EQ(ntohl(heard.ack), last);
	sleep_ms(61000); /* it ends by itself */
	our_seq = last - 2;
	is_served();
}

TEST(nobody_listens_any_more)
{
	time_wait_from(30000000);
	file_put(listener);
	say(SYN, our_seq + 10, 0);
	CHECK_EQ(nheard, 1);
	CHECK_EQ(heard.flags, RST | ACK);
	listener = listen_on(PORT, 8);
	our_seq += 20;
	is_served();
}

TEST_MAIN
